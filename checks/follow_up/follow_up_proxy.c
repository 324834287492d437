/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/facts/answer.h"
#include "checks/facts/facts.h"
#include "checks/facts/tls_errors.h"
#include "checks/follow_up/follow_up_choice.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/base/vec.h"

/* What programs of Azure and people call themselves; filters know both. */
#define SDK_USER_AGENT "azsdk-python-core/1.29 Python/3.10 (Linux)"
#define BROWSER_USER_AGENT                                                             \
	"Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0"

/* --- Requests ----------------------------------------------------------------------
 */

static void give_request(struct choice *c, const struct target *request,
    enum request_variant variant, const struct addr *peer)
{
	struct order o = {
		.kind = ORDER_REQUEST_VARIANT, .request = request, .variant = variant
	};

	if (peer)
		o.peer = *peer;
	choice_give(c, o);
}

/* The check's own request with one more field and, unless NULL, another method. */
static void give_changed(struct choice *c, const char *method, struct header field,
    enum request_variant variant)
{
	struct arena *arena = c->f->arena;
	struct target *t = arena_memdup(arena, c->target, sizeof *t);
	const struct http_request *from = &c->target->request;
	struct header *headers =
	    arena_array(arena, from->n_headers + 1, sizeof *headers);

	for (size_t i = 0; i < from->n_headers; i++)
		headers[i] = from->headers[i];
	headers[from->n_headers] = field;
	t->request.headers = headers;
	t->request.n_headers = from->n_headers + 1;
	if (method)
		t->request.method = method;
	give_request(c, t, variant, &c->peer);
}

/*
 * No server acts on a method under a condition that cannot be true (RFC 9110 section
 * 13.1.1), should one of these ever be let in.
 */
static void give_method(struct choice *c, const char *method)
{
	give_changed(c, method,
	    (struct header){ "If-Match", "\"vnetprobe-no-such-tag\"" }, REQUEST_METHOD);
}

static void give_user_agent(struct choice *c, const char *name)
{
	give_changed(
	    c, NULL, (struct header){ "User-Agent", name }, REQUEST_USER_AGENT);
}

/* --- Paths -------------------------------------------------------------------------
 */

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static struct compared_path *find_path(
    struct follow_up *f, const struct compared_path *key)
{
	for (size_t i = 0; i < f->n_paths; i++) {
		struct compared_path *p = &f->paths[i];
		if (same(p->proxy, key->proxy) && same(p->issuer, key->issuer) &&
		    p->plain == key->plain)
			return p;
	}
	f->paths =
	    vec_grow(f->arena, f->paths, f->n_paths, &f->paths_cap, sizeof *f->paths);
	f->paths[f->n_paths] = *key;
	return &f->paths[f->n_paths++];
}

/* Whoever signs in place of the server reads what is inside; NULL = nobody proven. */
static const char *reader_of(const struct choice *c)
{
	const struct obs_tls *tls = NULL;

	if (c->check->entry && c->check->entry->private_ca)
		return NULL;
	for (const struct obs *o = c->first; o; o = o->next_of_target)
		if (o->kind == OBS_TLS && o->tls.outcome == TLS_DONE)
			tls = &o->tls;
	if (!tls || !tls->n_chain)
		return NULL;
	bool stranger =
	    tls->verified ? !tls->chain[0].has_scts : tls_errors_of(tls).untrusted;
	/* No public authority signs without transparency timestamps any more. */
	return stranger && !facts_issuer_claims_public(tls->chain[0].issuer)
		   ? tls->chain[0].issuer
		   : NULL;
}

/* Predictable without credentials: whoever asks anything else is refused as well. */
static bool refuses_strangers(const struct obs_http *http)
{
	return http->status >= 400 && http->status < 500 && http->status != 407 &&
	       http->status != 429;
}

static void ask_variants(struct choice *c, struct compared_path *path,
    const struct obs_http *http, bool blocked)
{
	if (blocked) {
		give_user_agent(c, BROWSER_USER_AGENT);
		return;
	}
	if (path->variants || http->status >= 500)
		return;
	path->variants = true;
	give_method(c, "HEAD");
	give_user_agent(c, SDK_USER_AGENT);
	if (!refuses_strangers(http))
		return;
	give_method(c, "POST");
	give_method(c, "PUT");
}

static void ask_answered(struct choice *c, const struct obs_http *http)
{
	const struct target *t = c->target;
	const struct compared_path key = {
		.proxy = t->proxy ? t->proxy->shown_as : NULL,
		.issuer = reader_of(c),
		.plain = !protocol_is_tls(t->protocol),
	};
	bool readable = key.plain || key.issuer;
	bool blocked = readable && answer_proxy_mark(http, c->f->arena);

	/* A direct request in plain text is the one that everybody may have read. */
	if (!t->other_way && !readable)
		return;
	struct compared_path *path = find_path(c->f, &key);
	if (t->other_way && (blocked || !path->other_way)) {
		path->other_way = true;
		give_request(c, t->other_way, REQUEST_OTHER_WAY, NULL);
	}
	if (readable && !protocol_is_websocket(t->protocol))
		ask_variants(c, path, http, blocked);
}

void follow_up_proxy(struct choice *c, const struct follow_up_event *event)
{
	const struct target *t = c->target;

	if (!protocol_is_http(t->protocol) ||
	    (c->check->entry && c->check->entry->platform))
		return;
	switch (event->moment) {
	case FOLLOW_UP_OBSERVED:
		break;
	case FOLLOW_UP_ANSWERED:
		ask_answered(c, &event->obs->http);
		break;
	case FOLLOW_UP_SLOW:
	case FOLLOW_UP_FAILED:
		if (t->other_way)
			give_request(c, t->other_way, REQUEST_OTHER_WAY, NULL);
		break;
	}
}
