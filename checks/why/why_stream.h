/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_WHY_STREAM_H
#define CHECKS_WHY_STREAM_H

#include "checks/why/why.h"

/*
 * Connections that opened and then went dead: what why_stream.c (silence, names, sizes)
 * and why_stream_reset.c share.
 */

enum {
	STREAM_TIMES = 2, /* a difference has to be seen so often, both ways */
	STREAM_TIMES_LOSSY = 3
};

/* What the variants of this handshake say, as a whole. */
struct stream_variants {
	const struct obs *other, *no_name, *split, *again, *reset_test;
	const struct obs *small, *smaller, *smallest;
	const struct obs *served; /* another check's finished handshake, other name */
};

enum name_differential {
	NAME_UNKNOWN, /* no control, or one that says nothing */
	NAME_MATTERS,
	NAME_DOES_NOT_MATTER,
};

/**
 * Silence for every name does not depend on it. A reset or close does not say so: a
 * genuine server may treat a name it does not know in the same way.
 */
enum name_differential stream_compare_names(
    struct judging *j, const struct stream_variants *v, enum stream_end end);

/** A handshake with a variant of ours finished. */
bool stream_finished(const struct obs *o);

/** The peer spoke: a finished handshake, an alert, or anything but silence. */
bool stream_spoke(const struct obs *o);

bool stream_ended_like(const struct obs *o, enum stream_end end);

/** How often the true name met this end, the check's own handshake included. */
unsigned stream_repetitions(const struct stream_variants *v, enum stream_end end);

/** Of a closed connection, or one that was reset by whoever had taken our data. */
void stream_closing(struct judging *j, const struct stream_death *d,
    const struct stream_variants *v, struct why *w);

/** A handshake that ended in a reset. */
void stream_judge_reset(struct judging *j, const struct stream_death *d,
    const struct stream_variants *v, struct why *w);

/** Any other connection that did: nothing was varied, but the packets may tell. */
void stream_judge_plain_reset(
    struct judging *j, const struct stream_death *d, struct why *w);

#endif
