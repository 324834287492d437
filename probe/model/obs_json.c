/* SPDX-License-Identifier: MIT */
#include "probe/model/obs_json.h"

json_t *obs_to_json(const struct obs *obs, const struct plan *plan)
{
	(void)plan;
	return json_pack("{s:i}", "id", (int)obs->id);
}
