/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_OWN_ADDRESSES_H
#define PROBE_CAPTURE_OWN_ADDRESSES_H

#include <stddef.h>

#include "probe/model/addr.h"

struct arena;

enum {
	OWN_ADDRESSES_MAX = 1024
};

/** The addresses of this machine's interfaces now, without ports and zones. */
const struct addr *own_addresses(struct arena *arena, size_t *ret_n);

#endif
