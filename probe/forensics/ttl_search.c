/* SPDX-License-Identifier: MIT */
#include "probe/forensics/ttl_search.h"

/*
 * Systems start at 64, 128 or 255 and few paths are longer than 30 hops, so the
 * first round is dense there. Its first question has no threshold: it shows whether
 * there is a reply at all.
 */
static const unsigned first_round[] = { 0, 33, 49, 57, 65, 97, 113, 121, 129, 193, 225,
	241, 249 };

enum {
	N_FIRST = sizeof first_round / sizeof *first_round,
	SPLIT = 7,
	TWICE = 2,
	ROUNDS_MAX = 4
};

void ttl_search_init(struct ttl_search *s)
{
	*s = (struct ttl_search){ .high = TTL_TOP + 1 };
}

static void ask(struct ttl_search *s, unsigned threshold)
{
	s->asked[s->n_asked++] = threshold;
}

/* Thresholds strictly between low and high, evenly spread. */
static void split(struct ttl_search *s)
{
	unsigned gap = s->high - s->low, step = (gap + SPLIT) / (SPLIT + 1);
	for (unsigned t = s->low + step; t < s->high; t += step)
		ask(s, t);
}

size_t ttl_search_next(struct ttl_search *s)
{
	s->n_asked = 0;
	if (s->done || (s->rounds && !s->any))
		return 0;
	if (!s->rounds++) {
		for (size_t i = 0; i < N_FIRST; i++)
			ask(s, first_round[i]);
	} else if (s->high - s->low > 1 && s->rounds < ROUNDS_MAX) {
		split(s);
	} else {
		s->confirming = true;
		for (unsigned i = 0; i < TWICE; i++)
			ask(s, s->low);
		for (unsigned i = 0; i < TWICE && s->high <= TTL_TOP; i++)
			ask(s, s->high);
	}
	return s->n_asked;
}

/* Losses show as a contradiction: then the TTL is only known to be at least low. */
static void confirm(struct ttl_search *s, const bool *answered)
{
	bool lower = true;
	for (size_t i = 0; i < s->n_asked; i++) {
		if (s->asked[i] == s->low && !answered[i])
			lower = false;
		if (s->asked[i] == s->high && answered[i]) {
			s->low = s->high;
			s->high = TTL_TOP + 1;
			lower = false;
		}
	}
	s->confirmed = lower && s->high - s->low == 1;
	s->done = true;
}

void ttl_search_answer(struct ttl_search *s, const bool *answered)
{
	if (s->confirming) {
		confirm(s, answered);
		return;
	}
	for (size_t i = 0; i < s->n_asked; i++) {
		if (!answered[i])
			continue;
		s->any = true;
		if (s->asked[i] > s->low)
			s->low = s->asked[i];
	}
	if (s->high <= s->low)
		s->high = TTL_TOP + 1;
	for (size_t i = 0; i < s->n_asked; i++)
		if (!answered[i] && s->asked[i] > s->low && s->asked[i] < s->high)
			s->high = s->asked[i];
}
