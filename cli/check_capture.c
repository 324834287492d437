/* SPDX-License-Identifier: MIT */
#include "cli/check_capture.h"

#include "checks/input/input_error.h"
#include "checks/plan/service_tags.h"
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

static size_t watched_ports(const struct plan *plan, uint16_t ports[INBOUND_MAX_PORTS])
{
	size_t n = 0;
	for (size_t i = 0; i < plan->n_targets && n < INBOUND_MAX_PORTS; i++)
		if (plan->targets[i].protocol == PROTO_INBOUND)
			ports[n++] = plan->targets[i].port;
	return n;
}

static void say_refused(const struct options *o, const char *why)
{
	struct input_error note;
	if (o->capture.given)
		input_error_set(&note,
		    "--capture: nothing is captured: %s; what this machine itself "
		    "drops, and who sent a reset, is told with less certainty%s",
		    why, o->capture.pcap ? "; --pcap writes no file" : "");
	else
		input_error_set(&note,
		    "--listen: nothing is captured: %s; only which ports have a "
		    "listener is told",
		    why);
	message_print(&note);
}

int check_capture_open(struct check_capture *c, const struct options *o,
    const struct plan *plan, struct arena *arena, struct input_error *reterr)
{
	char why[CAPTURE_ERROR_MAX];
	uint16_t ports[INBOUND_MAX_PORTS];
	enum capture_when when = options_capture(o);
	const struct live_options options = { .n_targets = plan->n_targets,
		.snaplen = o->capture.snaplen,
		.keep = o->capture.pcap != NULL,
		.secrets = has_secrets(plan),
		.ports = ports,
		.n_ports = watched_ports(plan, ports) };
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
	say_refused(o, why);
	return 0;
}

static const char *tag_of_port(const struct check_plan *plan, uint16_t port)
{
	const struct plan *p = &plan->probe;
	for (size_t i = 0; i < p->n_targets; i++)
		if (p->targets[i].protocol == PROTO_INBOUND &&
		    p->targets[i].port == port)
			return plan->checks[i].service_tag;
	return NULL;
}

static size_t find_tags(const void *arg, uint16_t port, const struct addr *a,
    const char **ret, size_t max, bool *ret_wanted)
{
	const struct check_plan *plan = arg;
	return service_tags_find(
	    plan->service_tags, a, tag_of_port(plan, port), ret, max, ret_wanted);
}

void check_capture_port_watched(const struct check_capture *c,
    const struct check_plan *plan, unsigned target, struct obslog *log)
{
	const struct inbound_ranges ranges = {
		.source = plan->service_tags ? plan->service_tags->source : NULL,
		.find = find_tags,
		.arg = plan,
	};
	live_capture_port_watched(c->live, &plan->probe, target, &ranges, log);
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
	bool follow_up = obs->kind == OBS_FLOW && obs->flow->follow_up;
	if (!fine && v->cause && (cites(v, obs->id) || !follow_up))
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
