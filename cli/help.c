/* SPDX-License-Identifier: MIT */
#include "cli/help.h"

#include <string.h>

#include "probe/base/arena.h"

enum {
	COLUMNS = 80,
	TEXT_AT = 29 /* column of an option's text */
};

/* A string that grows; help is short, so copying it is cheap enough. */
struct writer {
	struct arena *arena;
	char *text;
};

__attribute__((format(printf, 2, 3))) static void add(
    struct writer *w, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *more = arena_vprintf(w->arena, fmt, ap);
	va_end(ap);
	w->text = arena_printf(w->arena, "%s%s", w->text ? w->text : "", more);
}

/* Words of text from the current column on, wrapped to the column of texts. */
static void add_wrapped(struct writer *w, const char *text)
{
	size_t column = TEXT_AT;
	while (*text) {
		size_t len = strcspn(text, " ");
		size_t blank = column > TEXT_AT;
		if (blank && column + blank + len > COLUMNS) {
			add(w, "\n%*s", TEXT_AT, "");
			column = TEXT_AT;
			blank = 0;
		}
		add(w, "%s%.*s", blank ? " " : "", (int)len, text);
		column += blank + len;
		text += len;
		text += strspn(text, " ");
	}
	add(w, "\n");
}

static void add_option(struct writer *w, char letter, const char *name,
    const char *argument, const char *help)
{
	char *left = letter ? arena_printf(w->arena, "  -%c, --%s", letter, name)
			    : arena_printf(w->arena, "      --%s", name);
	if (argument)
		left = arena_printf(w->arena, "%s %s", left, argument);
	if (strlen(left) < TEXT_AT - 1)
		add(w, "%-*s", TEXT_AT, left);
	else
		add(w, "%s\n%*s", left, TEXT_AT, "");
	add_wrapped(w, help);
}

static bool is_shown(const struct command *c, const struct option_row *row)
{
	return !(row->flags & OPTION_FILE_ONLY) && command_takes(c, row);
}

static void add_options(struct writer *w, const struct command *c)
{
	static const char *const headings[N_OPTION_GROUPS] = {
		[GROUP_SELECT] = "What to check",
		[GROUP_WORKSPACE] = "The workspace",
		[GROUP_EXPECT] = "What to expect",
		[GROUP_PATH] = "The way there",
		[GROUP_LIMITS] = "Limits (500ms, 3s, 2m)",
		[GROUP_WATCH] = "Watching",
		[GROUP_OUTPUT] = "What is shown",
	};

	size_t n;
	const struct option_row *table = option_table(&n);
	for (unsigned g = 0; g < N_OPTION_GROUPS; g++) {
		bool is_first = true;
		for (size_t i = 0; i < n; i++) {
			const struct option_row *row = &table[i];
			if (row->group != g || !is_shown(c, row))
				continue;
			if (is_first)
				add(w, "\n%s:\n", headings[g]);
			is_first = false;
			add_option(w, row->letter, row->name, row->argument, row->help);
		}
	}
	add_option(w, 'h', "help", NULL, "this text");
	add_option(w, 0, "version", NULL, "print the version");
}

char *help_program(struct arena *arena)
{
	struct writer w = { .arena = arena };
	add(&w, "Usage: vnetprobe COMMAND [OPTION...] [TARGET...]\n\n"
		"Tests from this machine what an Azure Machine Learning workspace "
		"needs of its\n"
		"network, and names the cause where something is in the way.\n\n"
		"Commands:\n");
	size_t n;
	const struct command *table = command_table(&n);
	for (size_t i = 0; i < n; i++)
		if (table[i].summary)
			add(&w, "  %-10s %s\n", table[i].name, table[i].summary);
	add(&w, "  %-10s %s\n", "help",
	    "this text; help COMMAND for a command's options");
	add(&w, "\nExamples:\n"
		"  vnetprobe check --region westeurope --storage contosoml\n"
		"  vnetprobe check https://contoso.azurecr.io/v2/ tcp://10.1.0.5:445\n"
		"  vnetprobe list -v -c workspace.yaml\n\n"
		"Exit codes:\n"
		"  0  every required check passed\n"
		"  1  a required check failed\n"
		"  2  could not test: usage, configuration, permission, interruption, "
		"or no\n"
		"     conclusion about a required check\n"
		"  --exit-style nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN\n");
	return w.text;
}

static void add_about_targets(struct writer *w)
{
	add(w,
	    "\nTARGET is a check id (storage.blob), a glob over ids ('storage.*') or "
	    "an\n"
	    "endpoint: https://host[:port]/path, http://, wss://, ws://, "
	    "tcp://host:port,\n"
	    "udp://host:port, dns:name. With endpoints alone only those are checked, "
	    "unless\n"
	    "--profile is given too.\n\n"
	    "An option can also be a variable (VNETPROBE_KEY_VAULT for --key-vault) or "
	    "a key\n"
	    "of the configuration file (key_vault). The command line beats the "
	    "environment,\n"
	    "which beats the file.\n");
}

char *help_command(const struct command *c, struct arena *arena)
{
	struct writer w = { .arena = arena };
	add(&w, "Usage: vnetprobe %s [OPTION...] %s\n\n%s", c->name,
	    c->operands ? c->operands : "[TARGET...]", c->description);
	if (!c->operands)
		add_about_targets(&w);
	add_options(&w, c);
	add(&w, "\nExamples:\n%s", c->examples);
	return w.text;
}
