/* SPDX-License-Identifier: MIT */
#ifndef CLI_ENVIRONMENT_H
#define CLI_ENVIRONMENT_H

#include "cli/options.h"

struct arena;

/** VNETPROBE_... of every option; an empty variable counts as unset. */
void environment_read(struct arena *arena, struct givens *ret);

/**
 * The proxy variables as curl reads them ("Environment" in curl(1)): lower case
 * first, http_proxy in lower case only (a CGI request header would otherwise set it),
 * an empty one is unset.
 */
void environment_proxies(struct settings *s);

#endif
