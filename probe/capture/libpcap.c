/* SPDX-License-Identifier: MIT */
#include "probe/capture/libpcap.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	{ "pcap_fopen_offline_with_tstamp_precision",
	    offsetof(struct libpcap, fopen_offline_with_tstamp_precision) },
	{ "pcap_close", offsetof(struct libpcap, close) },
	{ "pcap_datalink", offsetof(struct libpcap, datalink) },
	{ "pcap_dispatch", offsetof(struct libpcap, dispatch) },
	{ "pcap_geterr", offsetof(struct libpcap, geterr) },
};

static bool load(struct libpcap *lib)
{
	/* Debian's name for it, which Ubuntu shares. */
	void *handle = dlopen("libpcap.so.0.8", RTLD_LAZY | RTLD_LOCAL);
	if (!handle)
		return false;
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		void *f = dlsym(handle, functions[i].name);
		if (!f)
			return false;
		/* POSIX makes an object pointer from dlsym() a function pointer. */
		memcpy((char *)lib + functions[i].offset, &f, sizeof f);
	}
	return true;
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
