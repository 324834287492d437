/* SPDX-License-Identifier: MIT */
#include "probe/capture/libpcap.h"

#include "probe/base/library.h"

static const struct library_function functions[] = {
	{ "pcap_create", offsetof(struct libpcap, create) },
	{ "pcap_set_snaplen", offsetof(struct libpcap, set_snaplen) },
	{ "pcap_set_immediate_mode", offsetof(struct libpcap, set_immediate_mode) },
	{ "pcap_set_buffer_size", offsetof(struct libpcap, set_buffer_size) },
	{ "pcap_set_tstamp_precision", offsetof(struct libpcap, set_tstamp_precision) },
	{ "pcap_activate", offsetof(struct libpcap, activate) },
	{ "pcap_set_datalink", offsetof(struct libpcap, set_datalink) },
	{ "pcap_setnonblock", offsetof(struct libpcap, setnonblock) },
	{ "pcap_fileno", offsetof(struct libpcap, fileno) },
	{ "pcap_stats", offsetof(struct libpcap, stats) },
	{ "pcap_statustostr", offsetof(struct libpcap, statustostr) },
	{ "pcap_close", offsetof(struct libpcap, close) },
	{ "pcap_dispatch", offsetof(struct libpcap, dispatch) },
	{ "pcap_geterr", offsetof(struct libpcap, geterr) },
};

static bool load(struct libpcap *lib)
{
	/* Debian's name for it, which Ubuntu shares. */
	return library_load(
	    "libpcap.so.0.8", functions, sizeof functions / sizeof *functions, lib);
}

const struct libpcap *libpcap_get(void)
{
	static struct libpcap lib;
	static bool tried, usable;

	if (!tried) {
		tried = true;
		usable = load(&lib);
	}
	return usable ? &lib : NULL;
}
