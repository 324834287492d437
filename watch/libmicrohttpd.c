/* SPDX-License-Identifier: MIT */
#include "watch/libmicrohttpd.h"

#include "probe/base/library.h"

static const struct library_function functions[] = {
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
	return library_load("libmicrohttpd.so.12", functions,
	    sizeof functions / sizeof *functions, lib);
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
