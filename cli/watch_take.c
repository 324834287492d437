/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "checks/input/input_error.h"
#include "cli/watch_tell.h"
#include "cli/watching.h"
#include "report/run_words.h"
#include "watch/notify.h"
#include "watch/on_change.h"

/* What a run brought: kept, served and told. */

enum {
	TRIM_EVERY = 50 /* saved runs */
};

static const nsec_t on_change_limit = 30 * NSEC_PER_SEC;

void made_run_free(struct made_run *m)
{
	if (!m)
		return;
	arena_deinit(&m->arena);
	free(m);
}

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
		watching_history_failed(w, &error);
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
		.tick = watching_tick,
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

static void add_and_tell(
    struct watching *w, struct made_run *m, bool diagnosed, struct news *ret)
{
	struct run *run = &m->run;
	*ret = (struct news){ .n_items = 0 };
	if (!run->report.interrupted)
		chronicle_add(w->chronicle, &m->facts, diagnosed,
		    run->log.started_wall / NSEC_PER_MSEC, &m->arena, ret);
	w->own.runs++;
	w->own.runs_without_diagnosis += !diagnosed;
	w->own.changes += ret->n_items;
	keep(w, run, &m->facts, ret, diagnosed);
	tell(w, run, ret, diagnosed, &m->arena);
}

static bool same_states(const struct path_facts *a, const struct path_facts *b)
{
	for (size_t i = 0; i < a->n_checks && i < b->n_checks; i++)
		if (a->checks[i].status != b->checks[i].status)
			return false;
	return a->n_checks == b->n_checks;
}

/*
 * A run that differed is told by the run with diagnosis that followed it, which knows
 * why. When that one saw something else, or was stopped, what differed was true all the
 * same.
 */
static void settle_held(struct watching *w, const struct made_run *next)
{
	struct made_run *held = w->held;
	struct news news;
	w->held = NULL;
	if (held &&
	    (next->run.report.interrupted || !same_states(&held->facts, &next->facts)))
		add_and_tell(w, held, false, &news);
	made_run_free(held);
}

enum watch_outcome watching_take(
    struct watching *w, struct made_run *made, bool diagnosed)
{
	struct run *run = &made->run;
	struct news news;
	bool interrupted = run->report.interrupted;
	path_facts_of_run(
	    &run->plan, &run->log, &run->verdicts, &made->arena, &made->facts);
	settle_held(w, made);
	if (!diagnosed && !interrupted &&
	    !chronicle_confirms(w->chronicle, &made->facts)) {
		w->held = made;
		return WATCH_DIFFERS;
	}
	add_and_tell(w, made, diagnosed, &news);
	made_run_free(made);
	if (interrupted)
		return WATCH_STOPPED;
	return news.same_failures ? WATCH_SAME_FAILURES : WATCH_RAN;
}
