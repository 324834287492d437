/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/text.h"

enum progress_style progress_style(enum progress_mode mode, bool quiet, bool smart)
{
	switch (mode) {
	case PROGRESS_AUTO:
		return smart && !quiet ? PROGRESS_STYLE_LINE : PROGRESS_STYLE_NONE;
	case PROGRESS_ON:
		return PROGRESS_STYLE_LINES;
	case PROGRESS_JSON:
		return PROGRESS_STYLE_JSON;
	case PROGRESS_OFF:
		break;
	}
	return PROGRESS_STYLE_NONE;
}

static unsigned total(const struct progress *p)
{
	return (unsigned)p->plan->n_targets;
}

/* The engine starts everything at once, up to plan->parallel. */
static unsigned running(const struct progress *p)
{
	unsigned left = total(p) - p->done;
	unsigned parallel = p->plan->parallel;
	return parallel && parallel < left ? parallel : left;
}

static void show_counts(struct progress *p)
{
	const char *before = p->style == PROGRESS_STYLE_LINE ? "\r" : "";
	const char *after = p->style == PROGRESS_STYLE_LINE ? "\033[K" : "\n";
	fprintf(p->out, "%s%u/%u done, %u running, %u failed%s", before, p->done,
	    total(p), running(p), p->failed, after);
	fflush(p->out);
	p->changed = false;
}

/* more is appended to the object: "" or ",\"name\":value...". */
static void show_event(struct progress *p, const char *event, const char *more)
{
	fprintf(p->out,
	    "{\"event\":\"%s\",\"total\":%u,\"done\":%u,\"running\":%u,\"failed\":%u,"
	    "\"elapsed_ms\":%.3f%s}\n",
	    event, total(p), p->done, running(p), p->failed,
	    nsec_to_ms(nsec_now() - p->begin), more);
	fflush(p->out);
}

/*
 * A JSON string (RFC 8259 section 7). text_escape() leaves valid UTF-8 without control
 * characters, so only two characters still need a backslash.
 */
static const char *json_text(struct arena *arena, const char *text)
{
	enum {
		TEXT_MAX = 2048
	};

	const char *clean =
	    text_escape(arena, text, strnlen(text, TEXT_MAX + 1), TEXT_MAX);
	char *json = arena_alloc(arena, 2 * strlen(clean) + 3), *p = json;
	*p++ = '"';
	for (; *clean; clean++) {
		if (*clean == '"' || *clean == '\\')
			*p++ = '\\';
		*p++ = *clean;
	}
	*p = '"';
	return json;
}

static void show_check(struct progress *p, unsigned target, enum status status)
{
	struct arena scratch;
	arena_init(&scratch, 1 << 20);
	const char *more =
	    arena_printf(&scratch, ",\"status\":\"%s\"", status_name(status));
	if (!p->nameless)
		more = arena_printf(&scratch, "%s,\"check\":%s", more,
		    json_text(&scratch, p->plan->targets[target].id));
	show_event(p, "check", more);
	arena_deinit(&scratch);
}

void progress_begin(struct progress *p)
{
	p->begin = p->shown = nsec_now();
	p->done = p->failed = 0;
	p->changed = false;
	if (p->style == PROGRESS_STYLE_LINE)
		show_counts(p);
	if (p->style == PROGRESS_STYLE_JSON)
		show_event(p, "begin", "");
}

void progress_done(struct progress *p, unsigned target)
{
	if (p->style == PROGRESS_STYLE_NONE)
		return;
	enum status status = p->status_of(p->arg, target);
	p->done++;
	if (status == STATUS_FAIL)
		p->failed++;
	p->changed = true;
	if (p->style == PROGRESS_STYLE_JSON)
		show_check(p, target, status);
}

void progress_tick(struct progress *p, nsec_t now)
{
	nsec_t pause = p->style == PROGRESS_STYLE_LINES ? NSEC_PER_SEC : 0;
	if (p->style != PROGRESS_STYLE_LINE && p->style != PROGRESS_STYLE_LINES)
		return;
	if (!p->changed || now - p->shown < pause)
		return;
	p->shown = now;
	show_counts(p);
}

void progress_end(struct progress *p)
{
	switch (p->style) {
	case PROGRESS_STYLE_NONE:
		break;
	case PROGRESS_STYLE_LINE:
		fputs("\r\033[K", p->out);
		fflush(p->out);
		break;
	case PROGRESS_STYLE_LINES:
		show_counts(p);
		break;
	case PROGRESS_STYLE_JSON:
		show_event(p, "end", "");
		break;
	}
}
