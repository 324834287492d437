/* SPDX-License-Identifier: MIT */
#ifndef PROBE_MODEL_OBS_JSON_H
#define PROBE_MODEL_OBS_JSON_H

#include <jansson.h>

#include "probe/model/obslog.h"
#include "probe/model/plan.h"

/*
 * Observations as JSON and back. The writer is part of every JSON report; the
 * reader lets saved observations be judged again without a network. Names and
 * units of the members are those of report/report.schema.json.
 */

/** One observation; a new reference. Text from the network is made valid UTF-8. */
json_t *obs_to_json(const struct obs *obs, const struct plan *plan);

/**
 * Reads the "observations" array of a report into *log, whose target indices are
 * found by check id in plan. Everything is bounded as in obs.h.
 *
 * Returns 0, or -1 with a one-line reason in err.
 */
int obs_from_json(const json_t *observations, const struct plan *plan,
    struct obslog *log, char *err, size_t err_size);

#endif
