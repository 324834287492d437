/* SPDX-License-Identifier: MIT */
#include "probe/forensics/route.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe/base/arena.h"
#include "probe/base/wire.h"
#include "probe/forensics/job.h"

int route_open(void)
{
	int fd =
	    socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	return fd < 0 ? -errno : fd;
}

struct question {
	struct nlmsghdr header;
	struct rtmsg route;
	char attributes[128];
};

static void add(struct question *q, unsigned short type, const void *value, size_t len)
{
	struct rtattr a = { .rta_len = (unsigned short)RTA_LENGTH(len),
		.rta_type = type };
	size_t at = NLMSG_ALIGN(q->header.nlmsg_len);
	memcpy((char *)q + at, &a, sizeof a);
	memcpy((char *)q + at + RTA_LENGTH(0), value, len);
	q->header.nlmsg_len = (uint32_t)(at + RTA_ALIGN(a.rta_len));
}

static size_t ip_size(sa_family_t family)
{
	return family == AF_INET ? 4 : 16;
}

static struct question ask_for(const struct plan *plan, const struct addr *peer)
{
	const uint8_t tcp = IPPROTO_TCP;
	uint16_t port = htons(peer->port);
	struct question q = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof q.route),
		    .nlmsg_type = RTM_GETROUTE,
		    .nlmsg_flags = NLM_F_REQUEST },
		.route = { .rtm_family = peer->family,
		    .rtm_dst_len = (uint8_t)(8 * ip_size(peer->family)) },
	};
	add(&q, RTA_DST, peer->ip, ip_size(peer->family));
	if (plan->source.family == peer->family) {
		q.route.rtm_src_len = (uint8_t)(8 * ip_size(peer->family));
		add(&q, RTA_SRC, plan->source.ip, ip_size(peer->family));
	}
	unsigned interface = peer->scope;
	if (plan->interface)
		interface = if_nametoindex(plan->interface);
	if (interface)
		add(&q, RTA_OIF, &interface, sizeof interface);
	/* Policy routing may look at them; kernels before 4.19 do not ask. */
	add(&q, RTA_IP_PROTO, &tcp, sizeof tcp);
	if (port)
		add(&q, RTA_DPORT, &port, sizeof port);
	return q;
}

/* One attribute of a message whose lengths may be anything. */
struct attribute {
	unsigned type;
	const char *data;
	size_t len;
};

static bool next_attribute(struct wire *w, struct attribute *ret)
{
	struct rtattr a;
	const uint8_t *head = wire_take(w, sizeof a);
	if (!head)
		return false;
	memcpy(&a, head, sizeof a);
	if (a.rta_len < sizeof a)
		return false;
	ret->type = a.rta_type & (unsigned)NLA_TYPE_MASK;
	ret->len = a.rta_len - sizeof a;
	ret->data = (const char *)wire_take(w, ret->len);
	size_t padding = RTA_ALIGN(a.rta_len) - a.rta_len;
	/* The last one may come without it. */
	if (padding <= w->len - w->pos)
		wire_take(w, padding);
	return ret->data != NULL;
}

static struct addr address_of(const struct attribute *a, sa_family_t family)
{
	struct addr ip = { 0 };
	if (a->len == ip_size(family)) {
		ip.family = (uint8_t)family;
		memcpy(ip.ip, a->data, a->len);
	}
	return ip;
}

static uint32_t number_of(const struct attribute *a)
{
	uint32_t n = 0;
	if (a->len >= sizeof n)
		memcpy(&n, a->data, sizeof n);
	return n;
}

static uint32_t mtu_of(const struct attribute *metrics)
{
	struct wire w = wire_init(metrics->data, metrics->len);
	struct attribute m;
	while (next_attribute(&w, &m))
		if (m.type == RTAX_MTU)
			return number_of(&m);
	return 0;
}

static void read_attribute(const struct attribute *a, sa_family_t family,
    struct arena *arena, struct obs_route *ret)
{
	char name[IF_NAMESIZE];
	switch (a->type) {
	case RTA_GATEWAY:
		ret->gateway = address_of(a, family);
		break;
	case RTA_PREFSRC:
		ret->source = address_of(a, family);
		break;
	case RTA_OIF:
		if (if_indextoname(number_of(a), name))
			ret->interface = arena_strdup(arena, name);
		break;
	case RTA_TABLE:
		ret->table = number_of(a);
		break;
	case RTA_METRICS:
		ret->mtu = mtu_of(a);
		break;
	default:
		break;
	}
}

/* IPv6 answers a rejecting route as a route of that type, not as an error. */
static int error_of_type(unsigned char type)
{
	switch (type) {
	case RTN_BLACKHOLE:
		return EINVAL;
	case RTN_UNREACHABLE:
		return EHOSTUNREACH;
	case RTN_PROHIBIT:
		return EACCES;
	case RTN_THROW:
		return ENETUNREACH;
	default:
		return 0;
	}
}

bool route_parse(
    const void *bytes, size_t len, struct arena *arena, struct obs_route *ret)
{
	struct wire w = wire_init(bytes, len);
	struct nlmsghdr h;
	struct nlmsgerr error;
	struct rtmsg route;
	struct attribute a;

	const uint8_t *head = wire_take(&w, sizeof h);
	if (!head)
		return false;
	memcpy(&h, head, sizeof h);
	if (h.nlmsg_len < sizeof h || h.nlmsg_len > len)
		return false;
	w.len = h.nlmsg_len;
	if (h.nlmsg_type == NLMSG_ERROR) {
		const uint8_t *body = wire_take(&w, sizeof error);
		if (body)
			memcpy(&error, body, sizeof error);
		ret->err = body ? -error.error : 0;
		return body != NULL;
	}
	const uint8_t *body = wire_take(&w, sizeof route);
	if (h.nlmsg_type != RTM_NEWROUTE || !body)
		return false;
	memcpy(&route, body, sizeof route);
	ret->err = error_of_type(route.rtm_type);
	ret->table = route.rtm_table;
	while (next_attribute(&w, &a))
		read_attribute(&a, route.rtm_family, arena, ret);
	return true;
}

int route_ask(int fd, const struct plan *plan, const struct addr *peer,
    struct arena *arena, struct obs_route *ret)
{
	_Alignas(struct nlmsghdr) char answer[4096];
	struct question q = ask_for(plan, peer);
	ssize_t n = send(fd, &q, q.header.nlmsg_len, 0);

	if (n >= 0)
		n = recv(fd, answer, sizeof answer, 0);
	if (n < 0)
		return -errno;
	return route_parse(answer, (size_t)n, arena, ret) ? 0 : -EPROTO;
}

static void begin(struct job *job)
{
	int fd = route_open();
	int r = fd;
	if (fd >= 0) {
		r = route_ask(
		    fd, job->f->plan, &job->order.peer, job->f->arena, &job->obs.route);
		close(fd);
	}
	if (!job->f->can.route)
		job_end(job, ORDER_UNSUPPORTED, r < 0 ? -r : 0);
	else
		job_end(job, r < 0 ? ORDER_CANNOT : ORDER_DONE, r < 0 ? -r : 0);
}

static void stop(struct job *job)
{
	(void)job; /* nothing outlives begin */
}

const struct job_kind job_route = {
	.size = sizeof(struct job), .begin = begin, .stop = stop
};
