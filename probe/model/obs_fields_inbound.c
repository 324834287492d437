/* SPDX-License-Identifier: MIT */
#include "probe/model/obs_shapes.h"

static const struct field listeners_fields[] = {
	UINT(obs_listeners, port),
	DURATION("wanted_ms", obs_listeners, wanted, false),
	BOOL(obs_listeners, cut),
	ERRNO(obs_listeners, err),
	LIST(FIELD_ADDRS, obs_listeners, at_begin, OBS_MAX_LISTENERS),
	LIST(FIELD_ADDRS, obs_listeners, at_end, OBS_MAX_LISTENERS),
};
const struct shape listeners_shape = SHAPE(obs_listeners, listeners_fields);

static const struct field peer_fields[] = {
	ADDR(inbound_peer, peer),
	ADDR(inbound_peer, local),
	LIST(FIELD_TEXTS, inbound_peer, ranges, OBS_MAX_RANGES),
	TEXT_OR_NULL(inbound_peer, came_by),
	TEXT_OR_NULL(inbound_peer, left_by),
	UINT(inbound_peer, syns),
	UINT(inbound_peer, syn_acks),
	UINT(inbound_peer, connections),
	UINT(inbound_peer, answered),
	UINT(inbound_peer, elsewhere),
	UINT(inbound_peer, completed),
	UINT(inbound_peer, aborted),
	UINT(inbound_peer, refused),
	UINT(inbound_peer, rejected),
	UINT(inbound_peer, pending),
};
static const struct shape peer_shape = SHAPE(inbound_peer, peer_fields);

static const struct field inbound_fields[] = {
	UINT(obs_inbound, port),
	TEXT_OR_NULL(obs_inbound, source),
	OBJECTS("peers", obs_inbound, peers, OBS_MAX_INBOUND_PEERS, peer_shape),
	UINT(obs_inbound, more_peers),
	UINT(obs_inbound, unknown_syns),
};
const struct shape inbound_shape = SHAPE(obs_inbound, inbound_fields);
