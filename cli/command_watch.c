/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "checks/input_error.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/message.h"
#include "cli/run_once.h"
#include "cli/signals.h"
#include "cli/watch_tell.h"
#include "history/history.h"
#include "probe/base/arena.h"
#include "report/run_words.h"
#include "watch/loop.h"
#include "watch/notify.h"
#include "watch/on_change.h"

enum {
	TRIM_EVERY = 50, /* saved runs */
	RECALLED = 60    /* runs whose times and states are taken up at the start */
};

/* Only a ceiling, as that of a single run. */
static const size_t run_memory = (size_t)1 << 30;
static const nsec_t on_change_limit = 30 * NSEC_PER_SEC;

struct watching {
	struct options options;
	struct arena configuration; /* of the options, replaced with them */
	int stop_fd, reload_fd;
	struct chronicle *chronicle;
	struct history *history;      /* NULL = none, or it cannot be opened now */
	struct http_server *http;     /* the same */
	bool history_told, http_told; /* that it does not work */
	unsigned n_saved;
	char *metrics; /* of the last report that is served, or NULL */
	struct watch_metrics own;
};

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

/* Signs of life come from the thread that runs, so that a run that hangs is noticed. */
static void tick(void *arg)
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
		tick(arg);
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

/* --- What may not work, and is tried again with each run -------------------------- */

static void recall(struct watching *w)
{
	struct arena arena;
	struct path_facts last;
	struct timelines past;
	struct input_error error;
	arena_init(&arena, run_memory);
	if (history_last(w->history, &arena, &last, &error) < 0 ||
	    history_read(w->history, NULL, RECALLED, &arena, &past, &error) < 0)
		message_print(&error);
	else if (last.n_checks && chronicle_n_states(w->chronicle) == 0)
		chronicle_recall(w->chronicle, &last, &past);
	arena_deinit(&arena);
}

static void history_failed(struct watching *w, const struct input_error *error)
{
	w->own.history_errors++;
	if (!w->history_told)
		watch_say(
		    "%s; runs go on, and are kept as soon as that works", error->text);
	w->history_told = true;
	history_close(w->history);
	w->history = NULL;
}

static void open_history(struct watching *w)
{
	struct input_error error;
	const char *dir = w->options.watch.state;
	if (w->history || !dir)
		return;
	if (history_open(dir, HISTORY_WRITE, &w->history, &error) < 0) {
		w->history = NULL;
		history_failed(w, &error);
		return;
	}
	recall(w);
}

static void open_http(struct watching *w)
{
	const struct addr *at = &w->options.watch.listen;
	char text[ADDR_TEXT_MAX];
	if (w->http || !at->family)
		return;
	int err = http_server_start(at, &w->http);
	if (err < 0 && !w->http_told)
		watch_say("--listen: cannot serve at %s: %s; runs go on, and it is "
			  "tried again with each",
		    addr_format_port(at, text), strerror(-err));
	w->http_told = err < 0;
	if (err < 0)
		w->http = NULL;
}

/* --- What a run brought ----------------------------------------------------------- */

static void keep(struct watching *w, const struct run *run,
    const struct path_facts *facts, const struct news *news, bool diagnosed)
{
	struct input_error error;
	const struct watch_options *o = &w->options.watch;
	const struct history_run kept = {
		.at = run->log.started_wall / NSEC_PER_MSEC,
		.duration = run->log.duration,
		.status = run->verdicts.overall,
		.interrupted = run->report.interrupted,
		.diagnosed = diagnosed,
		.facts = facts,
		.changes = news->items,
		.n_changes = news->n_items,
	};
	if (!w->history)
		return;
	int r = history_save(w->history, &kept, &error);
	if (r == 0 && w->n_saved++ % TRIM_EVERY == 0)
		r = history_trim(w->history, (int64_t)o->keep_days * 86400000,
		    (int64_t)o->keep_mib << 20, &error);
	if (r < 0)
		history_failed(w, &error);
	else if (w->history_told)
		watch_say("--state: runs are kept again");
	w->history_told &= r < 0;
}

static const struct watch_check *states(
    const struct chronicle *c, struct arena *arena, size_t *ret_n)
{
	size_t n = chronicle_n_states(c);
	struct watch_check *items = arena_array(arena, n + 1, sizeof *items);
	for (size_t i = 0; i < n; i++) {
		struct chronicle_state s = chronicle_state(c, i);
		items[i] = (struct watch_check){ s.id, s.since, s.flapping };
	}
	*ret_n = n;
	return items;
}

/* A run without diagnosis knows less than the report that stands; it only confirms it.
 */
static void serve(struct watching *w, const struct run *run,
    const struct told_run *told, bool diagnosed, struct arena *arena)
{
	const struct settings *s = &w->options.settings;
	if (diagnosed) {
		free(w->metrics);
		w->metrics = watch_tell_pages(told, w->http);
	}
	if (!w->http)
		return;
	w->own.last_run = run->log.started_wall / NSEC_PER_MSEC;
	w->own.last_duration = run->log.duration;
	w->own.requests = http_server_requests(w->http);
	w->own.checks = states(w->chronicle, arena, &w->own.n_checks);
	watch_tell_metrics(told, w->metrics ? w->metrics : "", &w->own, w->http);
	http_server_healthy_until(w->http, nsec_now() + 2 * w->options.watch.interval +
					       2 * s->deadline + on_change_limit);
}

static void on_line(void *arg, const char *text)
{
	(void)arg;
	watch_say("--on-change: %s", text);
}

static void tell(struct watching *w, const struct run *run, const struct news *news,
    bool diagnosed, struct arena *arena)
{
	const struct options *o = &w->options;
	struct told_run told;
	const struct on_change command = {
		.command = o->watch.on_change,
		.limit = on_change_limit,
		.stop_fd = w->stop_fd,
		.tick = tick,
		.line = on_line,
		.arg = w,
	};
	told_run_begin(&told, &run->report, &o->output);
	serve(w, run, &told, diagnosed, arena);
	if (diagnosed)
		watch_tell_files(o, &run->report, arena);
	watch_tell_log(&told, news, o->output.verbosity, arena);
	watch_tell_command(&told, w->chronicle, news, &command, arena);
	notify_send(
	    arena_printf(arena, "STATUS=%s", run_headline(&told.report, arena)));
	told_run_end(&told);
}

static enum watch_outcome take(
    struct watching *w, struct run *run, bool diagnosed, struct arena *arena)
{
	struct path_facts facts;
	struct news news = { .n_items = 0 };
	bool interrupted = run->report.interrupted;
	path_facts_of_run(&run->plan, &run->log, &run->verdicts, arena, &facts);
	if (!diagnosed && !interrupted && !chronicle_confirms(w->chronicle, &facts))
		return WATCH_DIFFERS;
	if (!interrupted)
		chronicle_add(w->chronicle, &facts, diagnosed,
		    run->log.started_wall / NSEC_PER_MSEC, arena, &news);
	w->own.runs++;
	w->own.runs_without_diagnosis += !diagnosed;
	w->own.changes += news.n_items;
	keep(w, run, &facts, &news, diagnosed);
	tell(w, run, &news, diagnosed, arena);
	if (interrupted)
		return WATCH_STOPPED;
	return news.same_failures ? WATCH_SAME_FAILURES : WATCH_RAN;
}

static enum watch_outcome run(void *arg, bool diagnose)
{
	struct watching *w = arg;
	struct options o = w->options;
	struct arena arena;
	struct run run;
	struct input_error error;
	const struct run_hooks hooks = {
		.stop_fd = w->stop_fd, .tick = tick, .arg = w
	};
	enum watch_outcome outcome = WATCH_RAN;
	o.settings.no_diagnose |= !diagnose;
	open_history(w);
	open_http(w);
	arena_init(&arena, run_memory);
	if (run_prepare(&o, &arena, &run, &error) < 0 ||
	    run_once(&o, &hooks, &arena, &run, &error) < 0) {
		w->own.runs_failed++;
		watch_say("%s", o.output.redact
				    ? "a run could not begin; vnetprobe check tells why"
				    : error.text);
	} else {
		outcome = take(w, &run, diagnose, &arena);
	}
	arena_deinit(&arena);
	return outcome;
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
	arena_init(&arena, run_memory);
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
	arena_init(&arena, run_memory);
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
	open_history(w);
	open_http(w);
	watch_say("watching %zu %s, a run every %lld s", n, n == 1 ? "check" : "checks",
	    (long long)(w->options.watch.interval / NSEC_PER_SEC));
	notify_send("READY=1");
	return 0;
}

static void end(struct watching *w)
{
	notify_send("STOPPING=1");
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
	arena_init(&w.configuration, run_memory);
	if (begin(&w, reterr) < 0)
		return exit_code_unusable(output_exit_style(&o->output));
	watch_loop(&ops, schedule_of(&w.options.watch));
	end(&w);
	return 0;
}
