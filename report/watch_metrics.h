/* SPDX-License-Identifier: MIT */
#ifndef REPORT_WATCH_METRICS_H
#define REPORT_WATCH_METRICS_H

#include <stdint.h>

#include "report/report.h"

/* What watch knows about itself and about the past of its checks. */

struct watch_check {
	const char *id;
	int64_t since; /* milliseconds since 1970 */
	bool flapping;
};

struct watch_metrics {
	uint64_t runs, runs_without_diagnosis, runs_failed; /* failed: not begun */
	uint64_t changes, requests, history_errors, reload_errors;
	int64_t last_run; /* milliseconds since 1970 */
	nsec_t last_duration;
	const struct watch_check *checks;
	size_t n_checks;
};

/**
 * A malloc()ed document to stand behind that of report_prometheus(); names are
 * pseudonyms where r->redactor is set.
 */
char *watch_metrics(const struct watch_metrics *m, const struct report *r);

#endif
