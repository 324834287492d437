/* SPDX-License-Identifier: MIT */
#ifndef REPORT_CHANGE_JSON_H
#define REPORT_CHANGE_JSON_H

#include "checks/runs/compare.h"
#include "report/json_out.h"

/** A new reference to one change, $defs/change of report.schema.json. */
json_t *change_to_json(struct json_out *out, const struct change *c);

#endif
