/* SPDX-License-Identifier: MIT */
#include "cli/run_once.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checks/follow_up/follow_up.h"
#include "checks/input/input_error.h"
#include "checks/input/input_file.h"
#include "checks/input/secret_file.h"
#include "checks/judge/judge.h"
#include "checks/plan/service_tags.h"
#include "checks/runs/baseline.h"
#include "cli/check_capture.h"
#include "cli/message.h"
#include "cli/outfile.h"
#include "cli/prepare.h"
#include "cli/progress.h"
#include "cli/saved_options.h"
#include "cli/terminal.h"
#include "probe/base/arena.h"
#include "probe/engine/engine.h"

/* What the engine's hooks need. */
struct watcher {
	const struct check_plan *plan;
	struct obslog *log;
	struct progress progress;
	struct follow_up follow_up;
	const struct run_hooks *hooks;
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
	if (w->hooks->tick)
		w->hooks->tick(w->hooks->arg);
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

static void on_port_watched(void *arg, unsigned target)
{
	struct watcher *w = arg;
	check_capture_port_watched(w->hooks->capture, w->plan, target, w->log);
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
	if (o->capture.pcap &&
	    outfile_check_of("--pcap", o->capture.pcap, arena, reterr) < 0)
		return -1;
	if (o->save_baseline &&
	    outfile_check_of("--save-baseline", o->save_baseline, arena, reterr) < 0)
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

/* Only what --listen sees is looked up there. */
static int read_service_tags(const struct settings *s, struct arena *arena,
    struct check_plan *plan, struct input_error *reterr)
{
	struct service_tags *t = arena_alloc(arena, sizeof *t);
	struct input_error why;

	if (!s->service_tags || !s->listen)
		return 0;
	if (service_tags_read(s->service_tags, arena, t, &why) < 0) {
		input_error_set(reterr, "--service-tags: %s", why.text);
		return -1;
	}
	plan->service_tags = t;
	return 0;
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

int run_prepare(const struct options *o, struct arena *arena, struct run *ret,
    struct input_error *reterr)
{
	*ret = (struct run){ .report.tool_version = VNETPROBE_VERSION };
	if (prepare_plan(o, arena, &ret->catalogue, &ret->plan, reterr) < 0 ||
	    read_baseline(o, arena, &ret->plan, reterr) < 0 ||
	    read_service_tags(&o->settings, arena, &ret->plan, reterr) < 0)
		return -1;
	if (check_machine(o, &ret->plan.probe, arena, reterr) < 0)
		return -1;
	return take_token(&o->settings, &ret->plan.probe, arena, reterr);
}

/* Returns what engine_run() returns. */
static int measure(
    const struct options *o, const struct run_hooks *hooks, struct run *run)
{
	const struct output_options *out = &o->output;
	struct watcher watcher = {
		.plan = &run->plan,
		.log = &run->log,
		.hooks = hooks,
		.capture = hooks->capture ? hooks->capture->live : NULL,
	};
	watcher.progress = (struct progress){
		.style =
		    progress_style(out->progress, out->verbosity == VERBOSITY_QUIET,
			terminal_is_smart(STDERR_FILENO)),
		.out = stderr,
		.plan = &run->plan.probe,
		.nameless = out->redact,
		.status_of = status_of,
		.arg = &watcher,
	};
	follow_up_init(&watcher.follow_up, &run->plan, &run->log, run->log.arena);
	const struct engine_hooks engine_hooks = {
		.target_done = on_target_done,
		.tick = on_tick,
		.arg = &watcher,
		.stop_fd = hooks->stop_fd,
		.follow_up = on_trouble,
		.connecting = watcher.capture ? on_connecting : NULL,
		.connected = watcher.capture ? on_connected : NULL,
		.port_watched = watcher.capture ? on_port_watched : NULL,
	};
	progress_begin(&watcher.progress);
	int r = engine_run(&run->plan.probe, &run->log, &engine_hooks);
	progress_end(&watcher.progress);
	return r;
}

int run_once(const struct options *o, const struct run_hooks *hooks,
    struct arena *arena, struct run *run, struct input_error *reterr)
{
	obslog_init(&run->log, arena, run->plan.probe.n_targets);
	int r = measure(o, hooks, run);
	if (r < 0) {
		input_error_set(reterr, "cannot run: %s", strerror(-r));
		return -1;
	}
	if (hooks->capture)
		check_capture_finish(hooks->capture, &run->plan.probe, &run->log);
	saved_options_from(o, arena, &run->settings);
	judge_run(&run->plan, &run->log, arena, &run->verdicts);
	run->report = (struct report){
		.plan = &run->plan,
		.log = &run->log,
		.verdicts = &run->verdicts,
		.tool_version = VNETPROBE_VERSION,
		.interrupted = r == 1,
		.settings = &run->settings,
	};
	return 0;
}
