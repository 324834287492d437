/* SPDX-License-Identifier: MIT */
#include "checks/flow/flow_reset.h"

#include "checks/why/why.h"

enum {
	/* One number may be ahead because data before it was lost on the way. */
	GUESSES = 2
};

static bool by_server(const struct obs_flow *f)
{
	return f->reset.present && f->reset.by_server;
}

static bool continues_timestamps(const struct obs_flow *f)
{
	return f->of_client.timestamps && f->of_server.timestamps &&
	       f->reset.timestamps;
}

bool flow_reset_other_ttl(const struct obs_flow *f)
{
	const struct flow_side *s = &f->of_server;
	return by_server(f) && s->ttl_low > 0 &&
	       (f->reset.ttl < s->ttl_low || f->reset.ttl > s->ttl_high);
}

bool flow_reset_too_early(const struct obs_flow *f, nsec_t rtt)
{
	return by_server(f) && why_is_too_early(f->reset.after, rtt);
}

bool flow_reset_stateless(const struct obs_flow *f)
{
	const struct flow_reset *r = &f->reset;
	return by_server(f) && r->pending && !r->acks_data && r->window == 0 &&
	       !continues_timestamps(f);
}

/* Where a filter of the capture left out all data, nobody knows what was sent. */
bool flow_reset_guesses(const struct obs_flow *f)
{
	const struct flow_side *s = &f->of_server;
	bool answered = s->first_data > 0 && s->first_data < f->reset.at;
	return by_server(f) && f->of_client.bytes > 0 && !answered &&
	       f->reset.ahead >= GUESSES;
}

bool flow_reset_acks_data(const struct obs_flow *f)
{
	return by_server(f) && f->reset.acks_data;
}

bool flow_reset_out_of_order(const struct obs_flow *f)
{
	const struct flow_reset *r = &f->reset;
	return by_server(f) && (r->ack ? r->ack_zero : r->mixed);
}

bool flow_reset_survived(const struct obs_flow *f)
{
	const struct flow_reset *r = &f->reset;
	return by_server(f) && r->behind && r->packets_after > 0 &&
	       f->of_client.last_data > r->at && f->of_client.unacked == 0;
}
