/* SPDX-License-Identifier: MIT */
#ifndef PROBE_FORENSICS_TTL_SEARCH_H
#define PROBE_FORENSICS_TTL_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Finds the TTL of a reply by asking, several thresholds at once, whether it still
 * arrives when only replies of at least that TTL are taken. No sockets here.
 */
enum {
	TTL_SEARCH_MAX = 16, /* questions of one round */
	TTL_TOP = 255
};

struct ttl_search {
	unsigned low;  /* highest threshold that was answered; 0 = none */
	unsigned high; /* lowest one above it that was silent; TTL_TOP + 1 = none */
	unsigned asked[TTL_SEARCH_MAX];
	size_t n_asked;
	unsigned rounds;
	bool any, confirming, done;
	bool confirmed; /* exact, and seen twice on both sides */
};

void ttl_search_init(struct ttl_search *s);

/**
 * Sets the next thresholds in asked[]; 0 among them means "no threshold". Returns
 * their number; 0 = the search is over: the TTL is low up to high - 1.
 */
size_t ttl_search_next(struct ttl_search *s);

/** answered[i] tells of asked[i]. */
void ttl_search_answer(struct ttl_search *s, const bool *answered);

#endif
