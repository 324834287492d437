/* SPDX-License-Identifier: MIT */
#include "checks/follow_up/follow_up_choice.h"

#include "probe/base/text.h"
#include "probe/base/vec.h"

bool choice_same_text(const char *a, const char *b)
{
	return a && b ? text_equal_nocase(a, b) : a == b;
}

static bool same_form(const struct dns_form *a, const struct dns_form *b)
{
	return a->type == b->type && a->transport == b->transport &&
	       a->edns_size == b->edns_size && a->cd == b->cd &&
	       a->listen_on == b->listen_on && a->once == b->once;
}

static bool same_order(const struct order *a, const struct order *b)
{
	return a->kind == b->kind && addr_same_ip(&a->peer, &b->peer) &&
	       a->peer.port == b->peer.port && a->purpose == b->purpose &&
	       choice_same_text(a->name, b->name) && a->split_name == b->split_name &&
	       a->padded == b->padded && a->max_seg == b->max_seg &&
	       same_form(&a->form, &b->form) && a->request == b->request;
}

void choice_give(struct choice *c, struct order o)
{
	struct follow_up *f = c->f;

	for (size_t i = 0; i < f->n_given; i++)
		if (same_order(&f->given[i], &o))
			return;
	if (c->n == c->max)
		return;
	f->given = vec_grow(f->arena, f->given, f->n_given, &f->cap, sizeof *f->given);
	f->given[f->n_given++] = o;
	c->ret[c->n++] = o;
}
