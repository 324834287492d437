/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/plan/proxy_choice.h"
#include "cli/option_set.h"
#include "probe/base/arena.h"

/*
 * Setters of the proxy options. Unlike others they never repeat a value in a message:
 * it may hold a password.
 */

/* Where a setting stands, as "list -v" and reports name it. */
static const char *origin(const struct option_use *use)
{
	return use->source == SOURCE_ENVIRONMENT
		   ? arena_printf(use->arena, "%s (environment)", use->where)
		   : arena_strdup(use->arena, use->where);
}

int set_proxy(const struct option_use *use)
{
	struct settings *s = &use->to->settings;
	bool others_see_it = use->source == SOURCE_ARGV || use->source == SOURCE_FILE;

	if (others_see_it && proxy_has_credentials(use->value)) {
		input_error_set(use->error,
		    "%s: a user name or password is refused here, others may read it; "
		    "put USER:PASSWORD into a file for --proxy-credentials-file, or "
		    "the "
		    "URL into VNETPROBE_PROXY",
		    use->where);
		return -1;
	}
	s->proxy = arena_strdup(use->arena, use->value);
	s->proxy_from.proxy = origin(use);
	return 0;
}

int set_noproxy(const struct option_use *use)
{
	struct settings *s = &use->to->settings;

	s->noproxy = arena_strdup(use->arena, use->value);
	s->proxy_from.noproxy = origin(use);
	return 0;
}

int set_proxy_auth(const struct option_use *use)
{
	static const struct {
		const char *name;
		enum proxy_auth auth;
	} schemes[] = {
		{ "any", PROXY_AUTH_ANY },
		{ "basic", PROXY_AUTH_BASIC },
		{ "ntlm", PROXY_AUTH_NTLM },
		{ "negotiate", PROXY_AUTH_NEGOTIATE },
	};

	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		if (strcmp(schemes[i].name, use->value) != 0)
			continue;
		use->to->settings.proxy_auth = schemes[i].auth;
		return 0;
	}
	return option_reject(use, "one of any, basic, ntlm, negotiate");
}
