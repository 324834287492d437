/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_LIBPCAP_H
#define PROBE_CAPTURE_LIBPCAP_H

#include <pcap/pcap.h>

/*
 * libpcap, loaded when a live capture is wanted. Distributions link it with D-Bus,
 * systemd and InfiniBand libraries, which no run without a capture should pay for. The
 * functions are libpcap's own, by their names.
 */
struct libpcap {
	__typeof__(pcap_create) *create;
	__typeof__(pcap_set_snaplen) *set_snaplen;
	__typeof__(pcap_set_immediate_mode) *set_immediate_mode;
	__typeof__(pcap_set_buffer_size) *set_buffer_size;
	__typeof__(pcap_set_tstamp_precision) *set_tstamp_precision;
	__typeof__(pcap_activate) *activate;
	__typeof__(pcap_set_datalink) *set_datalink;
	__typeof__(pcap_setnonblock) *setnonblock;
	__typeof__(pcap_fileno) *fileno;
	__typeof__(pcap_stats) *stats;
	__typeof__(pcap_statustostr) *statustostr;
	__typeof__(pcap_close) *close;
	__typeof__(pcap_dispatch) *dispatch;
	__typeof__(pcap_geterr) *geterr;
};

/** NULL when libpcap.so.0.8 is not there or lacks a function. */
const struct libpcap *libpcap_get(void);

#endif
