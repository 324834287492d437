/* SPDX-License-Identifier: MIT */
#include "cli/check_capture.h"

#include "checks/input_error.h"
#include "cli/message.h"
#include "cli/outfile.h"
#include "probe/base/arena.h"

/* A proxy is told who we are in the clear, a Jupyter server on this machine, too. */
static bool has_secrets(const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_targets; i++)
		if (plan->targets[i].proxy)
			return true;
	return plan->jupyter_token != NULL;
}

int check_capture_open(struct check_capture *c, const struct options *o,
    const struct plan *plan, struct arena *arena, struct input_error *reterr)
{
	char why[CAPTURE_ERROR_MAX];
	struct input_error note;
	enum capture_when when = options_capture(o);
	const struct live_options options = { .n_targets = plan->n_targets,
		.snaplen = o->capture.snaplen,
		.keep = o->capture.pcap != NULL,
		.secrets = has_secrets(plan) };
	if (when == CAPTURE_OFF)
		return 0;
	c->live = live_capture_open(&options, arena, why);
	if (c->live)
		return 0;
	if (when == CAPTURE_ON) {
		input_error_set(reterr, "--%s: cannot capture: %s",
		    o->capture.given ? "capture" : "pcap", why);
		return -1;
	}
	c->refused = arena_strdup(arena, why);
	input_error_set(&note,
	    "--capture: nothing is captured: %s; what this machine itself drops, and "
	    "who sent a reset, is told with less certainty%s",
	    why, o->capture.pcap ? "; --pcap writes no file" : "");
	message_print(&note);
	return 0;
}

void check_capture_finish(
    const struct check_capture *c, const struct plan *plan, struct obslog *log)
{
	if (c->live)
		live_capture_finish(c->live, plan, log);
	else if (c->refused)
		live_capture_refused(log, c->refused);
}

void check_capture_close(struct check_capture *c)
{
	live_capture_close(c->live);
	c->live = NULL;
}

/* --- The file ----------------------------------------------------------------------
 */

struct choice {
	const struct report *report;
	struct arena *arena;
	bool all;
};

static bool cites(const struct verdict *v, unsigned id)
{
	for (size_t i = 0; i < v->n_evidence; i++)
		for (size_t k = 0; k < v->evidence[i].n_observations; k++)
			if (v->evidence[i].observations[k] == id)
				return true;
	return false;
}

static bool choose(void *arg, const struct obs *obs, const char **ret_comment)
{
	const struct choice *c = arg;
	const struct report *r = c->report;
	const struct verdict *v = &r->verdicts->items[obs->target];
	bool fine = v->status == STATUS_PASS || v->status == STATUS_SKIPPED;
	if (!fine && v->cause && (cites(v, obs->id) || !obs->flow->follow_up))
		*ret_comment = arena_printf(c->arena, "%s: %s, %s (%s): %s",
		    r->plan->probe.targets[obs->target].id, status_name(v->status),
		    v->cause->name, confidence_name(v->confidence),
		    v->summary ? v->summary : "");
	return c->all || !fine;
}

int check_capture_write(const struct check_capture *c, const struct options *o,
    const struct report *r, struct arena *arena, struct input_error *reterr)
{
	struct choice choice = {
		.report = r, .arena = arena, .all = o->capture.pcap_all
	};
	struct outfile file;
	if (!c->live || !o->capture.pcap)
		return 0;
	outfile_open(&file, o->capture.pcap, arena);
	file.option = "--pcap";
	live_capture_write(c->live,
	    r->interrupted ? "the run was interrupted" : "with the run", choose,
	    &choice, outfile_put, &file);
	return outfile_close(&file, arena, reterr);
}
