/* SPDX-License-Identifier: MIT */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"

struct arena;
struct input_error;

struct command {
	const char *name;
	const char *summary;     /* for the list of commands */
	const char *description; /* lines of at most 80 columns */
	const char *examples;    /* the same */
	/*
	 * NULL: operands are targets, and every option applies. Else what operands are
	 * called ("FILE"); the command contacts nothing, gets its operands in
	 * options.operands, and takes only what is about showing results, from the
	 * command line and the environment.
	 */
	const char *operands;
	const char *also; /* one more option it takes, or NULL */
	bool watches;     /* takes the options of GROUP_WATCH, too */
	/*
	 * Returns the exit code. A code other than that of a result comes with
	 * reterr->text, which is empty when there is nothing to say.
	 */
	int (*run)(
	    const struct options *o, struct arena *arena, struct input_error *reterr);
};

const struct command *command_table(size_t *ret_n);

/** Whether an option has a meaning for the command. */
bool command_takes(const struct command *c, const struct option_row *row);

int command_check(
    const struct options *o, struct arena *arena, struct input_error *reterr);
int command_list(
    const struct options *o, struct arena *arena, struct input_error *reterr);
int command_explain(
    const struct options *o, struct arena *arena, struct input_error *reterr);
int command_diagnose(
    const struct options *o, struct arena *arena, struct input_error *reterr);
int command_diff(
    const struct options *o, struct arena *arena, struct input_error *reterr);
int command_merge(
    const struct options *o, struct arena *arena, struct input_error *reterr);
int command_watch(
    const struct options *o, struct arena *arena, struct input_error *reterr);
int command_history(
    const struct options *o, struct arena *arena, struct input_error *reterr);

/** main() without the process around it; standard streams are open. */
int cli_main(int argc, char **argv);

#endif
