/* SPDX-License-Identifier: MIT */
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checks/follow_up.h"
#include "checks/input_error.h"
#include "checks/judge.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/message.h"
#include "cli/prepare.h"
#include "cli/progress.h"
#include "cli/saved_options.h"
#include "cli/secret_file.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "probe/base/arena.h"
#include "probe/engine/engine.h"

/* What the engine's hooks need. */
struct watcher {
	const struct check_plan *plan;
	const struct obslog *log;
	struct progress progress;
	struct follow_up follow_up;
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
}

static size_t on_trouble(void *arg, unsigned target,
    const struct follow_up_event *event, struct order *ret, size_t max)
{
	struct watcher *w = arg;
	return follow_up_choose(&w->follow_up, target, event, ret, max);
}

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
	return prepare_outputs(o, arena, reterr);
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
	return secret_file_read("--jupyter-token-file", s->jupyter_token_file, arena,
	    &plan->jupyter_token, reterr);
}

/* Returns what engine_run() returns. */
static int run(const struct options *o, const struct check_plan *plan,
    struct obslog *log, struct input_error *reterr)
{
	const struct output_options *out = &o->output;
	struct watcher watcher = { .plan = plan, .log = log };
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
		};
		progress_begin(&watcher.progress);
		r = engine_run(&plan->probe, log, &hooks);
		progress_end(&watcher.progress);
	}
	if (r < 0)
		input_error_set(reterr, "cannot run: %s", strerror(-r));
	return r;
}

int command_check(
    const struct options *o, struct arena *arena, struct input_error *reterr)
{
	struct catalogue catalogue;
	struct check_plan plan;
	struct obslog log;
	int unusable = exit_code_unusable(output_exit_style(&o->output));
	if (prepare_plan(o, arena, &catalogue, &plan, reterr) < 0 ||
	    check_machine(o, &plan.probe, arena, reterr) < 0 ||
	    take_token(&o->settings, &plan.probe, arena, reterr) < 0)
		return unusable;
	obslog_init(&log, arena, plan.probe.n_targets);
	int r = run(o, &plan, &log, reterr);
	if (r < 0)
		return unusable;
	struct verdicts verdicts;
	struct saved_settings settings;
	saved_options_from(o, arena, &settings);
	judge_run(&plan, &log, arena, &verdicts);
	bool interrupted = r == 1;
	const struct report report = {
		.plan = &plan,
		.log = &log,
		.verdicts = &verdicts,
		.tool_version = VNETPROBE_VERSION,
		.interrupted = interrupted,
		.settings = &settings,
	};
	return deliver_run(o, &report, arena, reterr);
}
