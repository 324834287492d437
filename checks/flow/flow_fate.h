/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_FLOW_FATE_H
#define CHECKS_FLOW_FATE_H

#include "probe/model/flow.h"

/*
 * How a flow ended, from its own packets alone: the classes of flow signatures that
 * docs/captures.md lists. Who is to blame is another question.
 */
enum flow_fate {
	FATE_FINE,
	FATE_PARTIAL,    /* nothing wrong in what was captured of it */
	FATE_SYN_SILENT, /* no SYN was answered */
	FATE_SYN_RESET,
	FATE_SYN_RESET_ACCEPTED, /* reset, and then accepted */
	FATE_SYN_ICMP,
	FATE_STALE,          /* answered as if it were another connection */
	FATE_ANSWER_LOST,    /* the SYN-ACK passed, and the client asked again */
	FATE_HALF_OPEN,      /* the server repeats its SYN-ACK, deaf to our data */
	FATE_ACCEPTED_RESET, /* reset before any data */
	FATE_DATA_SILENT,    /* our data was never acknowledged */
	FATE_DATA_RESET,     /* reset before the answer was complete */
	FATE_DATA_CLOSED,    /* closed without an answer */
	FATE_ALERT,
	FATE_NOT_TLS,       /* the ClientHello was answered in plain HTTP */
	FATE_ANSWER_SILENT, /* acknowledged, and never answered */
	FATE_ANSWER_STUCK,  /* the answer has a gap that is never filled */
	FATE_IDLE_RESET,
	FATE_IDLE_SILENT,
	FATE_REFUSED_BY_HTTP, /* a status of a proxy or filter */
	FATE_DNS_SILENT,
	FATE_DNS_TWO_ANSWERS,
	FATE_DNS_NAME_ERROR,
	FATE_DNS_FAILURE,
	FATE_DNS_REFUSED,
	FATE_TRACE,      /* a path trace: its SYN was not to arrive */
	FATE_ONE_WAY,    /* the other direction was not captured */
	FATE_UNFINISHED, /* the capture ended too early to tell */
};

enum flow_fate flow_fate(const struct obs_flow *f);

/** Whether the fate says that something is wrong with the network or the peer. */
bool flow_fate_is_failure(enum flow_fate fate);

/** What else distinguishes failures of one fate; those that agree are told once. */
unsigned flow_variant(const struct obs_flow *f);

#endif
