/* SPDX-License-Identifier: MIT */
#ifndef CLI_PREPARE_H
#define CLI_PREPARE_H

#include "checks/plan/catalogue.h"
#include "checks/plan/check_plan.h"
#include "cli/options.h"
#include "report/report.h"

struct arena;
struct input_error;

/* What commands do alike: a plan before, documents behind. */

/** The catalogue that the user chose, or the built-in one, with its entries. */
int prepare_catalogue(const struct options *o, struct arena *arena,
    struct catalogue *ret, struct input_error *reterr);

/**
 * Catalogue and plan for the settings. *catalogue must live as long as *ret, and is
 * left alone when nothing needs it. Returns 0, or -1 with the reason in *reterr.
 */
int prepare_plan(const struct options *o, struct arena *arena,
    struct catalogue *catalogue, struct check_plan *ret, struct input_error *reterr);

/** Finds out before the run whether every output file can be written. */
int prepare_outputs(
    const struct options *o, struct arena *arena, struct input_error *reterr);

/** The same for commands that print no reports, and so nothing but text and JSON. */
int prepare_text_outputs(const struct options *o, const char *command,
    struct arena *arena, struct input_error *reterr);

/** The same for a command that compares runs: it prints text, JSON or Markdown. */
int prepare_comparison(const struct options *o, const char *command,
    struct arena *arena, struct input_error *reterr);

struct outfile;
struct redactor;

/**
 * One document about a subject, such as a struct report; malloc()ed. A renderer of
 * large ones may write to direct, unless that is NULL, and return NULL.
 */
typedef char *render_fn(enum output_format format, const struct text_style *style,
    const void *subject, struct outfile *direct);

/**
 * Renders and delivers every output that was asked for, text to standard output when
 * none was. red, unless NULL, redacts text and JSON; other forms know it already.
 * One that cannot be written keeps none of the others from it. Returns 0, or -1 with
 * the last reason in *reterr, those before it told; its text is empty when the reader
 * of standard output went away.
 */
int deliver_outputs(const struct options *o, render_fn *render, const void *subject,
    struct redactor *red, struct arena *arena, struct input_error *reterr);

/**
 * Delivers the reports of a run; returns its exit code. What a redacted report may not
 * tell is left out of it.
 */
int deliver_run(const struct options *o, const struct report *r, struct arena *arena,
    struct input_error *reterr);

#endif
