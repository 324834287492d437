/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_PROXY_CHOICE_H
#define CHECKS_PROXY_CHOICE_H

#include <stdbool.h>

#include "checks/plan/settings.h"
#include "probe/model/plan.h"

struct arena;
struct input_error;

/* The proxies that settings name, parsed once for a whole plan. */
struct proxies {
	const struct settings *settings;
	const struct proxy *given;              /* --proxy, NULL = not given or empty */
	const struct proxy *http, *https, *all; /* from the environment */
};

/** Whether a target is sent to a proxy, and which rule says so. */
struct proxy_choice {
	const struct proxy *proxy; /* NULL = direct */
	const char *reason;
	/* The proxy that a no_proxy entry keeps it away from; NULL = none. */
	const struct proxy *exempt_from;
	const char *entry; /* that entry, or NULL */
	/*
	 * The rule by which other programs would send an address of the platform to a
	 * proxy; NULL = none would.
	 */
	const char *others_proxied_by;
};

/**
 * A proxy's URL as it may be shown and saved: scheme, host and port. NULL and "" stay
 * what they are, and what is no proxy's URL becomes "".
 */
const char *proxy_without_credentials(const char *url, struct arena *arena);

/**
 * Where a proxy setting stands, as reports tell it: a file by its name, whoever's
 * directory it lies in. NULL stays NULL.
 */
const char *proxy_source_shown(const char *from);

/** Whether there is something before an '@' in the authority. */
bool proxy_has_credentials(const char *url);

/**
 * Takes the login of settings->proxy_credentials_file, if there is one. Returns 0, or
 * -1 with the reason.
 */
int proxy_credentials_read(
    struct settings *settings, struct arena *arena, struct input_error *reterr);

/**
 * Returns 0, or -1 with the reason when a proxy is malformed. Messages never hold
 * its credentials. A login of settings->proxy_user counts for every proxy, and more
 * than the one in a URL.
 */
int proxies_parse(const struct settings *settings, struct arena *arena,
    struct proxies *ret, struct input_error *reterr);

/**
 * Chooses as curl does: --proxy before https_proxy or http_proxy before all_proxy,
 * none for what --noproxy or else no_proxy covers. Only HTTP and websockets are ever
 * sent to a proxy, and addresses of the Azure fabric never are.
 */
struct proxy_choice proxy_choose(const struct proxies *proxies,
    const struct target *target, bool platform, struct arena *arena);

#endif
