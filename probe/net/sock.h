/* SPDX-License-Identifier: MIT */
#ifndef PROBE_NET_SOCK_H
#define PROBE_NET_SOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "probe/model/obs.h"
#include "probe/model/plan.h"

/*
 * Non-blocking sockets as every prober opens them: close-on-exec, IP_RECVERR and
 * IPV6_RECVERR on, bound as --interface and --source ask.
 */

/** SOCK_STREAM or SOCK_DGRAM for the peer's family; a descriptor or -errno. */
int sock_open(const struct plan *plan, const struct addr *peer, int type);

/**
 * TTL or hop limit of what is sent, the least of what is received (ip(7) IP_MINTTL,
 * ipv6 IPV6_MINHOPCOUNT; 0 takes all), and the largest segment in both directions
 * (tcp(7) TCP_MAXSEG, before connect). 0 or -errno.
 */
int sock_set_ttl(int fd, sa_family_t family, unsigned ttl);
int sock_set_min_ttl(int fd, sa_family_t family, unsigned ttl);
int sock_set_max_seg(int fd, unsigned bytes);

/**
 * Has the kernel tell the TTL or hop limit of each datagram (ip(7) IP_RECVTTL, ipv6
 * IPV6_RECVHOPLIMIT). 0 or -errno.
 */
int sock_want_ttl(int fd, sa_family_t family);

/** recv() of one datagram with its TTL, 0 when it was not told; length or -errno. */
ssize_t sock_recv_ttl(int fd, void *buf, size_t size, uint8_t *ret_ttl);

/**
 * Sends keepalive probes after so many seconds of silence, and then as often; three
 * without an answer end it with ETIMEDOUT (tcp(7)). A silence that has lasted longer
 * already is broken at once. 0 or -errno.
 */
int sock_set_keepalive(int fd, unsigned seconds);

/** close() resets the connection and leaves no TIME_WAIT behind. 0 or -errno. */
int sock_set_abort(int fd);

/** connect(); 0, -EINPROGRESS or another -errno. */
int sock_connect(int fd, const struct addr *peer);

/** SO_ERROR, which it clears. */
int sock_take_error(int fd);

/** getsockname(); family 0 when it fails. */
struct addr sock_local(int fd);

/**
 * Drains the error queue and returns its last ICMP or local error; present is false
 * when it was empty (ip(7), IP_RECVERR).
 */
struct icmp_error sock_take_icmp(int fd);

/** TCP_INFO; present is false when the kernel tells nothing. */
struct tcp_facts sock_tcp_facts(int fd);

/** Whether poll() has anything to say about the descriptor right now. */
bool sock_has_event(int fd, short events);

/** Whether the peer ended a connection on which we have not sent anything yet. */
bool sock_is_stale(int fd);

/** Raises the soft limit of open files to the hard one; returns the limit. */
unsigned long sock_raise_limit(void);

#endif
