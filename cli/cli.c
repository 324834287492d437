/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/suggest.h"
#include "checks/plan/proxy_choice.h"
#include "cli/argv.h"
#include "cli/command.h"
#include "cli/config.h"
#include "cli/environment.h"
#include "cli/exit_code.h"
#include "cli/help.h"
#include "cli/message.h"
#include "cli/outfile.h"
#include "cli/shared_names.h"
#include "probe/base/arena.h"
#include "probe/base/vec.h"

/* Only a ceiling: no plan that fits into memory otherwise comes near it. */
static const size_t arena_limit = (size_t)1 << 30;

static const struct command commands[] = {
	{
	    .name = "check",
	    .summary = "test the endpoints and report a verdict for each",
	    .description = "Contacts every endpoint the workspace needs, all at once, "
			   "and reports for\n"
			   "each whether it works, at which stage it fails and why. "
			   "Nothing is changed\n"
			   "and no credential is sent.\n",
	    .examples =
		"  vnetprobe check --region westeurope --storage contosoml \\\n"
		"      --container-registry contosoacr --key-vault contoso-kv\n"
		"  vnetprobe check -c workspace.yaml --expect-private 'storage.*'\n"
		"  vnetprobe check -o text -o json=report.json -c workspace.yaml\n"
		"  vnetprobe check https://contoso.azurecr.io/v2/ tcp://10.1.0.5:445\n",
	    .run = command_check,
	},
	{
	    .name = "list",
	    .summary = "print what check would contact, and why; send nothing",
	    .description = "Prints what `vnetprobe check` with the same options would "
			   "contact: target,\n"
			   "purpose, resolver, proxy, and the document that asks for "
			   "it. With -v also\n"
			   "what was left out and why. Sends nothing.\n",
	    .examples =
		"  vnetprobe list --region westeurope --storage contosoml\n"
		"  vnetprobe list -v -c workspace.yaml\n"
		"  vnetprobe list -o json --profile azureml --region westeurope\n",
	    .run = command_list,
	},
	{
	    .name = "explain",
	    .summary = "diagnose a capture file, or print what a cause means",
	    .description =
		"Reads a capture (pcap or pcapng; - is standard input) and says of "
		"each endpoint\n"
		"in it what went wrong, in the words and with the exit codes of check. "
		"Of a CAUSE\n"
		"it prints what it means, what it is decided by, what looks the same "
		"and would\n"
		"settle it, and what to change; without an operand it lists all "
		"causes. Contacts\n"
		"nothing and needs no privilege.\n",
	    .examples = "  vnetprobe explain capture.pcap\n"
			"  tcpdump -w - -i any tcp or udp port 53 or icmp | vnetprobe "
			"explain -\n"
			"  vnetprobe explain silent_drop\n"
			"  vnetprobe explain -o json private_zone_unlinked\n",
	    .operands = "[FILE|CAUSE]",
	    .also = "catalogue",
	    .run = command_explain,
	},
	{
	    .name = "diagnose",
	    .summary = "judge the observations of a saved JSON report again",
	    .description =
		"Reads a report that `vnetprobe check -o json` wrote (- is standard "
		"input) and\n"
		"judges its observations again, with the options of that run and the "
		"catalogue\n"
		"of this version. Contacts nothing; the exit code is that of the run, "
		"but for\n"
		"--strict and --exit-style given here. A redacted report cannot be "
		"judged again.\n",
	    .examples = "  vnetprobe diagnose report.json\n"
			"  vnetprobe diagnose -v report.json\n"
			"  vnetprobe diagnose -o json - < report.json\n",
	    .operands = "FILE",
	    .also = "catalogue",
	    .run = command_diagnose,
	},
	{
	    .name = "diff",
	    .summary = "tell what changed between two saved JSON reports",
	    .description =
		"Judges the observations of two reports that `vnetprobe check -o json` "
		"wrote by the\n"
		"same rules and tells what got worse or better, what else changed with "
		"it, and\n"
		"what is worth knowing (-v). Contacts nothing. Exits 1 when a check "
		"fails that did\n"
		"not fail before, with --strict also when a path has changed.\n",
	    .examples = "  vnetprobe diff yesterday.json today.json\n"
			"  vnetprobe diff -v yesterday.json today.json\n"
			"  vnetprobe diff -o markdown=diff.md old.json new.json\n",
	    .operands = "OLD NEW",
	    .also = "catalogue",
	    .run = command_diff,
	},
	{
	    .name = "merge",
	    .summary = "make one matrix of many machines' JSON reports",
	    .description =
		"Reads reports that `vnetprobe check -o json` wrote on many machines "
		"and tells\n"
		"which causes which of them share. Each report is one node. @LIST is a "
		"file of\n"
		"names of reports, one a line; - reads such names from standard input. "
		"Verdicts\n"
		"are taken as they are written. The exit code is that of the worst "
		"node; a report\n"
		"that cannot be read is named, left out and exits 2.\n",
	    .examples =
		"  vnetprobe merge reports/*.json\n"
		"  find reports -name '*.json' | vnetprobe merge -o json=all.json "
		"-\n"
		"  vnetprobe merge -o markdown @nodes.txt\n",
	    .operands = "REPORT...",
	    .run = command_merge,
	},
	{
	    .name = "watch",
	    .summary = "check again and again; keep a history, serve metrics",
	    .description =
		"Runs the checks every --interval and tells on standard error what "
		"changed, and\n"
		"what else changed with it. Serves the latest report and metrics over "
		"HTTP and\n"
		"keeps a history in --state. Reports go to files (-o FORMAT=FILE). "
		"SIGHUP reads\n"
		"the configuration file again; SIGTERM ends the run and the watch.\n",
	    .examples =
		"  vnetprobe watch -c workspace.yaml --state /var/lib/vnetprobe\n"
		"  vnetprobe watch --interval 1m --listen 127.0.0.1:9810 \\\n"
		"      -o prometheus=/var/lib/node_exporter/vnetprobe.prom "
		"tcp://10.1.0.5:445\n",
	    .watches = true,
	    .run = command_watch,
	},
	{
	    .name = "history",
	    .summary = "tell what watch has kept of the past",
	    .description =
		"Reads the history that `vnetprobe watch --state DIR` keeps: the state "
		"of each\n"
		"check since when, its times, and what changed when. CHECK is an id "
		"or a glob.\n"
		"Prints text, JSON or an HTML page with plots (-o html=FILE). Contacts "
		"nothing.\n",
	    .examples =
		"  vnetprobe history --state /var/lib/vnetprobe\n"
		"  vnetprobe history --state /var/lib/vnetprobe storage.blob\n"
		"  vnetprobe history --state /var/lib/vnetprobe -o html=history.html\n",
	    .operands = "[CHECK]",
	    .also = "state",
	    .run = command_history,
	},
};

#define N_COMMANDS (sizeof commands / sizeof *commands)

const struct command *command_table(size_t *ret_n)
{
	*ret_n = N_COMMANDS;
	return commands;
}

/* Where command line, environment and file meet. */
struct sources {
	const struct command *command;
	struct argv_result argv;
	struct givens environment, file;
};

static const struct command *find_command(
    const char *name, struct arena *arena, struct input_error *reterr)
{
	struct suggestion s = suggest_begin(name);
	suggest_feed(&s, "help");
	for (size_t i = 0; i < N_COMMANDS; i++) {
		const struct command *c = &commands[i];
		if (strcmp(name, c->name) == 0)
			return c;
		suggest_feed(&s, c->name);
	}
	const char *quoted = message_quote(arena, name);
	if (name[0] == '-')
		input_error_set(reterr,
		    "%s: options follow a command: vnetprobe check %s", quoted, quoted);
	else
		input_error_set(reterr, "unknown command \"%s\"%s", quoted,
		    s.nearest ? suggest_clause(&s, arena)
			      : "; commands are check, list, explain, diagnose, "
				"diff, merge, watch, history and help");
	return NULL;
}

/* Whether "-o nagios" is the only output that command line, or else environment, ask
 * for. */
static bool only_nagios(const struct sources *s)
{
	const struct option_row *row = option_find("output");
	const struct givens *g =
	    givens_last(&s->argv.givens, row) ? &s->argv.givens : &s->environment;
	const char *name = output_format_name(OUTPUT_NAGIOS);
	size_t n = 0, n_nagios = 0, len = strlen(name);
	for (size_t i = 0; i < g->n_items; i++) {
		const char *value = g->items[i].value;
		if (g->items[i].row != row)
			continue;
		n++;
		n_nagios += value && strncmp(value, name, len) == 0 &&
			    (value[len] == '\0' || value[len] == '=');
	}
	return n == 1 && n_nagios == 1;
}

/*
 * A plugin's usage error must be UNKNOWN, not CRITICAL, so the style is looked for
 * before anything else is checked.
 */
static enum exit_style early_exit_style(const struct sources *s)
{
	const struct option_row *row = option_find("exit-style");
	const struct given *g = givens_last(&s->argv.givens, row);
	if (!g)
		g = givens_last(&s->environment, row);
	if (!g)
		return only_nagios(s) ? EXIT_STYLE_NAGIOS : EXIT_STYLE_PLAIN;
	return strcmp(g->value, "nagios") == 0 ? EXIT_STYLE_NAGIOS : EXIT_STYLE_PLAIN;
}

static int read_file(struct sources *s, struct arena *arena, struct input_error *reterr)
{
	const struct option_row *row = option_find("config");
	const struct given *g = givens_last(&s->argv.givens, row);
	if (!g)
		g = givens_last(&s->environment, row);
	/* An empty name is refused with the other values. */
	if (!g || *g->value == '\0')
		return 0;
	if (config_read(g->value, arena, &s->file, reterr) < 0)
		return -1;
	shared_names_settle(&s->file, s->command, false);
	return 0;
}

static int merge(const struct sources *s, struct options *o, struct arena *arena,
    struct input_error *reterr)
{
	options_init(o);
	environment_proxies(&o->settings);
	if (options_apply(o, &s->file, SOURCE_FILE, arena, reterr) < 0 ||
	    options_apply(o, &s->environment, SOURCE_ENVIRONMENT, arena, reterr) < 0 ||
	    options_apply(o, &s->argv.givens, SOURCE_ARGV, arena, reterr) < 0)
		return -1;
	if (proxy_credentials_read(&o->settings, arena, reterr) < 0)
		return -1;
	return options_check(o, arena, reterr);
}

bool command_takes(const struct command *c, const struct option_row *row)
{
	if (c->also && strcmp(row->name, c->also) == 0)
		return true;
	if (row->group == GROUP_WATCH)
		return c->watches;
	if (row->flags & OPTION_ONCE && c->watches)
		return false;
	return !c->operands || row->group == GROUP_OUTPUT;
}

static void add_operand(struct options *o, const char *text, struct arena *arena)
{
	struct strings *list = &o->operands;
	list->items = vec_grow(
	    arena, list->items, list->n_items, &list->cap, sizeof *list->items);
	list->items[list->n_items++] = text;
}

/*
 * For commands that contact nothing. What a variable says about a run is meant for
 * runs, and is passed over; on the command line it is a mistake.
 */
static int merge_shown(const struct command *c, const struct sources *s,
    struct options *o, struct arena *arena, struct input_error *reterr)
{
	struct givens environment = { .items = NULL }, argv = { .items = NULL };
	const struct option_row *targets = option_find("targets");
	options_init(o);
	for (size_t i = 0; i < s->environment.n_items; i++)
		if (command_takes(c, s->environment.items[i].row))
			givens_add(&environment, arena, s->environment.items[i]);
	for (size_t i = 0; i < s->argv.givens.n_items; i++) {
		const struct given *g = &s->argv.givens.items[i];
		if (g->row == targets) {
			add_operand(o, g->value, arena);
		} else if (command_takes(c, g->row)) {
			givens_add(&argv, arena, *g);
		} else {
			input_error_set(reterr,
			    "%s: is no option of %s, which contacts "
			    "nothing; %s --help lists them",
			    g->where, c->name, c->name);
			return -1;
		}
	}
	if (options_apply(o, &environment, SOURCE_ENVIRONMENT, arena, reterr) < 0 ||
	    options_apply(o, &argv, SOURCE_ARGV, arena, reterr) < 0)
		return -1;
	return options_check(o, arena, reterr);
}

/* Files are for runs. */
static int gather(const struct command *c, struct sources *s, struct options *o,
    struct arena *arena, struct input_error *reterr)
{
	if (c->operands)
		return merge_shown(c, s, o, arena, reterr);
	for (size_t i = 0; i < s->argv.givens.n_items; i++) {
		const struct given *g = &s->argv.givens.items[i];
		if (command_takes(c, g->row))
			continue;
		input_error_set(reterr, "%s: is an option of %s, not of %s", g->where,
		    c->watches ? "check" : "watch", c->name);
		return -1;
	}
	return read_file(s, arena, reterr) < 0 ? -1 : merge(s, o, arena, reterr);
}

int options_again(const struct options *o, struct arena *arena, struct options *ret,
    struct input_error *reterr)
{
	struct sources s = *o->sources;
	s.file = (struct givens){ .items = NULL };
	if (read_file(&s, arena, reterr) < 0 || merge(&s, ret, arena, reterr) < 0)
		return -1;
	ret->sources = o->sources;
	return 0;
}

static int print(const char *text, struct input_error *reterr)
{
	return outfile_write(NULL, text, NULL, reterr) < 0
		   ? exit_code_unusable(EXIT_STYLE_PLAIN)
		   : 0;
}

static int print_version(struct input_error *reterr)
{
	return print("vnetprobe " VNETPROBE_VERSION "\n", reterr);
}

static int run_command(const struct command *c, int argc, char **argv,
    struct arena *arena, struct input_error *reterr)
{
	struct sources s = { .command = c };
	struct options o;
	int argv_ok = argv_read(argc, argv, arena, &s.argv, reterr);
	if (s.argv.help)
		return print(help_command(c, arena), reterr);
	if (s.argv.version)
		return print_version(reterr);
	environment_read(arena, &s.environment);
	shared_names_settle(&s.argv.givens, c, true);
	shared_names_settle(&s.environment, c, false);
	if (argv_ok < 0 || gather(c, &s, &o, arena, reterr) < 0)
		return exit_code_unusable(early_exit_style(&s));
	o.sources = &s;
	return c->run(&o, arena, reterr);
}

static int help(int argc, char **argv, struct arena *arena, struct input_error *reterr)
{
	if (argc == 0)
		return print(help_program(arena), reterr);
	const struct command *c = find_command(argv[0], arena, reterr);
	return c ? print(help_command(c, arena), reterr)
		 : exit_code_unusable(EXIT_STYLE_PLAIN);
}

static int dispatch(
    int argc, char **argv, struct arena *arena, struct input_error *reterr)
{
	int unusable = exit_code_unusable(EXIT_STYLE_PLAIN);
	if (argc < 2) {
		input_error_set(reterr,
		    "no command given; usage: vnetprobe "
		    "check|list|explain|diagnose|diff|merge|"
		    "watch|history [OPTION...] [TARGET...], vnetprobe "
		    "--help");
		return unusable;
	}
	const char *name = argv[1];
	if (strcmp(name, "help") == 0)
		return help(argc - 2, argv + 2, arena, reterr);
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		return help(0, NULL, arena, reterr);
	if (strcmp(name, "--version") == 0)
		return print_version(reterr);
	const struct command *c = find_command(name, arena, reterr);
	return c ? run_command(c, argc - 1, argv + 1, arena, reterr) : unusable;
}

int cli_main(int argc, char **argv)
{
	struct arena arena;
	struct input_error error = { .text = "" };
	arena_init(&arena, arena_limit);
	int code = dispatch(argc, argv, &arena, &error);
	if (error.text[0])
		message_print(&error);
	arena_deinit(&arena);
	return code;
}
