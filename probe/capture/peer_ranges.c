/* SPDX-License-Identifier: MIT */
#include "probe/capture/peer_ranges.h"

#include <string.h>
#include <sys/socket.h>

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Joins the range at i with the one behind it. */
static void join(struct peer_range *items, size_t *n, size_t i)
{
	items[i].high = items[i + 1].high;
	(*n)--;
	memmove(&items[i + 1], &items[i + 2], (*n - i - 1) * sizeof *items);
}

static void join_closest(struct peer_range *items, size_t *n)
{
	size_t best = 0;
	for (size_t i = 1; i + 1 < *n; i++)
		if (items[i + 1].low - items[i].high <
		    items[best + 1].low - items[best].high)
			best = i;
	join(items, n, best);
}

static bool add(struct peer_range *items, size_t *n, uint32_t address)
{
	uint32_t low = address & ~(uint32_t)(PEER_NEIGHBOURS - 1);
	size_t i = 0;
	while (i < *n && items[i].high < address)
		i++;
	if (i < *n && items[i].low <= address)
		return false;
	memmove(&items[i + 1], &items[i], (*n - i) * sizeof *items);
	items[i] = (struct peer_range){ low, low + PEER_NEIGHBOURS - 1 };
	++*n;
	/* Ranges begin and end at such steps, so what touches is next to it. */
	if (i + 1 < *n && items[i].high + 1 == items[i + 1].low)
		join(items, n, i);
	if (i > 0 && items[i - 1].high + 1 == items[i].low)
		join(items, n, i - 1);
	if (*n > PEER_RANGES_MAX)
		join_closest(items, n);
	return true;
}

bool peer_ranges_add(struct peer_ranges *r, const struct addr *peer)
{
	if (peer->family == AF_INET)
		return add(r->v4, &r->n_v4, be32(peer->ip));
	return add(r->v6, &r->n_v6, be32(peer->ip + 12));
}
