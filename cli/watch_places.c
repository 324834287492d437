/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/input/input_error.h"
#include "cli/message.h"
#include "cli/watch_tell.h"
#include "cli/watching.h"

/* What may not work, and is tried again with each run: the history and the pages. */

enum {
	RECALLED = 60 /* runs whose times and states are taken up at the start */
};

static void recall(struct watching *w)
{
	struct arena arena;
	struct path_facts last;
	struct timelines past;
	struct input_error error;
	arena_init(&arena, WATCH_RUN_MEMORY);
	if (history_last(w->history, &arena, &last, &error) < 0 ||
	    history_read(w->history, NULL, RECALLED, &arena, &past, &error) < 0)
		message_print(&error);
	else if (last.n_checks && chronicle_n_states(w->chronicle) == 0)
		chronicle_recall(w->chronicle, &last, &past);
	arena_deinit(&arena);
}

void watching_history_failed(struct watching *w, const struct input_error *error)
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
		watching_history_failed(w, &error);
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

void watching_open(struct watching *w)
{
	open_history(w);
	open_http(w);
}
