/* SPDX-License-Identifier: MIT */
#include "watch/libmicrohttpd.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	{ "MHD_start_daemon", offsetof(struct libmicrohttpd, start_daemon) },
	{ "MHD_stop_daemon", offsetof(struct libmicrohttpd, stop_daemon) },
	{ "MHD_get_connection_info",
	    offsetof(struct libmicrohttpd, get_connection_info) },
	{ "MHD_create_response_from_buffer",
	    offsetof(struct libmicrohttpd, create_response) },
	{ "MHD_create_response_from_buffer_with_free_callback_cls",
	    offsetof(struct libmicrohttpd, create_shared_response) },
	{ "MHD_add_response_header",
	    offsetof(struct libmicrohttpd, add_response_header) },
	{ "MHD_queue_response", offsetof(struct libmicrohttpd, queue_response) },
	{ "MHD_destroy_response", offsetof(struct libmicrohttpd, destroy_response) },
};

static bool load(struct libmicrohttpd *lib)
{
	/* The soname of 0.9.12 to 1.0. */
	void *handle = dlopen("libmicrohttpd.so.12", RTLD_LAZY | RTLD_LOCAL);
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

const struct libmicrohttpd *libmicrohttpd_get(void)
{
	static struct libmicrohttpd lib;
	static bool tried, usable;

	if (!tried) {
		tried = true;
		usable = load(&lib);
	}
	return usable ? &lib : NULL;
}
