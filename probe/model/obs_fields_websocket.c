/* SPDX-License-Identifier: MIT */
#include "probe/model/obs_shapes.h"

/* The members of obs_websocket and obs_jupyter, see obs_fields.h. */

static const struct word websocket_outcomes[] = {
	{ WEBSOCKET_CLOSED, "closed" },
	{ WEBSOCKET_ENDED, "ended" },
	{ WEBSOCKET_RESET, "reset" },
	{ WEBSOCKET_TIMEOUT, "timeout" },
	{ WEBSOCKET_MALFORMED, "malformed" },
	{ WEBSOCKET_TOO_MUCH, "too_much" },
	{ 0, NULL },
};
static const struct word websocket_echoes[] = {
	{ ECHO_NONE, "none" },
	{ ECHO_SAME, "same" },
	{ ECHO_OTHER, "other" },
	{ 0, NULL },
};
static const struct field websocket_fields[] = {
	ADDR_OR_NULL("peer", obs_websocket, peer),
	BOOL(obs_websocket, via_proxy),
	WORD(obs_websocket, outcome, websocket_outcomes),
	TEXT_OR_NULL(obs_websocket, protocol),
	DURATION("ping_ms", obs_websocket, ping_rtt, true),
	WORD(obs_websocket, echo, websocket_echoes),
	INT(obs_websocket, close_code, 0),
	TEXT_OR_NULL(obs_websocket, close_reason),
	BOOL(obs_websocket, closed_by_peer),
	UINT(obs_websocket, frames_in),
	UINT(obs_websocket, pings_in),
	UINT(obs_websocket, bytes_in),
	TEXT_OR_NULL(obs_websocket, reason),
	ERRNO(obs_websocket, err),
	ICMP(obs_websocket),
	TCP_INFO(obs_websocket),
};
const struct shape websocket_shape = SHAPE(obs_websocket, websocket_fields);

static const struct word jupyter_steps[] = {
	{ JUPYTER_START_KERNEL, "start_kernel" },
	{ JUPYTER_OPEN_CHANNEL, "open_channel" },
	{ JUPYTER_EXECUTE, "execute" },
	{ JUPYTER_DELETE_KERNEL, "delete_kernel" },
	{ JUPYTER_START_TERMINAL, "start_terminal" },
	{ JUPYTER_OPEN_TERMINAL, "open_terminal" },
	{ JUPYTER_TERMINAL_ECHO, "terminal_echo" },
	{ JUPYTER_DELETE_TERMINAL, "delete_terminal" },
	{ 0, NULL },
};
static const struct word jupyter_outcomes[] = {
	{ JUPYTER_DONE, "done" },
	{ JUPYTER_REFUSED, "refused" },
	{ JUPYTER_NO_ANSWER, "no_answer" },
	{ JUPYTER_WRONG_ANSWER, "wrong_answer" },
	{ JUPYTER_BROKEN, "broken" },
	{ JUPYTER_TOKEN_WITHHELD, "token_withheld" },
	{ JUPYTER_CUT, "cut" },
	{ 0, NULL },
};
static const struct field jupyter_fields[] = {
	ADDR_OR_NULL("peer", obs_jupyter, peer),
	BOOL(obs_jupyter, via_proxy),
	WORD(obs_jupyter, step, jupyter_steps),
	WORD(obs_jupyter, outcome, jupyter_outcomes),
	INT(obs_jupyter, http_status, 0),
	TEXT_OR_NULL(obs_jupyter, result),
	TEXT_OR_NULL(obs_jupyter, reason),
};
const struct shape jupyter_shape = SHAPE(obs_jupyter, jupyter_fields);
