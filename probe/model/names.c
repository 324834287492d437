/* SPDX-License-Identifier: MIT */
#include <stddef.h>
#include <string.h>

#include "probe/model/obs.h"
#include "probe/model/plan.h"

static const char *const protocol_names[] = {
	[PROTO_HTTPS] = "https",
	[PROTO_HTTP] = "http",
	[PROTO_WSS] = "wss",
	[PROTO_WS] = "ws",
	[PROTO_TCP] = "tcp",
	[PROTO_SMB] = "smb",
	[PROTO_SSH] = "ssh",
	[PROTO_UDP] = "udp",
	[PROTO_DNS] = "dns",
	[PROTO_INBOUND] = "inbound",
};

const char *protocol_name(enum protocol p)
{
	return protocol_names[p];
}

bool protocol_from_name(const char *name, enum protocol *ret)
{
	for (size_t i = 0; i < sizeof protocol_names / sizeof *protocol_names; i++) {
		if (strcmp(name, protocol_names[i]) == 0) {
			*ret = (enum protocol)i;
			return true;
		}
	}
	return false;
}

bool protocol_connects(enum protocol p)
{
	return p != PROTO_UDP && p != PROTO_DNS && p != PROTO_INBOUND;
}

bool protocol_is_http(enum protocol p)
{
	return p == PROTO_HTTPS || p == PROTO_HTTP || protocol_is_websocket(p);
}

bool protocol_is_websocket(enum protocol p)
{
	return p == PROTO_WSS || p == PROTO_WS;
}

bool protocol_is_tls(enum protocol p)
{
	return p == PROTO_HTTPS || p == PROTO_WSS;
}

bool idle_has_died(enum idle_outcome outcome)
{
	switch (outcome) {
	case IDLE_RESET:
	case IDLE_CLOSED:
	case IDLE_RESET_AT_USE:
	case IDLE_UNACKNOWLEDGED:
	case IDLE_UNANSWERED:
		return true;
	default:
		return false;
	}
}

const char *stage_name(enum stage s)
{
	static const char *const names[] = {
		[STAGE_HOST] = "host",
		[STAGE_DNS] = "dns",
		[STAGE_TCP] = "tcp",
		[STAGE_TLS] = "tls",
		[STAGE_HTTP] = "http",
		[STAGE_WEBSOCKET] = "websocket",
		[STAGE_UDP] = "udp",
	};
	return names[s];
}
