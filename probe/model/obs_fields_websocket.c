/* SPDX-License-Identifier: MIT */
#include "probe/model/obs_shapes.h"

/* The members of obs_websocket, obs_jupyter and obs_idle, see obs_fields.h. */

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

static const struct word idle_modes[] = {
	{ IDLE_SILENT_FLOW, "silent" },
	{ IDLE_KEEPALIVE, "keepalive" },
	{ IDLE_PINGS, "pings" },
	{ IDLE_FRESH, "fresh" },
	{ 0, NULL },
};
static const struct word idle_outcomes[] = {
	{ IDLE_ALIVE, "alive" },
	{ IDLE_RESET, "reset" },
	{ IDLE_CLOSED, "closed" },
	{ IDLE_RESET_AT_USE, "reset_at_use" },
	{ IDLE_UNACKNOWLEDGED, "unacknowledged" },
	{ IDLE_UNANSWERED, "unanswered" },
	{ IDLE_NOT_OPENED, "not_opened" },
	{ IDLE_NOT_KEPT, "not_kept" },
	{ IDLE_CUT, "cut" },
	{ 0, NULL },
};
static const struct field idle_fields[] = {
	ADDR_OR_NULL("peer", obs_idle, peer),
	BOOL(obs_idle, via_proxy),
	WORD(obs_idle, mode, idle_modes),
	WORD(obs_idle, outcome, idle_outcomes),
	DURATION("idle_ms", obs_idle, idle, false),
	DURATION("interval_ms", obs_idle, interval, true),
	DURATION("silent_ms", obs_idle, silent, true),
	DURATION("answer_ms", obs_idle, answer, true),
	UINT(obs_idle, pings),
	UINT(obs_idle, frames_in),
	INT(obs_idle, close_code, 0),
	TEXT_OR_NULL(obs_idle, reason),
	ERRNO(obs_idle, err),
	ICMP(obs_idle),
	TCP_INFO(obs_idle),
};
const struct shape idle_shape = SHAPE(obs_idle, idle_fields);
