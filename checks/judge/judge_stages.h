/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_JUDGE_STAGES_H
#define CHECKS_JUDGE_STAGES_H

#include "checks/judge/finding.h"

/*
 * The stages of a check in the order a client goes through them. Each reads the
 * check's own observations, adds evidence, and either lets the next stage speak
 * (true) or has said the last word (false).
 */
bool judge_dns(struct judging *j);

/**
 * After a later stage has failed: whether DNS led the check astray, as its suspicion
 * unless it has one.
 */
void judge_dns_suspect(struct judging *j);
bool judge_tcp(struct judging *j);
bool judge_tls(struct judging *j);
bool judge_http(struct judging *j); /* websocket upgrades too */
bool judge_exchange(struct judging *j);
bool judge_udp(struct judging *j);

/** A port of this machine that was watched. */
void judge_inbound(struct judging *j);

/**
 * The answer to an upgrade request (RFC 6455 section 4.2.2), and what followed it. True
 * = decided; else it says nothing about the upgrade, and is judged as any answer.
 */
bool judge_websocket(struct judging *j);

/** The explicit proxy's part in j->http. False = the proxy did its part. */
bool judge_proxy(struct judging *j);

/** A refusal of the proxy, with the status it answered. */
void judge_proxy_status(struct judging *j, int status);

/** A filter's page that a browser does not get. True = that is the cause. */
bool judge_user_agent(struct judging *j);

/** Warns when requests or answers are changed on the way. */
void judge_fidelity(struct judging *j);

/** Takes back certainty that the comparison with a plain GET does not give. */
void judge_websocket_doubt(struct judging *j);

/** The signed-in conversation. False = there was none. */
bool judge_jupyter(struct judging *j);

/** What --idle saw of a check that works; after its summary was made. */
void judge_idle(struct judging *j);

/** A check of which only a capture tells. */
bool judge_flows(struct judging *j);

/** Inconclusive: the stage has no observation to judge, or was cut short. */
bool judge_unfinished(struct judging *j, enum stage stage);

/** Finds the check's own observations from .first on; the last of a kind counts. */
void judge_read(struct judging *j);

/**
 * Holds the facts of the path against the approved ones, if there are any: drift fails
 * a check that works otherwise. What this run has not seen is told and no failure.
 */
void judge_baseline(struct judging *j);

/** How a stream that was open went dead before an answer came. */
enum stream_end {
	STREAM_RESET,
	STREAM_CLOSED,
	STREAM_SILENT
};

struct stream_death {
	const struct obs *obs;
	enum stream_end end;
	const struct addr *peer;
	const struct tcp_facts *info;
	const char *sni; /* the name the client had sent, or NULL */
};

/** Judges such an end, for TLS, HTTP and other protocols alike. */
void judge_stream_end(struct judging *j, const struct stream_death *d);

/** Whether the check's TLS handshake proved the peer's name. */
bool judge_tls_proven(const struct judging *j);

#endif
