/* SPDX-License-Identifier: MIT */
#include "probe/http/libcurl.h"

#include "probe/base/library.h"

static const struct library_function functions[] = {
	{ "curl_global_init", offsetof(struct libcurl, global_init) },
	{ "curl_easy_init", offsetof(struct libcurl, easy_init) },
	{ "curl_easy_cleanup", offsetof(struct libcurl, easy_cleanup) },
	{ "curl_easy_reset", offsetof(struct libcurl, easy_reset) },
	{ "curl_easy_strerror", offsetof(struct libcurl, easy_strerror) },
	{ "curl_easy_setopt", offsetof(struct libcurl, easy_setopt) },
	{ "curl_easy_getinfo", offsetof(struct libcurl, easy_getinfo) },
	{ "curl_easy_recv", offsetof(struct libcurl, easy_recv) },
	{ "curl_easy_send", offsetof(struct libcurl, easy_send) },
	{ "curl_multi_init", offsetof(struct libcurl, multi_init) },
	{ "curl_multi_cleanup", offsetof(struct libcurl, multi_cleanup) },
	{ "curl_multi_setopt", offsetof(struct libcurl, multi_setopt) },
	{ "curl_multi_add_handle", offsetof(struct libcurl, multi_add_handle) },
	{ "curl_multi_remove_handle", offsetof(struct libcurl, multi_remove_handle) },
	{ "curl_multi_socket_action", offsetof(struct libcurl, multi_socket_action) },
	{ "curl_multi_info_read", offsetof(struct libcurl, multi_info_read) },
	{ "curl_slist_append", offsetof(struct libcurl, slist_append) },
	{ "curl_slist_free_all", offsetof(struct libcurl, slist_free_all) },
};

static bool load(struct libcurl *lib)
{
	/* The soname of every libcurl since 2006 that OpenSSL builds carry. */
	return library_load("libcurl.so.4", functions,
		   sizeof functions / sizeof *functions, lib) &&
	       lib->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

const struct libcurl *libcurl_get(void)
{
	static struct libcurl lib;
	static bool tried, usable;

	if (!tried) {
		tried = true;
		usable = load(&lib);
	}
	return usable ? &lib : NULL;
}
