/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_SAVED_SETTINGS_H
#define CHECKS_SAVED_SETTINGS_H

#include <stddef.h>

#include "checks/plan/settings.h"

/*
 * What the user chose, as a report keeps it ("run.settings" and "run.environment"),
 * so that its observations can be judged again. Options stand under their keys of the
 * configuration file, defaults are left out. Credentials of proxies and names of
 * files are never among them.
 */

enum saved_form {
	SAVED_VALUE,
	SAVED_LIST,
	SAVED_SWITCH /* one value, "true" or "false" */
};

struct saved_setting {
	const char *key; /* "container_registry" */
	const char *const *values;
	size_t n_values;
	enum saved_form form;
};

struct saved_settings {
	const struct saved_setting *items;
	size_t n_items;
	/* From the environment, as curl reads it; NULL = unset. */
	const char *http_proxy, *https_proxy, *all_proxy, *no_proxy;
	struct proxy_sources proxy_from;
};

/* Most bytes of one value; longer ones are cut and end in "...". */
enum {
	SAVED_MAX_VALUE = 64 * 1024,
	SAVED_MAX_SOURCE = 1024 /* where a setting stood */
};

#endif
