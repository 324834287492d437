/* SPDX-License-Identifier: MIT */
#include "cli/read_progress.h"

static void show_json(
    const struct read_progress *p, uint64_t bytes, uint64_t size, uint64_t packets)
{
	fprintf(p->out,
	    "{\"event\":\"read\",\"bytes\":%llu,\"size\":%llu,\"packets\":%llu}\n",
	    (unsigned long long)bytes, (unsigned long long)size,
	    (unsigned long long)packets);
}

static void show_line(
    const struct read_progress *p, uint64_t bytes, uint64_t size, uint64_t packets)
{
	const char *before = p->style == PROGRESS_STYLE_LINE ? "\r" : "";
	const char *after = p->style == PROGRESS_STYLE_LINE ? "\033[K" : "\n";
	fprintf(p->out, "%s%llu MB", before, (unsigned long long)(bytes / 1000000));
	if (size)
		fprintf(p->out, " (%u %%)",
		    (unsigned)(bytes >= size ? 100 : bytes * 100 / size));
	fprintf(p->out, ", %llu packets%s", (unsigned long long)packets, after);
}

void read_progress_tick(struct read_progress *p, uint64_t bytes, uint64_t size,
    uint64_t packets, nsec_t now)
{
	nsec_t pause =
	    p->style == PROGRESS_STYLE_LINE ? NSEC_PER_SEC / 10 : NSEC_PER_SEC;
	if (p->style == PROGRESS_STYLE_NONE || now - p->shown < pause)
		return;
	p->shown = now;
	if (p->style == PROGRESS_STYLE_JSON)
		show_json(p, bytes, size, packets);
	else
		show_line(p, bytes, size, packets);
	fflush(p->out);
}

void read_progress_end(const struct read_progress *p)
{
	if (p->style != PROGRESS_STYLE_LINE)
		return;
	fputs("\r\033[K", p->out);
	fflush(p->out);
}
