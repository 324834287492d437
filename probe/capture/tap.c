/* SPDX-License-Identifier: MIT */
#include "probe/capture/tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "probe/base/alloc.h"
#include "probe/capture/libpcap.h"
#include "probe/capture/own_sockets.h"
#include "probe/capture/tap_filter.h"

enum {
	AT_ONCE = 4096,
};

struct tap {
	const struct libpcap *lib;
	pcap_t *pcap;
	unsigned snaplen, buffer;
	struct own_sockets own;
	const struct inbound *inbound; /* NULL = no port is watched */
	struct peer_ranges peers;      /* that the filter lets through */
	int filter_err;                /* of the last filter that the kernel refused */
	bool broken;
	char error[CAPTURE_ERROR_MAX];
	tap_frame_fn *take;
	void *arg;
};

/*
 * Set on the socket itself: pcap_setfilter() lets nothing through while it changes the
 * filter of a running capture, and packets of the run would be missing.
 */
static void set_filter(struct tap *t)
{
	struct sock_filter code[TAP_FILTER_MAX];
	struct sock_fprog program = { .filter = code };
	struct tap_wanted wanted = { .peers = &t->peers };
	if (t->inbound)
		wanted.ports = inbound_ports(t->inbound, &wanted.n_ports);
	program.len = (unsigned short)tap_filter_build(&wanted, t->snaplen, code);
	if (setsockopt(t->lib->fileno(t->pcap), SOL_SOCKET, SO_ATTACH_FILTER, &program,
		sizeof program) < 0)
		t->filter_err = errno;
}

static bool configure(struct tap *t)
{
	const struct libpcap *lib = t->lib;
	return lib->set_snaplen(t->pcap, (int)t->snaplen + TAP_HEADER) == 0 &&
	       lib->set_immediate_mode(t->pcap, 1) == 0 &&
	       lib->set_buffer_size(t->pcap, (int)t->buffer) == 0 &&
	       lib->set_tstamp_precision(t->pcap, PCAP_TSTAMP_PRECISION_NANO) == 0;
}

static bool activate(struct tap *t, char err[CAPTURE_ERROR_MAX])
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	int r = t->lib->activate(t->pcap);
	if (r == PCAP_ERROR_PERM_DENIED) {
		snprintf(err, CAPTURE_ERROR_MAX, "no CAP_NET_RAW");
		return false;
	}
	if (r < 0) {
		snprintf(err, CAPTURE_ERROR_MAX, "%.300s", t->lib->geterr(t->pcap));
		return false;
	}
	if (t->lib->set_datalink(t->pcap, TAP_LINK) < 0 ||
	    t->lib->setnonblock(t->pcap, 1, reason) < 0) {
		snprintf(err, CAPTURE_ERROR_MAX,
		    "this libpcap has no Linux cooked "
		    "capture of version 2");
		return false;
	}
	return true;
}

static bool start(struct tap *t, char err[CAPTURE_ERROR_MAX])
{
	char reason[PCAP_ERRBUF_SIZE] = "";
	t->lib = libpcap_get();
	if (!t->lib) {
		snprintf(err, CAPTURE_ERROR_MAX,
		    "libpcap.so.0.8 is not installed (package libpcap0.8)");
		return false;
	}
	t->pcap = t->lib->create("any", reason);
	if (!t->pcap || !configure(t)) {
		snprintf(err, CAPTURE_ERROR_MAX, "%.300s",
		    t->pcap ? t->lib->geterr(t->pcap) : reason);
		return false;
	}
	if (!activate(t, err))
		return false;
	set_filter(t);
	if (t->filter_err == 0)
		return true;
	snprintf(err, CAPTURE_ERROR_MAX, "the filter: %.200s", strerror(t->filter_err));
	return false;
}

struct tap *tap_open(unsigned snaplen, unsigned buffer, const struct inbound *inbound,
    char err[CAPTURE_ERROR_MAX])
{
	struct tap *t = alloc_zeroed(1, sizeof *t);
	t->snaplen = snaplen;
	t->buffer = buffer;
	t->inbound = inbound;
	if (start(t, err))
		return t;
	tap_close(t);
	return NULL;
}

void tap_close(struct tap *t)
{
	if (!t)
		return;
	if (t->pcap)
		t->lib->close(t->pcap);
	own_sockets_deinit(&t->own);
	free(t);
}

void tap_connecting(struct tap *t, const struct addr *peer)
{
	if (peer_ranges_add(&t->peers, peer))
		set_filter(t);
}

void tap_connected(struct tap *t, const struct addr *local, const struct addr *peer)
{
	own_sockets_add(&t->own, local, peer);
}

static void take(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct tap *t = (struct tap *)(void *)user;
	struct tap_frame frame = { .bytes = bytes,
		.have = h->caplen,
		.wire = h->len,
		/* Nanoseconds, as asked for. */
		.at = (nsec_t)h->ts.tv_sec * NSEC_PER_SEC + h->ts.tv_usec };
	struct packet p;
	packet_decode(TAP_LINK, bytes, h->caplen, h->len, &p);
	frame.own = own_sockets_has(&t->own, &p);
	if (frame.own || (t->inbound && inbound_port_of(t->inbound, &p)))
		t->take(t->arg, &frame, &p);
}

void tap_drain(struct tap *t, tap_frame_fn *fn, void *arg)
{
	int r = 1;
	t->take = fn;
	t->arg = arg;
	while (r > 0 && !t->broken)
		r = t->lib->dispatch(t->pcap, AT_ONCE, take, (u_char *)t);
	if (r >= 0)
		return;
	t->broken = true;
	snprintf(t->error, sizeof t->error, "%.300s", t->lib->geterr(t->pcap));
}

bool tap_dropped(const struct tap *t, uint64_t *ret)
{
	struct pcap_stat s = { 0 };
	if (t->lib->stats(t->pcap, &s) < 0)
		return false;
	*ret = s.ps_drop;
	return true;
}

const char *tap_stopped(const struct tap *t)
{
	if (t->broken)
		return t->error;
	if (t->filter_err)
		return strerror(t->filter_err);
	return t->own.full ? "more sockets than a capture tells apart" : NULL;
}
