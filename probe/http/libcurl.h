/* SPDX-License-Identifier: MIT */
#ifndef PROBE_HTTP_LIBCURL_H
#define PROBE_HTTP_LIBCURL_H

#include <curl/curl.h>

/*
 * libcurl, loaded when the first HTTP check needs it. Distributions link it with
 * LDAP, Kerberos, SSH and RTMP: mapping those 25 libraries takes 6 ms, twice as long
 * as a whole TCP check. The functions are libcurl's own, by their names.
 */
struct libcurl {
	__typeof__(curl_global_init) *global_init;
	__typeof__(curl_easy_init) *easy_init;
	__typeof__(curl_easy_cleanup) *easy_cleanup;
	__typeof__(curl_easy_reset) *easy_reset;
	__typeof__(curl_easy_strerror) *easy_strerror;
	CURLcode (*easy_setopt)(CURL *easy, CURLoption option, ...);
	CURLcode (*easy_getinfo)(CURL *easy, CURLINFO info, ...);
	__typeof__(curl_easy_recv) *easy_recv;
	__typeof__(curl_easy_send) *easy_send;
	__typeof__(curl_multi_init) *multi_init;
	__typeof__(curl_multi_cleanup) *multi_cleanup;
	CURLMcode (*multi_setopt)(CURLM *multi, CURLMoption option, ...);
	__typeof__(curl_multi_add_handle) *multi_add_handle;
	__typeof__(curl_multi_remove_handle) *multi_remove_handle;
	__typeof__(curl_multi_socket_action) *multi_socket_action;
	__typeof__(curl_multi_info_read) *multi_info_read;
	__typeof__(curl_slist_append) *slist_append;
	__typeof__(curl_slist_free_all) *slist_free_all;
};

/**
 * The library, loaded and initialised once for the life of the process; NULL when
 * libcurl.so.4 is not there or lacks a function.
 */
const struct libcurl *libcurl_get(void);

#endif
