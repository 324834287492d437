/* SPDX-License-Identifier: MIT */
#include "probe/dns/query.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "probe/codec/dns_msg.h"
#include "probe/dns/channel.h"
#include "probe/loop/loop.h"

enum {
	SCHEDULED_TRIES = 3,
	/* One more after a failure, one more without EDNS. */
	MAX_TRIES_UDP = SCHEDULED_TRIES + 2,
	/* Over TCP the kernel repeats; ours is for a connection that was closed. */
	MAX_TRIES_TCP = 2,
	MAX_TRIES = MAX_TRIES_UDP + MAX_TRIES_TCP,
	/* As many failures make the answer; one may be left over from other days. */
	MAX_FAILURES = 2,
};

#define RETRY_AFTER_FAILURE (50 * NSEC_PER_MSEC)
#define NEVER               INT64_MAX

enum query_state {
	WAITING,  /* for its turn */
	ASKING,   /* takes one of its server's places, its clock runs */
	FINISHED, /* the result is ready to be delivered, the place still taken */
	OVER,     /* its owner forgot it; c-ares still knows a message of it */
};

struct dns_query {
	TAILQ_ENTRY(dns_query) link; /* of the list that goes with the state */
	struct dns_client *client;
	struct dns_server *server;
	dns_done_fn *done;
	void *arg;
	enum query_state state;
	bool no_edns;
	struct dns_result result;
	nsec_t next_try, deadline;
	unsigned n_tries, first_try; /* tries of this transport start at first_try */
	unsigned n_failures;
	enum dns_outcome failure_outcome; /* of the last failure */
	struct dns_channel_failure failure;
	struct dns_try tries[MAX_TRIES];
};

TAILQ_HEAD(query_list, dns_query);

struct dns_server {
	struct dns_server *next;
	struct dns_client *client;
	struct addr address;
	struct dns_channel *channels[2]; /* by transport; made when needed */
	struct query_list waiting, asking;
	unsigned n_places_taken;
	nsec_t noise_at; /* when a datagram came that is no DNS response; 0 = never */
};

struct dns_client {
	struct loop *loop;
	const struct plan *plan;
	struct arena *arena;
	struct dns_server *servers;
	struct query_list finished;
	struct loop_timer *timer;
	nsec_t timer_at;
	bool settling; /* inside settle(), which sends what is started meanwhile */
	uint16_t random[64]; /* message ids */
	size_t n_random;
};

static void on_timer(void *arg);
static bool on_datagram(void *arg, const uint8_t *bytes, size_t len);
static void on_settled(void *arg);
static void on_try_end(
    struct dns_try *t, enum dns_try_end end, const uint8_t *bytes, size_t len);

/* Wakes the client at the given instant, or before. */
static void wake_at(struct dns_client *c, nsec_t at)
{
	if (at >= c->timer_at)
		return;
	nsec_t delay = at - nsec_now();
	c->timer_at = at;
	loop_timer_again(c->timer, delay > 0 ? delay : 0);
}

/* Ids that nobody off the path can guess (RFC 5452 section 4.3). */
static uint16_t random_id(struct dns_client *c)
{
	if (!c->n_random) {
		if (getrandom(c->random, sizeof c->random, 0) !=
		    (ssize_t)sizeof c->random)
			abort();
		c->n_random = sizeof c->random / sizeof *c->random;
	}
	return c->random[--c->n_random];
}

static struct dns_try *find_try(struct dns_server *s, uint16_t id)
{
	struct dns_query *q;
	for (q = TAILQ_FIRST(&s->asking); q; q = TAILQ_NEXT(q, link)) {
		if (q->result.dns.transport != DNS_OVER_UDP)
			continue;
		for (unsigned i = 0; i < q->n_tries; i++)
			if (q->tries[i].id == id)
				return &q->tries[i];
	}
	return NULL;
}

static struct dns_channel *channel_of(struct dns_query *q)
{
	struct dns_server *s = q->server;
	struct dns_channel **ch = &s->channels[q->result.dns.transport];
	const struct dns_channel_hooks hooks = {
		.datagram = on_datagram, .settled = on_settled, .arg = s
	};

	if (!*ch)
		*ch = dns_channel_new(s->client->loop, s->client->plan, &s->address,
		    q->result.dns.transport, &hooks);
	return *ch;
}

static struct dns_server *server_of(struct dns_client *c, const struct addr *address)
{
	struct dns_server *s;
	for (s = c->servers; s; s = s->next)
		if (addr_same_ip(&s->address, address) &&
		    s->address.port == address->port &&
		    s->address.scope == address->scope)
			return s;
	s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	*s =
	    (struct dns_server){ .next = c->servers, .client = c, .address = *address };
	TAILQ_INIT(&s->waiting);
	TAILQ_INIT(&s->asking);
	c->servers = s;
	return s;
}

/* Memory goes when neither the owner nor c-ares knows the query any more. */
static void release(struct dns_query *q)
{
	assert(q->state == OVER);
	for (unsigned i = 0; i < q->n_tries; i++)
		if (q->tries[i].pending)
			return;
	free(q);
}

/*
 * The result is complete. Every path that leads here comes from the loop and ends in
 * settle(), which delivers it.
 */
static void finish(struct dns_query *q, enum dns_outcome outcome)
{
	assert(q->state == ASKING);
	q->result.dns.outcome = outcome;
	q->result.end = nsec_now();
	q->state = FINISHED;
	TAILQ_REMOVE(&q->server->asking, q, link);
	TAILQ_INSERT_TAIL(&q->client->finished, q, link);
}

static void finish_with_failure(struct dns_query *q)
{
	struct obs_dns *d = &q->result.dns;
	if (q->failure_outcome != DNS_MALFORMED) {
		d->err = q->failure.err;
		d->icmp = q->failure.icmp;
	}
	finish(q, q->failure_outcome);
}

static void fail_try(struct dns_query *q, enum dns_outcome outcome)
{
	q->failure_outcome = outcome;
	if (++q->n_failures == MAX_FAILURES || outcome == DNS_CANNOT_SEND) {
		finish_with_failure(q);
		return;
	}
	nsec_t retry = nsec_now() + RETRY_AFTER_FAILURE;
	if (retry < q->next_try)
		q->next_try = retry;
	wake_at(q->client, q->next_try);
}

/*
 * A server that does not know EDNS says so without an OPT record (RFC 6891 section
 * 7). Asked once more without, it counts only what it says then.
 */
static bool refuses_edns(const struct dns_query *q)
{
	const struct obs_dns *d = &q->result.dns;
	return !q->no_edns && !d->edns && (d->rcode == 1 || d->rcode == 4);
}

/* Forgets what an answer said; the question stays. */
static void clear_answer(struct obs_dns *d)
{
	*d = (struct obs_dns){ .role = d->role,
		.server = d->server,
		.transport = d->transport,
		.name = d->name,
		.type = d->type,
		.ede = -1 };
}

/*
 * Whether c-ares may see the bytes too: it mistakes malformed ones for a fault of
 * the connection, and newer releases would also repeat the question without EDNS.
 */
static bool take_answer(struct dns_query *q, const uint8_t *bytes, size_t len)
{
	struct obs_dns *d = &q->result.dns;
	if (!dns_msg_parse(bytes, len, d->name, d->type, q->client->arena, d)) {
		fail_try(q, DNS_MALFORMED);
		return false;
	}
	if (refuses_edns(q)) {
		clear_answer(d);
		q->no_edns = true;
		q->next_try = 0;
		wake_at(q->client, 0);
		return false;
	}
	q->result.more = d->tc && d->transport == DNS_OVER_UDP;
	finish(q, DNS_ANSWERED);
	return true;
}

static bool on_datagram(void *arg, const uint8_t *bytes, size_t len)
{
	struct dns_server *s = arg;
	struct dns_try *t = find_try(s, dns_msg_id(bytes, len));
	if (t)
		return take_answer(t->arg, bytes, len);
	/* Late, for a question that is over and that c-ares may still keep. */
	bool is_response = dns_msg_is_response(bytes, len);
	if (!is_response)
		s->noise_at = nsec_now();
	return is_response;
}

static void on_try_end(
    struct dns_try *t, enum dns_try_end end, const uint8_t *bytes, size_t len)
{
	struct dns_query *q = t->arg;
	if (q->state == OVER) {
		release(q);
		return;
	}
	/* A try of the transport before, or one whose query has its answer. */
	if (q->state != ASKING || t < &q->tries[q->first_try])
		return;
	switch (end) {
	case DNS_TRY_ANSWERED:
		/* Datagrams were taken from the wire already. */
		if (q->result.dns.transport == DNS_OVER_TCP)
			take_answer(q, bytes, len);
		break;
	case DNS_TRY_NO_ANSWER:
		break;
	case DNS_TRY_GARBAGE:
		fail_try(q, DNS_MALFORMED);
		break;
	case DNS_TRY_FAILED:
		q->failure = dns_channel_failure(channel_of(q));
		fail_try(q, q->failure.no_socket ? DNS_CANNOT_SEND : DNS_NET_ERROR);
		break;
	case DNS_TRY_REFUSED:
		q->failure = (struct dns_channel_failure){ 0 };
		fail_try(q, DNS_CANNOT_SEND);
		break;
	}
}

static nsec_t retry_interval(const struct dns_client *c)
{
	nsec_t third = c->plan->connect_timeout / 3;
	return third < NSEC_PER_SEC ? third : NSEC_PER_SEC;
}

/* The next retransmission by the clock; a connection retransmits by itself. */
static nsec_t scheduled_try(const struct dns_query *q)
{
	bool last = q->n_tries - q->first_try >= SCHEDULED_TRIES;
	if (q->result.dns.transport == DNS_OVER_TCP || last)
		return NEVER;
	return nsec_now() + retry_interval(q->client);
}

static void send_try(struct dns_query *q)
{
	struct dns_client *c = q->client;
	const struct obs_dns *d = &q->result.dns;
	unsigned max =
	    d->transport == DNS_OVER_TCP ? q->first_try + MAX_TRIES_TCP : MAX_TRIES_UDP;
	q->next_try = NEVER;
	if (q->n_tries == max)
		return;

	struct dns_channel *ch = channel_of(q);
	uint8_t bytes[DNS_QUERY_MAX];
	uint16_t id = random_id(c);
	while (find_try(q->server, id))
		id = random_id(c);
	const struct dns_form form = { .type = d->type,
		.edns_size = q->no_edns ? 0 : DNS_EDNS_UDP_SIZE };
	size_t len = dns_query_build(bytes, id, d->name, &form);
	if (!ch || !len) {
		fail_try(q, DNS_CANNOT_SEND);
		return;
	}
	struct dns_try *t = &q->tries[q->n_tries++];
	*t = (struct dns_try){ .fn = on_try_end, .arg = q };
	q->next_try = scheduled_try(q);
	/* This may end the try at once, and with it the query. */
	dns_channel_send(ch, bytes, len, t);
}

static nsec_t due_at(const struct dns_query *q)
{
	return q->next_try < q->deadline ? q->next_try : q->deadline;
}

static void begin(struct dns_query *q, enum dns_transport transport)
{
	q->result.dns.transport = transport;
	channel_of(q); /* making it takes time that is not the server's */
	q->result.begin = nsec_now();
	q->deadline = q->result.begin + q->client->plan->connect_timeout;
	q->first_try = q->n_tries;
	q->n_failures = 0;
	q->state = ASKING;
	TAILQ_INSERT_TAIL(&q->server->asking, q, link);
	send_try(q);
	if (q->state == ASKING)
		wake_at(q->client, due_at(q));
}

/* What was left unsaid when nothing more can come in time. */
static void time_out(struct dns_query *q)
{
	if (q->n_failures)
		finish_with_failure(q);
	else if (q->result.dns.transport == DNS_OVER_UDP &&
		 q->server->noise_at >= q->result.begin)
		finish(q, DNS_MALFORMED);
	else
		finish(q, DNS_TIMEOUT);
}

static void fill_places(struct dns_server *s)
{
	struct dns_query *q;
	while (s->n_places_taken < DNS_MAX_IN_FLIGHT &&
	       (q = TAILQ_FIRST(&s->waiting)) != NULL) {
		TAILQ_REMOVE(&s->waiting, q, link);
		s->n_places_taken++;
		begin(q, DNS_OVER_UDP);
	}
}

static void deliver(struct dns_query *q)
{
	struct dns_result result = q->result;
	dns_done_fn *done = q->done;
	void *arg = q->arg;

	TAILQ_REMOVE(&q->client->finished, q, link);
	if (result.more) {
		clear_answer(&q->result.dns);
		q->result.more = false;
		begin(q, DNS_OVER_TCP);
	} else {
		q->server->n_places_taken--;
		q->state = OVER;
		release(q);
	}
	done(arg, &result);
}

/* Results first: their owners may ask more, and their places become free. */
static void settle(struct dns_client *c)
{
	struct dns_query *q;
	c->settling = true;
	do {
		while ((q = TAILQ_FIRST(&c->finished)) != NULL)
			deliver(q);
		for (struct dns_server *s = c->servers; s; s = s->next)
			fill_places(s);
	} while (!TAILQ_EMPTY(&c->finished));
	c->settling = false;
}

static void on_settled(void *arg)
{
	struct dns_server *s = arg;
	settle(s->client);
}

/*
 * Before a timer becomes a timeout, what lies in the sockets is read: we may be
 * late, not the server.
 */
static void drain(struct dns_client *c)
{
	for (struct dns_server *s = c->servers; s; s = s->next)
		for (size_t i = 0; i < 2; i++)
			if (s->channels[i] && !TAILQ_EMPTY(&s->asking))
				dns_channel_drain(s->channels[i]);
}

/* Sending may end any query of the server, so the list is read anew each time. */
static struct dns_query *first_due(struct dns_server *s, nsec_t now)
{
	struct dns_query *q = TAILQ_FIRST(&s->asking);
	while (q && due_at(q) > now)
		q = TAILQ_NEXT(q, link);
	return q;
}

static void handle_due(struct dns_server *s, nsec_t now)
{
	struct dns_query *q;
	while ((q = first_due(s, now)) != NULL) {
		if (q->deadline <= now)
			time_out(q);
		else
			send_try(q);
	}
}

static void on_timer(void *arg)
{
	struct dns_client *c = arg;
	nsec_t now = nsec_now();
	c->timer_at = NEVER;
	drain(c);
	for (struct dns_server *s = c->servers; s; s = s->next)
		handle_due(s, now);
	settle(c);
	for (struct dns_server *s = c->servers; s; s = s->next) {
		struct dns_query *q = TAILQ_FIRST(&s->asking);
		for (; q; q = TAILQ_NEXT(q, link))
			wake_at(c, due_at(q));
	}
}

struct dns_client *dns_client_new(
    struct loop *loop, const struct plan *plan, struct arena *arena)
{
	struct dns_client *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	*c = (struct dns_client){
		.loop = loop, .plan = plan, .arena = arena, .timer_at = NEVER
	};
	TAILQ_INIT(&c->finished);
	c->timer = loop_timer_start(loop, 0, on_timer, c);
	if (!c->timer) {
		free(c);
		return NULL;
	}
	return c;
}

static void drop_all(struct query_list *list)
{
	struct dns_query *q;
	while ((q = TAILQ_FIRST(list)) != NULL)
		dns_query_cancel(q);
}

void dns_client_free(struct dns_client *c)
{
	if (!c)
		return;
	drop_all(&c->finished);
	while (c->servers) {
		struct dns_server *s = c->servers;
		c->servers = s->next;
		drop_all(&s->waiting);
		drop_all(&s->asking);
		dns_channel_free(s->channels[DNS_OVER_UDP]);
		dns_channel_free(s->channels[DNS_OVER_TCP]);
		free(s);
	}
	loop_timer_stop(c->timer);
	free(c);
}

struct dns_query *dns_query_start(struct dns_client *c,
    const struct dns_question *question, dns_done_fn *done, void *arg)
{
	struct dns_server *s = server_of(c, &question->server);
	struct dns_query *q = s ? calloc(1, sizeof *q) : NULL;
	if (!q)
		return NULL;
	*q = (struct dns_query){ .client = c,
		.server = s,
		.done = done,
		.arg = arg,
		.state = WAITING,
		.result = { .dns = { .role = question->role,
				.server = question->server,
				.name = question->name,
				.type = question->type,
				.ede = -1 } } };
	TAILQ_INSERT_TAIL(&s->waiting, q, link);
	if (s->n_places_taken < DNS_MAX_IN_FLIGHT && !c->settling)
		wake_at(c, 0);
	return q;
}

void dns_query_cancel(struct dns_query *q)
{
	struct query_list *const lists[] = {
		[WAITING] = &q->server->waiting,
		[ASKING] = &q->server->asking,
		[FINISHED] = &q->client->finished,
	};
	assert(q->state != OVER);
	TAILQ_REMOVE(lists[q->state], q, link);
	if (q->state != WAITING) {
		q->server->n_places_taken--;
		if (!q->client->settling)
			wake_at(q->client, 0);
	}
	q->state = OVER;
	release(q);
}

nsec_t dns_query_waited(const struct dns_query *q)
{
	return q->state == ASKING ? nsec_now() - q->result.begin : 0;
}
