/* SPDX-License-Identifier: MIT */
#ifndef REPORT_PROMETHEUS_OUT_H
#define REPORT_PROMETHEUS_OUT_H

#include "report/writer.h"

/* Lines of the Prometheus text exposition format 0.0.4. */

/** What stands before the samples of a metric; type is "gauge" or "counter". */
void prometheus_header(
    struct writer *w, const char *type, const char *name, const char *help);

/** name="CLEAN TEXT". */
void prometheus_label(struct writer *w, const char *name, const char *clean);

#endif
