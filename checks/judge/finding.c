/* SPDX-License-Identifier: MIT */
#include "checks/judge/finding.h"

#include <assert.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/base/vec.h"

enum {
	QUOTE_MAX = 160 /* bytes of a stranger's text in one sentence */
};

double obs_ms(const struct obs *obs)
{
	return nsec_to_ms(obs->end - obs->begin);
}

const char *addr_words(struct arena *arena, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];
	return arena_strdup(arena, addr_format(a, text));
}

const char *addr_port_words(struct arena *arena, const struct addr *a)
{
	char text[ADDR_TEXT_MAX];
	return arena_strdup(arena, addr_format_port(a, text));
}

const char *quote_bytes(struct judging *j, const void *bytes, size_t len)
{
	return text_escape(j->arena, bytes, len, QUOTE_MAX);
}

const char *quote(struct judging *j, const char *text)
{
	return text ? quote_bytes(j, text, strlen(text)) : "";
}

static bool words_have(const struct words *w, const char *item)
{
	for (size_t i = 0; i < w->n_items; i++)
		if (strcmp(w->items[i], item) == 0)
			return true;
	return false;
}

void words_add(struct arena *arena, struct words *w, const char *item)
{
	if (words_have(w, item))
		return;
	w->items = vec_grow(arena, w->items, w->n_items, &w->cap, sizeof *w->items);
	w->items[w->n_items++] = item;
}

void say(struct judging *j, enum evidence_role role, const struct obs *obs,
    const char *fmt, ...)
{
	struct verdict *v = j->verdict;
	va_list ap;

	v->evidence = vec_grow(j->arena, v->evidence, v->n_evidence, &v->evidence_cap,
	    sizeof *v->evidence);
	struct evidence *e = &v->evidence[v->n_evidence++];
	*e = (struct evidence){ .role = role };
	va_start(ap, fmt);
	e->text = arena_vprintf(j->arena, fmt, ap);
	va_end(ap);
	say_cite(j, obs);
}

void say_cite(struct judging *j, const struct obs *obs)
{
	assert(j->verdict->n_evidence > 0);
	struct evidence *e = &j->verdict->evidence[j->verdict->n_evidence - 1];

	if (!obs)
		return;
	for (size_t i = 0; i < e->n_observations; i++)
		if (e->observations[i] == obs->id)
			return;
	unsigned *ids = arena_array(j->arena, e->n_observations + 1, sizeof *ids);
	if (e->n_observations)
		memcpy(ids, e->observations, e->n_observations * sizeof *ids);
	ids[e->n_observations++] = obs->id;
	e->observations = ids;
}

void finding_set(struct judging *j, const struct finding *f)
{
	struct verdict *v = j->verdict;

	if (v->status == STATUS_FAIL || v->status == STATUS_INCONCLUSIVE)
		return;
	if (v->status == STATUS_WARN && f->status == STATUS_WARN)
		return;
	v->status = f->status;
	v->has_stage = true;
	v->stage = f->stage;
	v->cause = cause_find(f->cause);
	assert(v->cause);
	v->confidence = f->confidence;
	v->summary = f->summary;
	v->alternatives = (struct words){ 0 };
	j->key = f->key ? f->key : "";
}

void finding_alternative(struct judging *j, const char *what)
{
	words_add(j->arena, &j->verdict->alternatives, what);
}

static struct placeholders placeholders_of(struct judging *j)
{
	const char *host = quote(j, j->target->host);

	return (struct placeholders){ {
	    [PLACEHOLDER_HOST] = host,
	    [PLACEHOLDER_PORT] =
		arena_printf(j->arena, "%u", (unsigned)j->target->port),
	    [PLACEHOLDER_SERVICE_TAG] =
		j->check->service_tag ? j->check->service_tag : "the destination",
	    [PLACEHOLDER_ZONE] = j->zone ? quote(j, j->zone) : "its privatelink zone",
	    [PLACEHOLDER_RESOLVER] = j->resolver ? j->resolver : "the DNS server",
	    [PLACEHOLDER_ADDRESS] =
		j->address.family ? addr_words(j->arena, &j->address) : host,
	} };
}

/* The value of the placeholder at text, and its length in *len. */
static const char *placeholder(
    const struct placeholders *p, const char *text, size_t *len)
{
	static const char *const names[N_PLACEHOLDERS] = {
		[PLACEHOLDER_HOST] = "{host}",
		[PLACEHOLDER_PORT] = "{port}",
		[PLACEHOLDER_SERVICE_TAG] = "{service_tag}",
		[PLACEHOLDER_ZONE] = "{zone}",
		[PLACEHOLDER_RESOLVER] = "{resolver}",
		[PLACEHOLDER_ADDRESS] = "{address}",
	};

	for (size_t i = 0; i < N_PLACEHOLDERS; i++) {
		if (text_starts_nocase(text, names[i])) {
			*len = strlen(names[i]);
			return p->values[i];
		}
	}
	*len = 1;
	return "{";
}

const char *finding_expand(
    struct arena *arena, const char *words, const struct placeholders *p)
{
	const char *done = "";
	const char *open;

	while ((open = strchr(words, '{'))) {
		size_t len;
		const char *value = placeholder(p, open, &len);
		done = arena_printf(
		    arena, "%s%.*s%s", done, (int)(open - words), words, value);
		words = open + len;
	}
	return arena_printf(arena, "%s%s", done, words);
}

static void expand_all(struct judging *j, struct words *w, const char *const *templates,
    const struct placeholders *p)
{
	for (size_t i = 0; templates && templates[i]; i++)
		words_add(j->arena, w, finding_expand(j->arena, templates[i], p));
}

/* What the evidence rules out looks alike no more. */
static void expand_lookalikes(struct judging *j, const struct placeholders *p)
{
	struct verdict *v = j->verdict;
	const char *const *l = v->cause->lookalikes;

	for (; l && *l; l++)
		if (!words_have(&v->ruled_out, *l))
			words_add(j->arena, &v->alternatives,
			    finding_expand(j->arena, *l, p));
}

void finding_finish(struct judging *j, struct placeholders *ret)
{
	struct verdict *v = j->verdict;

	*ret = placeholders_of(j);
	if (!v->cause)
		return;
	if (v->confidence != CONFIDENCE_CERTAIN) {
		expand_lookalikes(j, ret);
		expand_all(j, &v->would_decide, v->cause->would_decide, ret);
	}
	expand_all(j, &v->remediation, v->cause->remedies, ret);
}
