/* SPDX-License-Identifier: MIT */
#include "probe/engine/pacer.h"

enum {
	PER_MSEC = 16,
	BURST = 64,
	MAX_LOOKS = 512 /* entries looked at in one turn */
};

static void on_timer(void *arg);

bool pacer_init(struct pacer *p, struct loop *loop)
{
	p->loop = loop;
	p->head = NULL;
	p->tail = &p->head;
	p->n_entries = 0;
	p->tokens = BURST;
	p->last_refill = nsec_now();
	p->timer = loop_timer_start(loop, 0, on_timer, p);
	if (p->timer)
		loop_timer_pause(p->timer);
	return p->timer != NULL;
}

void pacer_deinit(struct pacer *p)
{
	loop_timer_stop(p->timer);
	p->timer = NULL;
}

static void refill(struct pacer *p)
{
	nsec_t now = nsec_now(), elapsed = (now - p->last_refill) / NSEC_PER_MSEC;
	if (elapsed <= 0)
		return;
	p->last_refill += elapsed * NSEC_PER_MSEC;
	nsec_t tokens = p->tokens + elapsed * PER_MSEC;
	p->tokens = tokens > BURST ? BURST : (unsigned)tokens;
}

static struct pacer_entry *take_head(struct pacer *p)
{
	struct pacer_entry *entry = p->head;
	p->head = entry->next;
	if (!p->head)
		p->tail = &p->head;
	entry->next = NULL;
	p->n_entries--;
	return entry;
}

static void append(struct pacer *p, struct pacer_entry *entry)
{
	entry->next = NULL;
	*p->tail = entry;
	p->tail = &entry->next;
	p->n_entries++;
}

static void on_timer(void *arg)
{
	struct pacer *p = arg;

	refill(p);
	/* Once round at most, so that those that wait keep their order. */
	unsigned looks = p->n_entries < MAX_LOOKS ? p->n_entries : MAX_LOOKS;
	for (unsigned i = 0; i < looks && p->head && p->tokens; i++) {
		struct pacer_entry *entry = take_head(p);
		if (!p->may_start(p->arg, entry)) {
			append(p, entry);
			continue;
		}
		p->tokens--;
		p->start(p->arg, entry);
	}
	/* Without room pacer_kick() comes; without tokens the next millisecond does. */
	if (p->head && !p->tokens)
		loop_timer_again(p->timer, NSEC_PER_MSEC);
}

void pacer_add(struct pacer *p, struct pacer_entry *entry)
{
	append(p, entry);
	pacer_kick(p);
}

void pacer_remove(struct pacer *p, struct pacer_entry *entry)
{
	for (struct pacer_entry **at = &p->head; *at; at = &(*at)->next) {
		if (*at != entry)
			continue;
		*at = entry->next;
		p->n_entries--;
		if (!*at)
			p->tail = at;
		return;
	}
}

bool pacer_is_busy(const struct pacer *p)
{
	return p->head && !p->tokens;
}

void pacer_kick(struct pacer *p)
{
	if (p->timer && p->head)
		loop_timer_again(p->timer, 0);
}
