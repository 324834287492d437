/* SPDX-License-Identifier: MIT */
#include "cli/argv.h"

#include <getopt.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/suggest.h"
#include "cli/message.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

/* getopt's value of a long option: its row, or one of the two without a row. */
enum {
	LONG_BASE = 256,
	LONG_HELP = LONG_BASE + OPTIONS_MAX,
	LONG_VERSION
};

struct reader {
	struct arena *arena;
	struct argv_result *result;
	struct option longs[OPTIONS_MAX + 3];
	char shorts[2 * OPTIONS_MAX + 8];
	size_t n_longs;
	struct input_error *error;
	bool failed;
};

static void add_long(struct reader *r, const char *name, int has_arg, int value)
{
	r->longs[r->n_longs++] = (struct option){ name, has_arg, NULL, value };
}

/*
 * "-" hands operands over in place, whatever POSIXLY_CORRECT says; ":" tells a
 * missing value from an unknown option.
 */
static void build_tables(struct reader *r)
{
	size_t n, k = 0;
	const struct option_row *table = option_table(&n);
	memcpy(r->shorts, "-:h", 3);
	k = 3;
	for (size_t i = 0; i < n; i++) {
		if (table[i].flags & OPTION_FILE_ONLY)
			continue;
		add_long(r, table[i].name,
		    table[i].argument ? required_argument : no_argument,
		    LONG_BASE + (int)i);
		if (!table[i].letter)
			continue;
		r->shorts[k++] = table[i].letter;
		if (table[i].argument)
			r->shorts[k++] = ':';
	}
	add_long(r, "help", no_argument, LONG_HELP);
	add_long(r, "version", no_argument, LONG_VERSION);
}

static const struct option_row *row_of(int value)
{
	size_t n;
	const struct option_row *table = option_table(&n);
	if (value >= LONG_BASE && value < LONG_BASE + (int)n)
		return &table[value - LONG_BASE];
	for (size_t i = 0; i < n; i++)
		if (table[i].letter && table[i].letter == value)
			return &table[i];
	return NULL;
}

static void add_value(struct reader *r, const struct option_row *row, const char *value,
    const char *where)
{
	givens_add(&r->result->givens, r->arena,
	    (struct given){ .row = row, .value = value, .where = where });
}

static void add_target(struct reader *r, const char *text)
{
	add_value(r, option_find("targets"), text, "TARGET");
}

/* The first fault counts; reading goes on for what it may tell about the exit code. */
static void fault(struct reader *r, const char *text)
{
	if (!r->failed)
		input_error_set(r->error, "%s", text);
	r->failed = true;
}

/* An abbreviation of several options, or none at all. */
static void unknown_long(struct reader *r, const char *token)
{
	const char *name = arena_strndup(r->arena, token + 2, strcspn(token + 2, "="));
	const char *quoted = message_quote(r->arena, name);
	const char *first = NULL;
	for (size_t i = 0; i < r->n_longs; i++) {
		if (!text_starts_nocase(r->longs[i].name, name))
			continue;
		if (first) {
			fault(r,
			    arena_printf(r->arena,
				"option --%s could be --%s or --%s; write it in full",
				quoted, first, r->longs[i].name));
			return;
		}
		first = r->longs[i].name;
	}
	struct suggestion s = suggest_begin(name);
	for (size_t i = 0; i < r->n_longs; i++)
		suggest_feed(&s, r->longs[i].name);
	fault(r, s.nearest
		     ? arena_printf(r->arena, "unknown option --%s; did you mean --%s?",
			   quoted, s.nearest)
		     : arena_printf(
			   r->arena, "unknown option --%s; --help lists them", quoted));
}

/* What it takes; the command is not looked at here. */
static const char *values_of(struct reader *r, const struct option_row *row)
{
	const struct option_row *other = option_namesake(row);
	return other
		   ? arena_printf(r->arena, "%s or %s", row->argument, other->argument)
		   : row->argument;
}

static void misuse(struct reader *r, int code, char **argv)
{
	/* getopt has moved past a long option; a short one is told in optopt. */
	const char *token = argv[optind - 1];
	const struct option_row *row = row_of(optopt);
	if (code == ':')
		fault(r, arena_printf(r->arena, "--%s needs a value: %s", row->name,
			     values_of(r, row)));
	else if (row)
		fault(r, arena_printf(r->arena, "--%s takes no value", row->name));
	else if (optopt == LONG_HELP || optopt == LONG_VERSION)
		fault(r, arena_printf(r->arena, "--%s takes no value",
			     optopt == LONG_HELP ? "help" : "version"));
	else if (optopt == 0)
		unknown_long(r, token);
	else
		fault(r, arena_printf(r->arena, "unknown option -%s; --help lists them",
			     message_quote(r->arena, (char[]){ (char)optopt, '\0' })));
}

static void take(struct reader *r, int code, char **argv)
{
	switch (code) {
	case 1:
		add_target(r, optarg);
		break;
	case '?':
	case ':':
		misuse(r, code, argv);
		break;
	case 'h':
	case LONG_HELP:
		r->result->help = r->result->help || !r->failed;
		break;
	case LONG_VERSION:
		r->result->version = r->result->version || !r->failed;
		break;
	default: {
		const struct option_row *row = row_of(code);
		add_value(r, row, optarg, arena_printf(r->arena, "--%s", row->name));
	}
	}
}

int argv_read(int argc, char **argv, struct arena *arena, struct argv_result *ret,
    struct input_error *reterr)
{
	struct reader r = { .arena = arena, .result = ret, .error = reterr };
	*ret = (struct argv_result){ .help = false };
	build_tables(&r);
	opterr = 0;
	optind = 0; /* glibc: start anew, and read the "-" of shorts */
	int code;
	while ((code = getopt_long(argc, argv, r.shorts, r.longs, NULL)) != -1)
		take(&r, code, argv);
	for (int i = optind; i < argc; i++)
		add_target(&r, argv[i]);
	return r.failed ? -1 : 0;
}
