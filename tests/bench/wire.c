/* SPDX-License-Identifier: MIT */
/*
 * A long cable between two network namespaces, for kernels without netem.
 *
 *   wire NETNS_A DEVICE_A NETNS_B DEVICE_B DELAY_MICROSECONDS
 *
 * NETNS_x is the path of a namespace (/run/netns/...). A TUN device is made in each;
 * a packet that leaves by one arrives at the other DELAY_MICROSECONDS later. "ready"
 * on stdout says that both exist. The program itself never drops: when its delay
 * line is full it stops reading, so what is lost is lost in the transmit queue of
 * the device (ip link ... txqueuelen) and shows in the device's statistics.
 */
#include "probe/base/nsec.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	/* 10 ms at 800,000 packets a second: never the bottleneck. */
	LINE_PACKETS = 8192,
	PACKET_BYTES = 2048, /* the devices' MTU is 1500 */
	READ_BURST = 64,     /* then the other direction gets its turn */
};

struct packet {
	nsec_t due;
	size_t len;
	uint8_t bytes[PACKET_BYTES];
};

/* One direction: a ring in arrival order, which is also the order of delivery. */
struct lane {
	int from, to;
	struct packet *ring;
	unsigned head, tail; /* free running; tail - head packets are inside */
};

static bool lane_empty(const struct lane *lane)
{
	return lane->head == lane->tail;
}

static bool lane_full(const struct lane *lane)
{
	return lane->tail - lane->head == LINE_PACKETS;
}

static void lane_take_in(struct lane *lane, nsec_t delay)
{
	for (int n = 0; n < READ_BURST && !lane_full(lane); n++) {
		struct packet *p = &lane->ring[lane->tail % LINE_PACKETS];
		const ssize_t len = read(lane->from, p->bytes, sizeof p->bytes);
		if (len <= 0)
			return;
		p->len = (size_t)len;
		p->due = nsec_now() + delay;
		lane->tail++;
	}
}

static void lane_deliver(struct lane *lane, nsec_t now)
{
	while (!lane_empty(lane)) {
		const struct packet *p = &lane->ring[lane->head % LINE_PACKETS];
		if (p->due > now)
			return;
		lane->head++;
		/* Refused when the device is down: what a cut cable does. */
		if (write(lane->to, p->bytes, p->len) < 0)
			continue;
	}
}

static int open_tun(const char *netns, const char *device)
{
	const int ns = open(netns, O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		return -1;
	const int entered = setns(ns, CLONE_NEWNET);
	close(ns);
	if (entered != 0)
		return -1;

	const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	snprintf(request.ifr_name, sizeof request.ifr_name, "%s", device);
	if (ioctl(fd, TUNSETIFF, &request) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The time until the next packet is due, or NULL: wait for a packet to arrive. */
static const struct timespec *until_next(
    const struct lane lanes[2], nsec_t now, struct timespec *buffer)
{
	nsec_t next = INT64_MAX;
	for (int i = 0; i < 2; i++) {
		const struct lane *lane = &lanes[i];
		if (lane_empty(lane))
			continue;
		const nsec_t due = lane->ring[lane->head % LINE_PACKETS].due;
		if (due < next)
			next = due;
	}
	if (next == INT64_MAX)
		return NULL;
	const nsec_t wait = next > now ? next - now : 0;
	*buffer = (struct timespec){ .tv_sec = wait / NSEC_PER_SEC,
		.tv_nsec = wait % NSEC_PER_SEC };
	return buffer;
}

static int carry(struct lane lanes[2], nsec_t delay)
{
	for (;;) {
		struct pollfd fds[2];
		for (int i = 0; i < 2; i++)
			fds[i] = (struct pollfd){ .fd = lanes[i].from,
				.events = lane_full(&lanes[i]) ? 0 : POLLIN };
		struct timespec wait;
		if (ppoll(fds, 2, until_next(lanes, nsec_now(), &wait), NULL) < 0 &&
		    errno != EINTR)
			return -1;
		for (int i = 0; i < 2; i++) {
			if (fds[i].revents & POLLIN)
				lane_take_in(&lanes[i], delay);
			lane_deliver(&lanes[i], nsec_now());
		}
	}
}

int main(int argc, char **argv)
{
	const long delay = argc == 6 ? strtol(argv[5], NULL, 10) : 0;
	if (delay <= 0) {
		fprintf(stderr, "usage: wire NETNS DEVICE NETNS DEVICE MICROSECONDS\n");
		return 2;
	}
	const int a = open_tun(argv[1], argv[2]);
	const int b = a < 0 ? -1 : open_tun(argv[3], argv[4]);
	struct lane lanes[2] = { { .from = a, .to = b }, { .from = b, .to = a } };
	for (int i = 0; i < 2; i++)
		lanes[i].ring = calloc(LINE_PACKETS, sizeof *lanes[i].ring);
	if (b < 0 || !lanes[0].ring || !lanes[1].ring) {
		perror("wire");
		return 2;
	}
	puts("ready");
	fflush(stdout);
	carry(lanes, delay * NSEC_PER_USEC);
	perror("wire");
	return 2;
}
