/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_FLOW_RESET_H
#define CHECKS_FLOW_RESET_H

#include "probe/model/flow.h"

/*
 * What the server's resets of one flow give away of their sender, from the packets of
 * that flow alone. Each is false where the client reset, or nobody did.
 */

/* What two of them say, for people. */
#define FLOW_RESET_ACKS_DATA                                                           \
	"the reset itself acknowledges our data, which nothing did before"
#define FLOW_RESET_OUT_OF_ORDER                                                        \
	"a reset without ACK came before one with ACK, or one with ACK acknowledges "  \
	"nothing: two senders, or an order that was changed on the way"
#define FLOW_RESET_BALANCER "a load balancer in front of the server"

/** A reset by another sender than the one that accepted the connection. */
bool flow_reset_other_ttl(const struct obs_flow *f);

/** A reset sooner than its sender can have heard of what it answers. */
bool flow_reset_too_early(const struct obs_flow *f, nsec_t rtt);

/** A reset as hosts and devices send it that know no such connection. */
bool flow_reset_stateless(const struct obs_flow *f);

/**
 * Several resets before any answer, whose sequence numbers run ahead of all that the
 * server has sent. A TCP resets with the one number that is its next, or with one that
 * it was just told (RFC 9293 section 3.5.2): who sends more has to guess.
 */
bool flow_reset_guesses(const struct obs_flow *f);

/**
 * The reset is what acknowledges our data, and nothing did before. Of an application
 * whose stack delays acknowledgements, a load balancer and a device it looks the same.
 */
bool flow_reset_acks_data(const struct obs_flow *f);

/**
 * A reset without ACK came before one with ACK, or one with ACK acknowledges nothing.
 * The other order is that of every host: an abort, and what is said of data behind it.
 */
bool flow_reset_out_of_order(const struct obs_flow *f);

/**
 * The connection lives on behind a reset that used old sequence numbers: data that the
 * client sent afterwards was acknowledged. So the server has not sent it.
 */
bool flow_reset_survived(const struct obs_flow *f);

#endif
