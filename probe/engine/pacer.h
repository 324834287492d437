/* SPDX-License-Identifier: MIT */
#ifndef PROBE_ENGINE_PACER_H
#define PROBE_ENGINE_PACER_H

#include <stdbool.h>
#include <stddef.h>

#include "probe/loop/loop.h"

/*
 * Starts queued TCP attempts early but not all in one burst: 10,000 SYNs at once
 * overran a 500-packet queue on the way and came back as false timeouts.
 */

/** Embedded in what waits for its start. */
struct pacer_entry {
	struct pacer_entry *next;
	void *owner;
};

struct pacer {
	struct loop *loop;
	struct loop_timer *timer;
	struct pacer_entry *head, **tail;
	unsigned n_entries;
	nsec_t last_refill;
	unsigned tokens;
	/*
	 * Room for this one? An entry that has to wait lets the others pass; it is
	 * asked again on pacer_kick().
	 */
	bool (*may_start)(void *arg, const struct pacer_entry *entry);
	void (*start)(void *arg, struct pacer_entry *entry);
	void *arg;
};

/** Callbacks and arg must be set already; false without memory. */
bool pacer_init(struct pacer *p, struct loop *loop);
void pacer_deinit(struct pacer *p);

/** Its start comes later, never inside this call. */
void pacer_add(struct pacer *p, struct pacer_entry *entry);
void pacer_remove(struct pacer *p, struct pacer_entry *entry);

/** Whether entries wait for nothing but their turn. */
bool pacer_is_busy(const struct pacer *p);

/** There may be room again. */
void pacer_kick(struct pacer *p);

#endif
