/* SPDX-License-Identifier: MIT */
#include "report/prometheus_out.h"

void prometheus_header(
    struct writer *w, const char *type, const char *name, const char *help)
{
	buf_printf(&w->buf, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void prometheus_label(struct writer *w, const char *name, const char *clean)
{
	buf_printf(&w->buf, "%s=\"", name);
	for (const char *p = clean; *p; p++) {
		if (*p == '\\' || *p == '"')
			buf_puts(&w->buf, "\\");
		buf_add(&w->buf, p, 1);
	}
	buf_puts(&w->buf, "\"");
}
