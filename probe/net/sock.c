/* SPDX-License-Identifier: MIT */
#include "probe/net/sock.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* <linux/in6.h> has it, which does not go together with <netinet/in.h>. */
#ifndef IPV6_MINHOPCOUNT
#define IPV6_MINHOPCOUNT 73
#endif

static int bind_as_asked(int fd, const struct plan *plan, const struct addr *peer)
{
	if (plan->interface &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, plan->interface,
		(socklen_t)strlen(plan->interface)) < 0)
		return -errno;
	if (plan->source.family == peer->family) {
		struct sockaddr_storage ss;
		socklen_t len = addr_to_sockaddr(&plan->source, &ss);
		if (bind(fd, (const struct sockaddr *)&ss, len) < 0)
			return -errno;
	}
	return 0;
}

int sock_open(const struct plan *plan, const struct addr *peer, int type)
{
	const int on = 1;
	int fd = socket(peer->family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* Without the queue a reset and ICMP 3/3, or 3/13 and 11/0, share an errno. */
	if (peer->family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	int r = bind_as_asked(fd, plan, peer);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

static int set_int(int fd, int level, int name, unsigned value)
{
	int v = (int)value;
	return setsockopt(fd, level, name, &v, sizeof v) < 0 ? -errno : 0;
}

int sock_set_ttl(int fd, sa_family_t family, unsigned ttl)
{
	return family == AF_INET ? set_int(fd, IPPROTO_IP, IP_TTL, ttl)
				 : set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl);
}

int sock_set_min_ttl(int fd, sa_family_t family, unsigned ttl)
{
	return family == AF_INET ? set_int(fd, IPPROTO_IP, IP_MINTTL, ttl)
				 : set_int(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT, ttl);
}

int sock_set_max_seg(int fd, unsigned bytes)
{
	return set_int(fd, IPPROTO_TCP, TCP_MAXSEG, bytes);
}

int sock_want_ttl(int fd, sa_family_t family)
{
	return family == AF_INET ? set_int(fd, IPPROTO_IP, IP_RECVTTL, 1)
				 : set_int(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
}

ssize_t sock_recv_ttl(int fd, void *buf, size_t size, uint8_t *ret_ttl)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;

	struct iovec data = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = { .msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control };
	ssize_t n = recvmsg(fd, &msg, 0);
	*ret_ttl = 0;
	if (n < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		int ttl;
		bool told =
		    (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
		    (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT);
		if (!told || c->cmsg_len < CMSG_LEN(sizeof ttl))
			continue;
		memcpy(&ttl, CMSG_DATA(c), sizeof ttl);
		*ret_ttl = (uint8_t)ttl;
	}
	return n;
}

int sock_set_abort(int fd)
{
	const struct linger at_once = { .l_onoff = 1 };
	int r = setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	return r < 0 ? -errno : 0;
}

int sock_set_keepalive(int fd, unsigned seconds)
{
	const int on = 1, probes = 3, after = (int)seconds;

	/* Switched on first: a shorter time then counts from the last segment. */
	if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &after, sizeof after) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &after, sizeof after) < 0)
		return -errno;
	return 0;
}

int sock_connect(int fd, const struct addr *peer)
{
	struct sockaddr_storage ss;
	socklen_t len = addr_to_sockaddr(peer, &ss);
	return connect(fd, (const struct sockaddr *)&ss, len) < 0 ? -errno : 0;
}

int sock_take_error(int fd)
{
	int err = 0;
	socklen_t len = sizeof err;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		return errno;
	return err;
}

struct addr sock_local(int fd)
{
	struct addr a = { 0 };
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;
	if (getsockname(fd, (struct sockaddr *)&ss, &len) == 0)
		addr_from_sockaddr((const struct sockaddr *)&ss, &a);
	return a;
}

static void read_extended_error(const struct cmsghdr *c, struct icmp_error *ret)
{
	struct {
		struct sock_extended_err error;
		struct sockaddr_storage offender;
	} data;

	size_t len = c->cmsg_len - CMSG_LEN(0);

	memset(&data, 0, sizeof data);
	memcpy(&data.error, CMSG_DATA(c), sizeof data.error);
	if (len > sizeof data.error) {
		size_t rest = len - sizeof data.error;
		if (rest > sizeof data.offender)
			rest = sizeof data.offender;
		memcpy(&data.offender, CMSG_DATA(c) + sizeof data.error, rest);
	}
	*ret = (struct icmp_error){
		.present = true,
		.v6 = data.error.ee_origin == SO_EE_ORIGIN_ICMP6,
		.local = data.error.ee_origin == SO_EE_ORIGIN_LOCAL,
		.type = data.error.ee_type,
		.code = data.error.ee_code,
	};
	if (data.error.ee_errno == EMSGSIZE)
		ret->mtu = data.error.ee_info;
	addr_from_sockaddr((const struct sockaddr *)&data.offender, &ret->offender);
	ret->offender.port = 0;
}

struct icmp_error sock_take_icmp(int fd)
{
	struct icmp_error last = { 0 };
	/* Bounded: a peer could keep the queue filled. */
	for (int i = 0; i < 64; i++) {
		char payload[64], control[512];
		struct iovec iov = { .iov_base = payload, .iov_len = sizeof payload };
		struct msghdr m = { .msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof control };
		if (recvmsg(fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			break;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
			bool v4 =
			    c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
			bool v6 = c->cmsg_level == IPPROTO_IPV6 &&
				  c->cmsg_type == IPV6_RECVERR;
			if ((v4 || v6) &&
			    c->cmsg_len >= CMSG_LEN(sizeof(struct sock_extended_err)))
				read_extended_error(c, &last);
		}
	}
	return last;
}

struct tcp_facts sock_tcp_facts(int fd)
{
	struct tcp_info t;
	socklen_t len = sizeof t;
	/* An older kernel fills less; what it does not know reads as zero. */
	memset(&t, 0, sizeof t);
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &t, &len) < 0)
		return (struct tcp_facts){ 0 };
	return (struct tcp_facts){
		.present = true,
		.state = t.tcpi_state,
		.retransmits = t.tcpi_retransmits,
		.total_retrans = t.tcpi_total_retrans,
		.unacked = t.tcpi_unacked,
		.snd_mss = t.tcpi_snd_mss,
		.rcv_mss = t.tcpi_rcv_mss,
		.advmss = t.tcpi_advmss,
		.pmtu = t.tcpi_pmtu,
		.rtt_us = t.tcpi_rtt,
		.min_rtt_us = t.tcpi_min_rtt,
		.segs_in = t.tcpi_segs_in,
		.segs_out = t.tcpi_segs_out,
		.data_segs_in = t.tcpi_data_segs_in,
		.data_segs_out = t.tcpi_data_segs_out,
		.bytes_acked = t.tcpi_bytes_acked,
		.bytes_received = t.tcpi_bytes_received,
		/* Linux 5.4; an older kernel fills less than this member. */
		.zero_window = len >= offsetof(struct tcp_info, tcpi_snd_wnd) +
					  sizeof t.tcpi_snd_wnd &&
			       t.tcpi_snd_wnd == 0,
	};
}

bool sock_has_event(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	return poll(&p, 1, 0) > 0;
}

bool sock_is_stale(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

unsigned long sock_raise_limit(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return 256;
	if (r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &r) < 0)
			getrlimit(RLIMIT_NOFILE, &r);
	}
	return r.rlim_cur;
}
