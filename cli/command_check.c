/* SPDX-License-Identifier: MIT */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "checks/baseline.h"
#include "checks/follow_up.h"
#include "checks/input_error.h"
#include "checks/input_file.h"
#include "checks/judge.h"
#include "checks/secret_file.h"
#include "cli/check_capture.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/message.h"
#include "cli/outfile.h"
#include "cli/prepare.h"
#include "cli/progress.h"
#include "cli/saved_options.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "probe/base/arena.h"
#include "probe/engine/engine.h"
#include "report/baseline_json.h"

/* What the engine's hooks need. */
struct watcher {
	const struct check_plan *plan;
	const struct obslog *log;
	struct progress progress;
	struct follow_up follow_up;
	struct live_capture *capture; /* NULL: none */
};

static enum status status_of(void *arg, unsigned target)
{
	struct watcher *w = arg;
	struct arena scratch;
	arena_init(&scratch, (size_t)64 << 20);
	enum status s = judge_status(w->plan, w->log, target, &scratch);
	arena_deinit(&scratch);
	return s;
}

static void on_target_done(void *arg, unsigned target)
{
	struct watcher *w = arg;
	progress_done(&w->progress, target);
}

static void on_tick(void *arg)
{
	struct watcher *w = arg;
	progress_tick(&w->progress, nsec_now());
	if (w->capture)
		live_capture_drain(w->capture);
}

static void on_connecting(void *arg, const struct addr *peer)
{
	struct watcher *w = arg;
	live_capture_connecting(w->capture, peer);
}

static void on_connected(void *arg, const struct addr *local, const struct addr *peer)
{
	struct watcher *w = arg;
	live_capture_connected(w->capture, local, peer);
}

static size_t on_trouble(void *arg, unsigned target,
    const struct follow_up_event *event, struct order *ret, size_t max)
{
	struct watcher *w = arg;
	return follow_up_choose(&w->follow_up, target, event, ret, max);
}

static const char save_option[] = "--save-baseline";

/* What must be right before anything is sent, beyond the plan itself. */
static int check_machine(const struct options *o, const struct plan *plan,
    struct arena *arena, struct input_error *reterr)
{
	char reason[256];
	if (plan->cacert &&
	    engine_check_cacert(plan->cacert, reason, sizeof reason) < 0) {
		input_error_set(reterr, "--cacert: \"%s\": %s",
		    message_quote(arena, plan->cacert), reason);
		return -1;
	}
	if (plan->interface && if_nametoindex(plan->interface) == 0) {
		input_error_set(reterr,
		    "--interface: this machine has no interface \"%s\"",
		    message_quote(arena, plan->interface));
		return -1;
	}
	if (o->capture.pcap &&
	    outfile_check_of("--pcap", o->capture.pcap, arena, reterr) < 0)
		return -1;
	if (o->save_baseline &&
	    outfile_check_of(save_option, o->save_baseline, arena, reterr) < 0)
		return -1;
	return prepare_outputs(o, arena, reterr);
}

/* What is approved, before anything is sent. */
static int read_baseline(const struct options *o, struct arena *arena,
    struct check_plan *plan, struct input_error *reterr)
{
	struct baseline *b = arena_alloc(arena, sizeof *b);
	if (o->baseline && o->save_baseline) {
		input_error_set(reterr,
		    "--save-baseline: approves what --baseline would refuse; give one "
		    "of them");
		return -1;
	}
	for (size_t i = 0; o->save_baseline && i < o->output.n_items; i++) {
		const char *file = o->output.items[i].file;
		if (!file || strcmp(file, o->save_baseline) != 0)
			continue;
		input_error_set(reterr,
		    "--save-baseline: \"%s\" is the file of a report, too",
		    message_quote(arena, file));
		return -1;
	}
	if (!o->baseline)
		return 0;
	plan->baseline = b;
	return baseline_read(o->baseline, arena, b, reterr);
}

static void note_left_out(const struct options *o, size_t n, struct arena *arena)
{
	struct input_error note;
	if (n == 0)
		return;
	input_error_set(&note,
	    "--save-baseline: %s: %zu %s did not pass and %s nothing approved",
	    message_quote(arena, o->save_baseline), n, n == 1 ? "check" : "checks",
	    n == 1 ? "has" : "have");
	message_print(&note);
}

/* An interrupted run has seen half of it, which is not to be approved. */
static int save_baseline(const struct options *o, const struct report *r,
    struct arena *arena, struct input_error *reterr)
{
	struct path_facts facts;
	struct baseline b;
	if (!o->save_baseline || r->interrupted)
		return 0;
	path_facts_of_run(r->plan, r->log, r->verdicts, arena, &facts);
	size_t left_out = baseline_of_run(&facts, arena, &b);
	if (b.n_checks == 0) {
		input_error_set(reterr,
		    "--save-baseline: no check passed, so there is nothing to "
		    "approve");
		return -1;
	}
	note_left_out(o, left_out, arena);
	struct outfile file;
	char *text = baseline_json(&b);
	outfile_open(&file, o->save_baseline, arena);
	file.option = save_option;
	outfile_put(&file, text, strlen(text));
	free(text);
	return outfile_close(&file, arena, reterr);
}

/* A header field takes it as it stands. */
static int read_token(
    const char *path, struct arena *arena, const char **ret, struct input_error *reterr)
{
	struct input_error why;

	if (secret_file_read(path, arena, ret, &why) < 0) {
		input_error_set(reterr, "--jupyter-token-file: %s", why.text);
		return -1;
	}
	for (const char *c = *ret; *c; c++) {
		if (*c > ' ' && *c < 0x7f)
			continue;
		input_error_set(reterr,
		    "--jupyter-token-file: %s: a token is printable ASCII without "
		    "blanks",
		    input_file_shown(path, arena));
		return -1;
	}
	return 0;
}

/* A credential is read last, and only by the command that sends it. */
static int take_token(const struct settings *s, struct plan *plan, struct arena *arena,
    struct input_error *reterr)
{
	bool wanted = false;

	if (!s->jupyter_token_file)
		return 0;
	for (size_t i = 0; i < plan->n_targets; i++)
		wanted |= plan->targets[i].jupyter_base != NULL;
	if (!wanted) {
		input_error_set(reterr,
		    "--jupyter-token-file: no target takes a token; jupyter.websocket "
		    "does, and wss://HOST/api/kernels/");
		return -1;
	}
	return read_token(s->jupyter_token_file, arena, &plan->jupyter_token, reterr);
}

/* Returns what engine_run() returns. */
static int run(const struct options *o, const struct check_plan *plan,
    struct live_capture *capture, struct obslog *log, struct input_error *reterr)
{
	const struct output_options *out = &o->output;
	struct watcher watcher = { .plan = plan, .log = log, .capture = capture };
	watcher.progress = (struct progress){
		.style =
		    progress_style(out->progress, out->verbosity == VERBOSITY_QUIET,
			terminal_is_smart(STDERR_FILENO)),
		.out = stderr,
		.plan = &plan->probe,
		.nameless = out->redact,
		.status_of = status_of,
		.arg = &watcher,
	};
	follow_up_init(&watcher.follow_up, plan, log, log->arena);
	int stop_fd = signals_stop_fd();
	int r = stop_fd < 0 ? stop_fd : 0;
	if (r == 0) {
		const struct engine_hooks hooks = {
			.target_done = on_target_done,
			.tick = on_tick,
			.arg = &watcher,
			.stop_fd = stop_fd,
			.follow_up = on_trouble,
			.connecting = watcher.capture ? on_connecting : NULL,
			.connected = watcher.capture ? on_connected : NULL,
		};
		progress_begin(&watcher.progress);
		r = engine_run(&plan->probe, log, &hooks);
		progress_end(&watcher.progress);
	}
	if (r < 0)
		input_error_set(reterr, "cannot run: %s", strerror(-r));
	return r;
}

/* Judges the run and delivers what was asked for. */
static int tell(const struct options *o, const struct check_plan *plan,
    const struct obslog *log, const struct check_capture *capture, bool interrupted,
    struct input_error *reterr)
{
	struct verdicts verdicts;
	struct saved_settings settings;
	struct arena *arena = log->arena;
	int unusable = exit_code_unusable(output_exit_style(&o->output));
	saved_options_from(o, arena, &settings);
	judge_run(plan, log, arena, &verdicts);
	const struct report report = {
		.plan = plan,
		.log = log,
		.verdicts = &verdicts,
		.tool_version = VNETPROBE_VERSION,
		.interrupted = interrupted,
		.settings = &settings,
	};
	int code = deliver_run(o, &report, arena, reterr);
	if (check_capture_write(capture, o, &report, arena, reterr) < 0)
		code = unusable;
	return save_baseline(o, &report, arena, reterr) < 0 ? unusable : code;
}

int command_check(
    const struct options *o, struct arena *arena, struct input_error *reterr)
{
	struct catalogue catalogue;
	struct check_plan plan;
	struct obslog log;
	struct check_capture capture = { .live = NULL };
	int unusable = exit_code_unusable(output_exit_style(&o->output));
	if (prepare_plan(o, arena, &catalogue, &plan, reterr) < 0 ||
	    read_baseline(o, arena, &plan, reterr) < 0 ||
	    check_machine(o, &plan.probe, arena, reterr) < 0 ||
	    take_token(&o->settings, &plan.probe, arena, reterr) < 0 ||
	    check_capture_open(&capture, o, &plan.probe, arena, reterr) < 0)
		return unusable;
	obslog_init(&log, arena, plan.probe.n_targets);
	int r = run(o, &plan, capture.live, &log, reterr);
	if (r >= 0)
		check_capture_finish(&capture, &plan.probe, &log);
	int code = r < 0 ? unusable : tell(o, &plan, &log, &capture, r == 1, reterr);
	check_capture_close(&capture);
	return code;
}
