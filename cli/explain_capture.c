/* SPDX-License-Identifier: MIT */
#include "cli/explain_capture.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "checks/flow/flow_book.h"
#include "checks/input/input_error.h"
#include "checks/input/suggest.h"
#include "checks/judge/judge.h"
#include "cli/exit_code.h"
#include "cli/message.h"
#include "cli/prepare.h"
#include "cli/read_progress.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/capture/capture_file.h"
#include "probe/flow/engine.h"

enum {
	PACKETS_AT_ONCE = 4096 /* between two looks at signals and the clock */
};

struct reading {
	struct capture_file *file;
	struct flow_engine *engine;
	struct flow_book *book;
	nsec_t first, last;
	bool any, interrupted;
};

bool explain_is_capture(const char *operand)
{
	return strcmp(operand, "-") == 0 || strchr(operand, '/') ||
	       text_ends_nocase(operand, ".pcap") ||
	       text_ends_nocase(operand, ".pcapng") ||
	       text_ends_nocase(operand, ".cap") || access(operand, F_OK) == 0;
}

static void take_packet(void *arg, const struct packet *p, nsec_t at)
{
	struct reading *r = arg;
	if (!r->any || at < r->first)
		r->first = at;
	if (!r->any || at > r->last)
		r->last = at;
	r->any = true;
	flow_engine_packet(r->engine, p, at);
}

static void take_flow(void *arg, const struct obs_flow *flow, nsec_t begin)
{
	const struct reading *r = arg;
	flow_book_add(r->book, flow, begin);
}

static bool is_stopped(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	return fd >= 0 && poll(&p, 1, 0) > 0;
}

static enum capture_read read_all(struct reading *r, const struct options *o)
{
	struct read_progress progress = {
		.style = progress_style(o->output.progress,
		    o->output.verbosity == VERBOSITY_QUIET,
		    terminal_is_smart(STDERR_FILENO)),
		.out = stderr,
		.shown = nsec_now(),
	};
	struct obs_capture count = { .packets = 0 };
	int stop = signals_stop_fd();
	enum capture_read state;
	capture_file_stop_by(r->file, stop);
	do {
		state = capture_file_read(r->file, PACKETS_AT_ONCE, take_packet, r);
		r->interrupted = is_stopped(stop);
		flow_engine_count(r->engine, &count);
		read_progress_tick(&progress, capture_file_position(r->file),
		    capture_file_size(r->file), count.packets, nsec_now());
	} while (state == CAPTURE_MORE && !r->interrupted);
	flow_engine_end(r->engine);
	read_progress_end(&progress);
	/* What was cut off then is no damage of the file. */
	return r->interrupted ? CAPTURE_END : state;
}

static int tell(const struct reading *r, const struct options *o, const char *stopped,
    const char *shown, const struct catalogue *catalogue, struct arena *arena,
    struct input_error *reterr)
{
	const struct saved_settings settings = { .n_items = 0 };
	struct obs_capture capture = { .source = shown, .stopped = stopped };
	struct check_plan plan;
	struct obslog log;
	struct verdicts verdicts;
	flow_engine_count(r->engine, &capture);
	capture.drops_known = capture_file_dropped(r->file, &capture.dropped);
	flow_book_finish(r->book, &capture, r->first, r->last - r->first, &plan, &log);
	plan.catalogue = catalogue;
	judge_run(&plan, &log, arena, &verdicts);
	const struct report report = {
		.plan = &plan,
		.log = &log,
		.verdicts = &verdicts,
		.tool_version = VNETPROBE_VERSION,
		.interrupted = r->interrupted,
		.settings = &settings,
	};
	return deliver_run(o, &report, arena, reterr);
}

/* What could be read is told even if the file is damaged, but is no whole result. */
static int explain_file(struct reading *r, const struct options *o, const char *shown,
    const struct catalogue *catalogue, struct arena *arena, struct input_error *reterr)
{
	int unusable = exit_code_unusable(o->output.exit_style);
	enum capture_read state = read_all(r, o);
	const char *error = capture_file_error(r->file);
	const char *stopped =
	    state == CAPTURE_BROKEN
		? text_escape(arena, error, strlen(error), CAPTURE_ERROR_MAX)
		: NULL;
	struct obs_capture count = { .flows = 0 };
	flow_engine_count(r->engine, &count);
	if (count.flows == 0) {
		input_error_set(reterr,
		    "explain: %s: %s%s%llu packets and no TCP "
		    "connection or DNS query among them",
		    shown, stopped ? stopped : "", stopped ? "; " : "",
		    (unsigned long long)count.packets);
		return unusable;
	}
	int code = tell(r, o, stopped, shown, catalogue, arena, reterr);
	if (!stopped || reterr->text[0])
		return code;
	input_error_set(reterr,
	    "explain: %s: %s; the report is of the %llu packets before that", shown,
	    stopped, (unsigned long long)count.packets);
	return unusable;
}

int explain_capture(const struct options *o, const char *path, struct arena *arena,
    struct input_error *reterr)
{
	struct catalogue catalogue;
	char err[CAPTURE_ERROR_MAX];
	struct reading r = { .file = NULL };
	const char *shown =
	    strcmp(path, "-") == 0 ? "standard input" : message_quote(arena, path);
	int code = exit_code_unusable(o->output.exit_style);
	if (prepare_catalogue(o, arena, &catalogue, reterr) < 0)
		return code;
	r.file = capture_file_open(path, err);
	if (!r.file) {
		input_error_set(reterr, "explain: %s: %s", shown, err);
		return code;
	}
	r.engine = flow_engine_new(take_flow, &r);
	r.book = flow_book_new(&catalogue, arena);
	code = explain_file(&r, o, shown, &catalogue, arena, reterr);
	flow_engine_free(r.engine);
	capture_file_close(r.file);
	return code;
}
