/* SPDX-License-Identifier: MIT */
#include "probe/model/order.h"

/* Rounds of a threshold search and its confirmation, see forensics/reply_ttl. */
enum {
	REPLY_TTL_PACKETS = 36,
	/* SYN, a ClientHello of two segments, its retransmissions, our last flight. */
	HANDSHAKE_PACKETS = 12,
	LOCAL_DATAGRAMS = 2,
	/* SYN, its repetitions within a connect timeout, the query. */
	DNS_TCP_PACKETS = 4,
	/* Two questions, a handshake with the proxy and one with the peer, the request.
	 */
	REQUEST_PACKETS = 16,
};

enum obs_kind order_obs_kind(enum order_kind kind)
{
	static const enum obs_kind kinds[N_ORDER_KINDS] = {
		[ORDER_ROUTE] = OBS_ROUTE,
		[ORDER_TTL_SCAN] = OBS_TTL_SCAN,
		[ORDER_CONTROL_CONNECT] = OBS_CONTROL_CONNECT,
		[ORDER_SOURCE_PORTS] = OBS_SOURCE_PORTS,
		[ORDER_REPLY_TTL] = OBS_REPLY_TTL,
		[ORDER_RESET_TEST] = OBS_RESET_TEST,
		[ORDER_TLS_VARIANT] = OBS_TLS_VARIANT,
		[ORDER_LOCAL_UDP] = OBS_LOCAL_UDP,
		[ORDER_COUNTED_SYNS] = OBS_COUNTED_SYNS,
		[ORDER_DNS_VARIANT] = OBS_DNS_VARIANT,
		[ORDER_REQUEST_VARIANT] = OBS_REQUEST_VARIANT,
	};

	return kinds[kind];
}

unsigned order_packets(const struct order *o)
{
	switch (o->kind) {
	case ORDER_ROUTE:
		break;
	case ORDER_TTL_SCAN:
		return 2 * OBS_MAX_HOPS;
	case ORDER_SOURCE_PORTS:
		return (o->n_ports ? o->n_ports : ORDER_PORTS) *
		       (o->rounds ? o->rounds : ORDER_ROUNDS);
	case ORDER_REPLY_TTL:
		return REPLY_TTL_PACKETS;
	case ORDER_RESET_TEST:
		return REPLY_TTL_PACKETS + OBS_MAX_FLOWS * HANDSHAKE_PACKETS;
	case ORDER_TLS_VARIANT:
		return HANDSHAKE_PACKETS;
	case ORDER_CONTROL_CONNECT:
		return 1;
	case ORDER_LOCAL_UDP:
		return LOCAL_DATAGRAMS;
	case ORDER_COUNTED_SYNS:
		/* Every other window is for comparison. */
		return OBS_MAX_WINDOWS / 2 * ORDER_BURST;
	case ORDER_DNS_VARIANT:
		if (o->form.transport == DNS_OVER_TCP)
			return DNS_TCP_PACKETS;
		return o->form.once ? 1 : ORDER_DNS_COPIES;
	case ORDER_REQUEST_VARIANT:
		return REQUEST_PACKETS;
	}
	return 0;
}
