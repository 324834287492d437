/* SPDX-License-Identifier: MIT */
#ifndef CLI_PREPARE_H
#define CLI_PREPARE_H

#include "checks/catalogue.h"
#include "checks/check_plan.h"
#include "cli/options.h"
#include "report/report.h"

struct arena;
struct input_error;

/* What `check` and `list` do alike: a plan before, documents behind. */

/**
 * Catalogue and plan for the settings. *catalogue must live as long as *ret, and is
 * left alone when nothing needs it. Returns 0, or -1 with the reason in *reterr.
 */
int prepare_plan(const struct options *o, struct arena *arena,
    struct catalogue *catalogue, struct check_plan *ret, struct input_error *reterr);

/** Finds out before the run whether every output file can be written. */
int prepare_outputs(
    const struct options *o, struct arena *arena, struct input_error *reterr);

/** One document; malloc()ed. */
typedef char *render_fn(
    enum output_format format, const struct text_style *style, const struct report *r);

/**
 * Renders and delivers every output that was asked for, text to standard output when
 * none was; redacted when asked for. Returns 0, or -1 with the reason in *reterr, whose
 * text is empty when the reader of standard output went away.
 */
int deliver_outputs(const struct options *o, render_fn *render, const struct report *r,
    struct arena *arena, struct input_error *reterr);

#endif
