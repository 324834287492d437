/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_FINDING_H
#define CHECKS_FINDING_H

#include "checks/judge/verdict.h"
#include "checks/plan/check_plan.h"
#include "probe/model/obs.h"

struct arena;
struct facts;

/*
 * One check on its way to a verdict: what the stages of the judge share, and the
 * words they say.
 */

/* Which later failure a suspicion would explain. */
enum explains {
	EXPLAINS_CONNECT = 1 << 0, /* the address could not be reached */
	EXPLAINS_DENIAL = 1 << 1,  /* the service's own network rules said no */
	EXPLAINS_PEER = 1 << 2,    /* another peer than wanted, or it did not work */
};

/*
 * Something odd about the name that is no failure by itself. It becomes the cause
 * when a later stage fails in a way it explains; otherwise it is a warning, or
 * nothing.
 */
struct suspicion {
	const char *cause; /* NULL = none */
	enum confidence confidence;
	const char *summary;
	const char *key;
	unsigned explains; /* bits of enum explains */
	bool warns;        /* worth a warning although the check works */
};

struct judging {
	const struct check_plan *plan;
	const struct check *check;
	const struct target *target;
	const struct facts *facts;
	struct arena *arena;
	bool expecting; /* what the user expects of DNS counts (no inverted check) */

	/* The check's own observations; the last of a kind counts. NULL = none. */
	const struct obs *first;
	const struct obs *tls, *http, *exchange, *unfinished;
	const struct obs *plain;     /* a websocket's request without the upgrade */
	const struct obs *frames;    /* what followed an accepted upgrade */
	const struct obs *connected; /* the attempt that served the check */

	struct verdict *verdict; /* a pass until a finding says otherwise */
	const char *key;         /* checks with this and the cause form one group */
	struct suspicion suspicion;
	const char *zone;     /* private-link zone of the name, NULL = unknown */
	const char *resolver; /* for remedies, NULL = unknown */
	struct addr address;  /* for remedies; family 0 = unknown */
};

struct finding {
	enum status status;
	enum stage stage;
	const char *cause;
	enum confidence confidence;
	const char *summary;
	const char *key; /* NULL = nothing but the cause is shared */
};

/**
 * Records a finding. The first warning stays; a failure or "inconclusive" takes the
 * place of a warning. Nothing replaces those.
 */
void finding_set(struct judging *j, const struct finding *f);

/** One more thing that would look the same; a cause's name or plain words. */
void finding_alternative(struct judging *j, const char *what);

/* What the placeholders of a cause's words stand for, see checks/judge/cause.h. */
enum placeholder {
	PLACEHOLDER_HOST,
	PLACEHOLDER_PORT,
	PLACEHOLDER_SERVICE_TAG,
	PLACEHOLDER_ZONE,
	PLACEHOLDER_RESOLVER,
	PLACEHOLDER_ADDRESS,
};

#define N_PLACEHOLDERS (PLACEHOLDER_ADDRESS + 1)

struct placeholders {
	const char *values[N_PLACEHOLDERS];
};

/** The words with their placeholders replaced, in the arena. */
const char *finding_expand(
    struct arena *arena, const char *words, const struct placeholders *p);

/**
 * Fills in what follows from the cause: look-alikes and deciding observations
 * unless certain, and remedies with their placeholders replaced by this check's
 * values, which are stored in *ret.
 */
void finding_finish(struct judging *j, struct placeholders *ret);

/** Adds a sentence of evidence that rests on one observation (NULL = on none). */
void say(struct judging *j, enum evidence_role role, const struct obs *obs,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/** Lets the latest sentence rest on one more observation; NULL is ignored. */
void say_cite(struct judging *j, const struct obs *obs);

/** Text from strangers made fit for a sentence. NULL gives "". */
const char *quote(struct judging *j, const char *text);
const char *quote_bytes(struct judging *j, const void *bytes, size_t len);

/** Addresses as text in the run's arena, without and with port. */
const char *addr_words(struct arena *arena, const struct addr *a);
const char *addr_port_words(struct arena *arena, const struct addr *a);

/** Appends unless it is there already. */
void words_add(struct arena *arena, struct words *w, const char *item);

/** Duration of an observation in milliseconds. */
double obs_ms(const struct obs *obs);

#endif
