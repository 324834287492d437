/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_LIBPCAP_H
#define PROBE_CAPTURE_LIBPCAP_H

#include <pcap/pcap.h>

/*
 * libpcap, loaded when a capture is wanted. Distributions link it with D-Bus, systemd
 * and InfiniBand libraries, which no run without a capture should pay for. The
 * functions are libpcap's own, by their names.
 */
struct libpcap {
	__typeof__(pcap_fopen_offline_with_tstamp_precision)
	    *fopen_offline_with_tstamp_precision;
	__typeof__(pcap_close) *close;
	__typeof__(pcap_datalink) *datalink;
	__typeof__(pcap_dispatch) *dispatch;
	__typeof__(pcap_geterr) *geterr;
};

/** NULL when libpcap.so.0.8 is not there or lacks a function. */
const struct libpcap *libpcap_get(void);

#endif
