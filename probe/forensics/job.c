/* SPDX-License-Identifier: MIT */
#include "probe/forensics/job.h"

#include <errno.h>
#include <stdlib.h>

#include "probe/base/text.h"
#include "probe/forensics/capabilities.h"
#include "probe/tls/cert_cache.h"

static const struct job_kind *const kinds[N_ORDER_KINDS] = {
	[ORDER_ROUTE] = &job_route,
	[ORDER_TTL_SCAN] = &job_ttl_scan,
	[ORDER_CONTROL_CONNECT] = &job_control_connect,
	[ORDER_SOURCE_PORTS] = &job_source_ports,
	[ORDER_REPLY_TTL] = &job_reply_ttl,
	[ORDER_RESET_TEST] = &job_reset_test,
	[ORDER_TLS_VARIANT] = &job_tls_variant,
	[ORDER_LOCAL_UDP] = &job_local_udp,
	[ORDER_COUNTED_SYNS] = &job_counted_syns,
	[ORDER_DNS_VARIANT] = &job_dns_variant,
	[ORDER_REQUEST_VARIANT] = &job_request_variant,
};

void forensics_init(struct forensics *f, struct loop *loop, const struct plan *plan,
    struct arena *arena)
{
	*f = (struct forensics){
		.loop = loop,
		.plan = plan,
		.arena = arena,
		.can = capabilities_find(),
	};
}

void forensics_deinit(struct forensics *f)
{
	cert_cache_free(f->certs);
	f->certs = NULL;
}

/* The members that every kind has, wherever they are. */
struct common {
	enum order_end *ended;
	int *err;
	unsigned *packets; /* NULL = the kind does not tell */
};

static struct common common_of(struct obs *o)
{
	switch (o->kind) {
	case OBS_TTL_SCAN:
		return (struct common){ &o->ttl_scan.ended, &o->ttl_scan.err,
			&o->ttl_scan.packets };
	case OBS_CONTROL_CONNECT:
		return (struct common){ &o->control_connect.ended,
			&o->control_connect.err, NULL };
	case OBS_SOURCE_PORTS:
		return (struct common){ &o->source_ports.ended, &o->source_ports.err,
			&o->source_ports.packets };
	case OBS_REPLY_TTL:
		return (struct common){ &o->reply_ttl.ended, &o->reply_ttl.err,
			&o->reply_ttl.packets };
	case OBS_RESET_TEST:
		return (struct common){ &o->reset_test.ended, &o->reset_test.err,
			&o->reset_test.packets };
	case OBS_TLS_VARIANT:
		return (
		    struct common){ &o->tls_variant.ended, &o->tls_variant.err, NULL };
	case OBS_LOCAL_UDP:
		return (struct common){ &o->local_udp.ended, &o->local_udp.err,
			&o->local_udp.sent };
	case OBS_COUNTED_SYNS:
		return (struct common){ &o->counted_syns.ended, &o->counted_syns.err,
			&o->counted_syns.packets };
	case OBS_DNS_VARIANT:
		return (struct common){ &o->dns_variant.ended, &o->dns_variant.err,
			&o->dns_variant.sent };
	case OBS_REQUEST_VARIANT:
		return (struct common){ &o->request_variant.ended,
			&o->request_variant.err, NULL };
	default:
		return (struct common){ &o->route.ended, &o->route.err, NULL };
	}
}

static const char *user_agent_of(const struct target *t)
{
	for (size_t i = 0; i < t->request.n_headers; i++)
		if (text_equal_nocase(t->request.headers[i].name, "user-agent"))
			return t->request.headers[i].value;
	return NULL;
}

/* What the order itself says. */
static void describe(const struct order *order, struct obs *o)
{
	*o = (struct obs){ .kind = order_obs_kind(order->kind), .stage = STAGE_TCP };
	switch (order->kind) {
	case ORDER_ROUTE:
		o->stage = STAGE_HOST;
		o->route.peer = order->peer;
		break;
	case ORDER_TTL_SCAN:
		o->ttl_scan.peer = order->peer;
		break;
	case ORDER_CONTROL_CONNECT:
		o->control_connect.peer = order->peer;
		o->control_connect.purpose = order->purpose;
		o->control_connect.outcome = TCP_CANNOT_TRY;
		break;
	case ORDER_SOURCE_PORTS:
		o->source_ports.peer = order->peer;
		break;
	case ORDER_REPLY_TTL:
		o->reply_ttl.peer = order->peer;
		break;
	case ORDER_RESET_TEST:
		o->stage = STAGE_TLS;
		o->reset_test.peer = order->peer;
		o->reset_test.name = order->name;
		break;
	case ORDER_TLS_VARIANT:
		o->stage = STAGE_TLS;
		o->tls_variant = (struct obs_tls_variant){
			.peer = order->peer,
			.sni = order->name,
			.split_name = order->split_name,
			.padded = order->padded,
			.max_seg = order->max_seg,
			.connected = TCP_CANNOT_TRY,
			.outcome = TLS_ERROR,
			.alert = -1,
		};
		break;
	case ORDER_LOCAL_UDP:
		o->stage = STAGE_UDP;
		o->local_udp.peer = order->peer;
		break;
	case ORDER_COUNTED_SYNS:
		o->counted_syns.peer = order->peer;
		break;
	case ORDER_DNS_VARIANT:
		o->stage = STAGE_DNS;
		o->dns_variant = (struct obs_dns_variant){
			.peer = order->peer,
			.name = order->name,
			.form = order->form,
			.outcome = DNS_CANNOT_SEND,
		};
		break;
	case ORDER_REQUEST_VARIANT:
		o->stage = STAGE_HTTP;
		o->request_variant = (struct obs_request_variant){
			.peer = order->peer,
			.what = order->variant,
			.via_proxy = order->request->proxy != NULL,
			.method = order->request->request.method,
			.user_agent = order->variant == REQUEST_USER_AGENT
					  ? user_agent_of(order->request)
					  : NULL,
		};
		break;
	}
}

void job_refuse(const struct order *order, enum order_end why, struct obs *ret)
{
	describe(order, ret);
	*common_of(ret).ended = why;
	ret->begin = ret->end = nsec_now();
}

/* Stops the job and completes its observation. */
static void conclude(struct job *job, enum order_end how, struct obs *ret)
{
	loop_timer_stop(job->timer);
	job->timer = NULL;
	if (job->begun)
		job->kind->stop(job);
	struct common c = common_of(&job->obs);
	*c.ended = how;
	if (c.packets)
		*c.packets = job->packets;
	job->obs.end = nsec_now();
	*ret = job->obs;
}

void job_end(struct job *job, enum order_end how, int err)
{
	struct obs obs;
	job_done_fn *done = job->done;
	void *arg = job->arg;

	if (err)
		*common_of(&job->obs).err = err;
	conclude(job, how, &obs);
	unsigned packets = job->packets;
	free(job);
	done(arg, &obs, packets);
}

void job_cancel(struct job *job, struct obs *ret, unsigned *ret_packets)
{
	conclude(job, ORDER_CUT, ret);
	*ret_packets = job->packets;
	free(job);
}

bool job_wait(struct job *job, nsec_t delay, loop_timer_fn *fn)
{
	loop_timer_stop(job->timer);
	job->timer = loop_timer_start(job->f->loop, delay, fn, job);
	return job->timer != NULL;
}

bool job_is_our_fault(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM || err == ENOBUFS;
}

static void on_begin(void *arg)
{
	struct job *job = arg;
	job->obs.begin = nsec_now();
	job->begun = true;
	job->kind->begin(job);
}

struct job *job_start(
    struct forensics *f, const struct order *order, job_done_fn *done, void *arg)
{
	const struct job_kind *kind = kinds[order->kind];
	struct job *job = calloc(1, kind->size);
	if (!job)
		return NULL;
	job->kind = kind;
	job->f = f;
	job->order = *order;
	job->done = done;
	job->arg = arg;
	describe(order, &job->obs);
	job->obs.begin = nsec_now();
	if (!job_wait(job, 0, on_begin)) {
		free(job);
		return NULL;
	}
	return job;
}
