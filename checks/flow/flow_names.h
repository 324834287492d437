/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_FLOW_NAMES_H
#define CHECKS_FLOW_NAMES_H

#include "checks/plan/check_plan.h"

struct arena;

/**
 * The first entry of a catalogue whose host could be this name, on this port, in any
 * cloud; a variable of its template stands for one label or a part of it. The name of
 * its private endpoint, with a label "privatelink", is found, too. NULL when there is
 * none. Entries whose whole host is the user's are not found.
 */
const struct catalogue_entry *flow_names_entry(const struct catalogue *catalogue,
    const char *name, uint16_t port, struct arena *scratch);

/**
 * The entry of a platform address: Azure's resolver, the instance metadata service and
 * the wire server have the same one in every network. NULL for others.
 */
const struct catalogue_entry *flow_names_platform(
    const struct catalogue *catalogue, const struct addr *server);

/** The entry with this id, which may have ":" and more behind it, or NULL. */
const struct catalogue_entry *flow_names_entry_of_id(
    const struct catalogue *catalogue, const char *id);

/**
 * Target and check of an endpoint that a capture shows; text is its ad-hoc form. A
 * text that is no endpoint leaves the target without a host.
 */
void flow_names_check(const char *id, const char *text,
    const struct catalogue_entry *entry, struct arena *arena, struct target *ret_target,
    struct check *ret_check);

#endif
