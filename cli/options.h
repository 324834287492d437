/* SPDX-License-Identifier: MIT */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "checks/input/validate.h"
#include "checks/plan/settings.h"
#include "cli/output.h"

struct arena;
struct input_error;

/*
 * One table of options. It serves the command line (--container-registry), the
 * environment (VNETPROBE_CONTAINER_REGISTRY), the configuration file
 * (container_registry:) and the help text, so the four cannot disagree.
 */

/** Where a value comes from, weakest first. */
enum source {
	SOURCE_DEFAULT,
	SOURCE_FILE,
	SOURCE_ENVIRONMENT,
	SOURCE_ARGV
};

/** Headings of the help text, in its order. */
enum option_group {
	GROUP_SELECT,
	GROUP_WORKSPACE,
	GROUP_EXPECT,
	GROUP_PATH,
	GROUP_LIMITS,
	GROUP_WATCH, /* of watch alone, but for what another command asks for */
	GROUP_OUTPUT,
	N_OPTION_GROUPS
};

enum option_flag {
	OPTION_LIST = 1 << 0,      /* may be given several times */
	OPTION_COMMAS = 1 << 1,    /* a value is split at its commas */
	OPTION_FILE_ONLY = 1 << 2, /* operands on the command line, a key in the file */
	OPTION_NO_FILE = 1 << 3,   /* makes no sense as a key */
	OPTION_EMPTY_OK = 1 << 4,  /* "" is a value */
	OPTION_NOT_SAVED = 1 << 6, /* of no use to whoever judges a report again */
	OPTION_CREDENTIALS = 1 << 7, /* a URL that may hold a password: saved without */
	OPTION_ONCE = 1 << 8,        /* of a single run, not of watch */
};

struct option_use;

struct option_row {
	const char *name;     /* "container-registry" */
	char letter;          /* 'c', or 0 */
	const char *argument; /* "NAME", or NULL for a switch */
	enum option_group group;
	unsigned flags;
	const char *help;
	/* Stores one value, or says why not: 0 or -1 with use->error set. */
	int (*set)(const struct option_use *use);
	size_t field;         /* in struct options, for the generic setters */
	enum value_kind kind; /* for set_name() and set_names() */
	/* For the other setters, and to tell rows of one name apart; NULL = any text.
	 */
	bool (*valid)(const char *value);
	const char *rule; /* what valid asks for, after "must be" */
};

enum {
	OPTIONS_MAX = 96
};

/** One value as it was met, before it is checked. */
struct given {
	const struct option_row *row;
	const char *value; /* NULL: a switch that was named */
	const char *where; /* "--region", "VNETPROBE_REGION", "file:3:9: region" */
};

struct givens {
	struct given *items;
	size_t n_items, cap;
};

/** In the order of the option's words. */
enum capture_when {
	CAPTURE_OFF,
	CAPTURE_AUTO, /* when permitted */
	CAPTURE_ON
};

enum {
	CAPTURE_SNAPLEN = 384
};

struct capture_options {
	enum capture_when when;
	bool given;       /* when was */
	unsigned snaplen; /* bytes of a packet that are kept */
	const char *pcap; /* file for packets, or NULL */
	bool pcap_all;    /* those of checks that pass, too */
};

/** How watch goes on. */
struct watch_options {
	nsec_t interval;
	nsec_t jitter; /* -1 = a tenth of the interval, or none with align */
	bool align;
	struct addr listen; /* family 0 = nowhere */
	const char *state;  /* directory of the history, or NULL */
	unsigned keep_days, keep_mib;
	const char *on_change; /* a command of the shell, or NULL */
};

struct sources; /* command line, environment and file, cli/cli.c */

struct options {
	struct settings settings;
	struct capture_options capture;
	struct watch_options watch;
	const struct sources *sources; /* for options_again(); may be NULL */
	struct output_options output;
	const char *config;                   /* --config, or NULL */
	const char *baseline, *save_baseline; /* files, or NULL */
	enum source set_by[OPTIONS_MAX];      /* by row: the strongest source so far */
	struct givens in_effect; /* the values that count, defaults left out */
	struct strings operands; /* of a command whose operands are no targets */
};

void givens_add(struct givens *g, struct arena *arena, struct given item);

/** The last value for a row, or NULL. */
const struct given *givens_last(const struct givens *g, const struct option_row *row);

/** What a setter sees. */
struct option_use {
	const struct option_row *row;
	const char *value; /* not NULL; "true" or "false" for a switch */
	const char *where;
	enum source source;
	bool first; /* of this source: what weaker ones gave is to be forgotten */
	struct options *to;
	struct arena *arena;
	struct input_error *error;
};

const struct option_row *option_table(size_t *ret_n);

/** By long name, or NULL; of two rows with one name the first. */
const struct option_row *option_find(const char *name);

/**
 * The other row of the same name, or NULL: what one word means to two commands, each
 * with values of a form of its own (cli/shared_names.h).
 */
const struct option_row *option_namesake(const struct option_row *row);

/** "region" as "VNETPROBE_REGION". */
const char *option_env_name(const struct option_row *row, struct arena *arena);

/** "container-registry" as "container_registry". */
const char *option_key(const struct option_row *row, struct arena *arena);

/** Defaults of the contract. */
void options_init(struct options *o);

/**
 * Checks and stores all values of one source. Sources must be applied weakest
 * first; a list from a stronger source replaces the weaker one's.
 *
 * Returns 0, or -1 with the first fault in *reterr.
 */
int options_apply(struct options *o, const struct givens *values, enum source source,
    struct arena *arena, struct input_error *reterr);

/** Whether this run captures. */
enum capture_when options_capture(const struct options *o);

/**
 * Reads the configuration file of *o again and makes the options anew; command line and
 * environment are as they were. Returns 0, or -1 with the reason in *reterr.
 */
int options_again(const struct options *o, struct arena *arena, struct options *ret,
    struct input_error *reterr);

/** Faults of values together: two reports on standard output, one file twice. */
int options_check(
    const struct options *o, struct arena *arena, struct input_error *reterr);

#endif
