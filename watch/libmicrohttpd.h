/* SPDX-License-Identifier: MIT */
#ifndef WATCH_LIBMICROHTTPD_H
#define WATCH_LIBMICROHTTPD_H

#include <microhttpd.h>

/*
 * Loaded when something is to be served: it brings a TLS library of its own, which
 * would double the time in which every other command starts.
 */
struct libmicrohttpd {
	__typeof__(MHD_start_daemon) *start_daemon;
	__typeof__(MHD_stop_daemon) *stop_daemon;
	__typeof__(MHD_get_connection_info) *get_connection_info;
	__typeof__(MHD_create_response_from_buffer) *create_response;
	__typeof__(MHD_create_response_from_buffer_with_free_callback_cls)
	    *create_shared_response;
	__typeof__(MHD_add_response_header) *add_response_header;
	__typeof__(MHD_queue_response) *queue_response;
	__typeof__(MHD_destroy_response) *destroy_response;
};

/** NULL when it is not installed. */
const struct libmicrohttpd *libmicrohttpd_get(void);

#endif
