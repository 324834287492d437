/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_MODEL_OBS_SAMPLE_H
#define TESTS_UNIT_MODEL_OBS_SAMPLE_H

#include "probe/model/obslog.h"
#include "probe/model/plan.h"

/** A plan of three targets: storage.blob, acr.login and an ad-hoc UDP endpoint. */
const struct plan *sample_plan(void);

/** One observation of every kind, every member set to a value of its own. */
void sample_every_kind(struct obslog *log);

#endif
