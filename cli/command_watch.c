/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "checks/input/input_error.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/message.h"
#include "cli/signals.h"
#include "cli/watch_tell.h"
#include "cli/watching.h"
#include "watch/notify.h"

/* --- Time ------------------------------------------------------------------------- */

static nsec_t now(void *arg)
{
	(void)arg;
	return nsec_now();
}

static nsec_t wall(void *arg)
{
	(void)arg;
	return nsec_wall();
}

static uint32_t random_number(void *arg)
{
	uint32_t value = 0;
	(void)arg;
	while (getrandom(&value, sizeof value, 0) < 0 && errno == EINTR)
		;
	return value;
}

void watching_tick(void *arg)
{
	const struct watching *w = arg;
	nsec_t t = nsec_now();
	notify_alive(t);
	if (w->http)
		http_server_tick(w->http, t);
}

/* Looks for signals at least once, so that runs which are late cannot hide one. */
static enum watch_wake wait(void *arg, nsec_t until)
{
	const struct watching *w = arg;
	struct pollfd fds[] = { { .fd = w->stop_fd, .events = POLLIN },
		{ .fd = w->reload_fd, .events = POLLIN } };
	nsec_t left;
	do {
		left = until - nsec_now();
		nsec_t pause = notify_pause(left < NSEC_PER_SEC ? left : NSEC_PER_SEC);
		watching_tick(arg);
		if (poll(fds, 2, pause > 0 ? (int)(pause / NSEC_PER_MSEC) + 1 : 0) <= 0)
			continue;
		if (fds[0].revents)
			return WATCH_STOP;
		char bytes[64];
		while (read(w->reload_fd, bytes, sizeof bytes) > 0)
			;
		return WATCH_RELOAD;
	} while (left > 0);
	return WATCH_DUE;
}

static struct schedule schedule_of(const struct watch_options *o)
{
	nsec_t usual = o->align ? 0 : o->interval / 10;
	return (struct schedule){
		.interval = o->interval,
		.jitter = o->jitter < 0 ? usual : o->jitter,
		.align = o->align,
	};
}

/* --- One run ---------------------------------------------------------------------- */

static void not_begun(struct watching *w, const struct input_error *error)
{
	w->own.runs_failed++;
	watch_say("%s", w->options.output.redact
			    ? "a run could not begin; vnetprobe check tells why"
			    : error->text);
}

static enum watch_outcome run(void *arg, bool diagnose)
{
	struct watching *w = arg;
	struct options o = w->options;
	struct input_error error;
	const struct run_hooks hooks = {
		.stop_fd = w->stop_fd, .tick = watching_tick, .arg = w
	};
	struct made_run *made = calloc(1, sizeof *made);
	if (!made)
		abort();
	o.settings.no_diagnose |= !diagnose;
	watching_open(w);
	arena_init(&made->arena, WATCH_RUN_MEMORY);
	if (run_prepare(&o, &made->arena, &made->run, &error) == 0 &&
	    run_once(&o, &hooks, &made->arena, &made->run, &error) == 0)
		return watching_take(w, made, diagnose);
	not_begun(w, &error);
	made_run_free(made);
	return WATCH_RAN;
}

/* --- Configuration ---------------------------------------------------------------- */

/* Everything that can be known to be wrong before the first run. */
static int check_options(
    const struct options *o, size_t *ret_n_checks, struct input_error *reterr)
{
	struct arena arena;
	struct run run;
	if (o->save_baseline) {
		input_error_set(reterr, "--save-baseline: is an option of check");
		return -1;
	}
	if (options_capture(o) != CAPTURE_OFF) {
		input_error_set(reterr, "--%s: is an option of check",
		    o->capture.given ? "capture" : "pcap");
		return -1;
	}
	for (size_t i = 0; i < o->output.n_items; i++) {
		if (o->output.items[i].file)
			continue;
		input_error_set(reterr,
		    "--output: watch writes reports to files; give FORMAT=FILE");
		return -1;
	}
	arena_init(&arena, WATCH_RUN_MEMORY);
	int r = run_prepare(o, &arena, &run, reterr);
	*ret_n_checks = r == 0 ? run.plan.probe.n_targets : 0;
	arena_deinit(&arena);
	return r;
}

static bool same_place(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Both stay open while the program lasts. */
static void keep_places(struct watching *w, struct options *o)
{
	const struct watch_options *old = &w->options.watch;
	bool same_address = addr_same_ip(&old->listen, &o->watch.listen) &&
			    old->listen.port == o->watch.listen.port;
	if (!same_address || !same_place(old->state, o->watch.state))
		watch_say("--listen and --state are as they were until the next start");
	o->watch.listen = old->listen;
	o->watch.state = old->state;
}

/* The message quotes the file, and with --redact the log must not have its names. */
static void reload_failed(const struct watching *w, const struct input_error *error)
{
	watch_say("%s; the configuration is as it was",
	    w->options.output.redact ? "it has an error, which vnetprobe list tells"
				     : error->text);
}

static void reload(void *arg, struct schedule *s)
{
	struct watching *w = arg;
	struct arena arena;
	struct options o;
	struct input_error error;
	size_t n;
	arena_init(&arena, WATCH_RUN_MEMORY);
	notify_send("RELOADING=1");
	if (options_again(&w->options, &arena, &o, &error) < 0 ||
	    check_options(&o, &n, &error) < 0) {
		w->own.reload_errors++;
		reload_failed(w, &error);
		arena_deinit(&arena);
	} else {
		keep_places(w, &o);
		o.watch.state = arena_strdup(&arena, o.watch.state);
		arena_deinit(&w->configuration);
		w->configuration = arena;
		w->options = o;
		*s = schedule_of(&o.watch);
		watch_say("read the configuration again: %zu %s", n,
		    n == 1 ? "check" : "checks");
	}
	notify_send("READY=1");
}

/* --- From start to end ------------------------------------------------------------ */

static int begin(struct watching *w, struct input_error *reterr)
{
	size_t n;
	if (check_options(&w->options, &n, reterr) < 0)
		return -1;
	w->stop_fd = signals_stop_fd();
	w->reload_fd = signals_reload_fd();
	if (w->stop_fd < 0 || w->reload_fd < 0) {
		input_error_set(reterr, "cannot run: no descriptors left");
		return -1;
	}
	notify_init();
	w->chronicle = chronicle_new();
	watching_open(w);
	watch_say("watching %zu %s, a run every %lld s", n, n == 1 ? "check" : "checks",
	    (long long)(w->options.watch.interval / NSEC_PER_SEC));
	notify_send("READY=1");
	return 0;
}

static void end(struct watching *w)
{
	notify_send("STOPPING=1");
	made_run_free(w->held);
	http_server_stop(w->http);
	history_close(w->history);
	chronicle_free(w->chronicle);
	arena_deinit(&w->configuration);
	free(w->metrics);
}

int command_watch(
    const struct options *o, struct arena *arena, struct input_error *reterr)
{
	struct watching w = { .options = *o };
	const struct watch_ops ops = {
		.now = now,
		.wall = wall,
		.random = random_number,
		.wait = wait,
		.run = run,
		.reload = reload,
		.arg = &w,
	};
	(void)arena;
	arena_init(&w.configuration, WATCH_RUN_MEMORY);
	if (begin(&w, reterr) < 0)
		return exit_code_unusable(output_exit_style(&o->output));
	watch_loop(&ops, schedule_of(&w.options.watch));
	end(&w);
	return 0;
}
