/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/base/arena.h"
#include "report/redactor.h"
#include "report/report.h"
#include "tests/unit/report/wellformed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * A run of two checks whose every text is a piece of the input. Whatever the pieces
 * are, each writer makes a document that its readers can read.
 */
struct pieces {
	const char *text[8];
	size_t n, next;
};

/* Pieces end at a NUL byte; they are used in turn. */
static struct pieces split(const uint8_t *data, size_t size, struct arena *arena)
{
	struct pieces p = { .n = 0 };
	char *all = arena_alloc(arena, size + 1);
	if (size)
		memcpy(all, data, size);
	const char *end = all + size;
	for (const char *at = all; p.n < 8 && at <= end; at += strlen(at) + 1)
		p.text[p.n++] = at;
	return p;
}

static const char *piece(struct pieces *p)
{
	return p->text[p->next++ % p->n];
}

static const struct words *some(struct pieces *p, struct arena *arena)
{
	struct words *w = arena_alloc(arena, sizeof *w);
	w->items = arena_array(arena, 2, sizeof *w->items);
	w->items[0] = piece(p);
	w->items[1] = piece(p);
	w->n_items = 2;
	return w;
}

static const struct cause cause = {
	.name = "silent_drop", .stage = STAGE_TCP, .sentence = "Nothing came back."
};

static void judge(
    struct verdict *v, enum status status, struct pieces *p, struct arena *arena)
{
	struct evidence *e = arena_alloc(arena, sizeof *e);
	*e = (struct evidence){ .text = piece(p) };
	*v = (struct verdict){ .status = status,
		.has_stage = true,
		.stage = STAGE_TCP,
		.cause = &cause,
		.confidence = CONFIDENCE_CANNOT_TELL,
		.summary = piece(p),
		.alternatives = *some(p, arena),
		.would_decide = *some(p, arena),
		.ruled_out = *some(p, arena),
		.remediation = *some(p, arena),
		.evidence = e,
		.n_evidence = 1,
		.dns = 1,
		.tcp = -1,
		.tls = -1,
		.http = -1 };
}

static void observe(struct obslog *log, struct pieces *p, struct arena *arena)
{
	struct certificate *leaf = arena_alloc(arena, sizeof *leaf);
	const char **names = arena_array(arena, 1, sizeof *names);
	names[0] = piece(p);
	*leaf = (struct certificate){ .subject = piece(p),
		.issuer = piece(p),
		.sha256 = "aa",
		.sans = names,
		.n_sans = 1 };
	obslog_append(
	    log, &(struct obs){ .kind = OBS_SYSTEM,
		     .target = OBS_NO_TARGET,
		     .system = { .hostname = piece(p), .kernel = piece(p) } });
	obslog_append(log, &(struct obs){ .kind = OBS_TLS,
			       .stage = STAGE_TLS,
			       .tls = { .sni = piece(p),
				   .version = piece(p),
				   .cipher = piece(p),
				   .alpn = piece(p),
				   .alert = -1,
				   .verified = true,
				   .chain = leaf,
				   .n_chain = 1 } });
}

static void check(const char *name, char *text, const char *(*wrong)(const char *text))
{
	const char *what = wrong(text);
	if (what) {
		fprintf(stderr, "%s: %s\n", name, what);
		abort();
	}
	free(text);
}

/* NULL when all is well. */
static const char *wrong_json(const char *text)
{
	static json_error_t e;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &e);
	json_decref(json);
	return json ? NULL : e.text;
}

static void write_json(const struct report *r)
{
	char *text = report_json(r);
	if (r->redactor) {
		char *redacted = redactor_document(r->redactor, text);
		free(text);
		text = redacted;
	}
	check("json", text, wrong_json);
}

static void write_all(const struct report *r)
{
	write_json(r);
	check("junit", report_junit(r), wrong_xml);
	check("html", report_html(r), wrong_html);
	check("markdown", report_markdown(r), wrong_markdown);
	check("prometheus", report_prometheus(r), wrong_prometheus);
	check("nagios", report_nagios(r, 3), wrong_nagios);
	const struct text_style style = { .columns = 100, .verbose = true };
	check("text", report_text(r, &style), wrong_text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	arena_init(&arena, 256 << 20);
	struct pieces p = split(data, size < 65536 ? size : 65536, &arena);
	struct target targets[2] = { { .id = piece(&p), .host = piece(&p) },
		{ .id = piece(&p), .host = "127.0.0.1" } };
	struct check checks[2] = { { .title = piece(&p),
				       .shown_target = piece(&p),
				       .family = piece(&p),
				       .required = true },
		{ .title = piece(&p), .shown_target = piece(&p) } };
	struct left_out left_out = { .id = piece(&p), .reason = piece(&p) };
	struct check_plan plan = { .probe = { .targets = targets, .n_targets = 2 },
		.checks = checks,
		.left_out = &left_out,
		.n_left_out = 1,
		.region = piece(&p) };
	struct verdict items[2];
	judge(&items[0], STATUS_FAIL, &p, &arena);
	judge(&items[1], STATUS_INCONCLUSIVE, &p, &arena);
	struct verdicts verdicts = { .items = items,
		.n_items = 2,
		.fail = 1,
		.inconclusive = 1,
		.overall = STATUS_FAIL };
	struct obslog log;
	obslog_init(&log, &arena, 2);
	observe(&log, &p, &arena);
	struct report r = {
		.plan = &plan, .log = &log, .verdicts = &verdicts, .tool_version = "0"
	};
	write_all(&r);
	r.redactor = redactor_new(&r);
	write_all(&r);
	redactor_free(r.redactor);
	arena_deinit(&arena);
	return 0;
}
