/* SPDX-License-Identifier: MIT */
#include "cli/environment.h"

#include <stdlib.h>

#include "probe/base/arena.h"

static const char *non_empty(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

void environment_read(struct arena *arena, struct givens *ret)
{
	size_t n;
	const struct option_row *table = option_table(&n);
	for (size_t i = 0; i < n; i++) {
		bool is_second = option_find(table[i].name) != &table[i];
		if (table[i].flags & OPTION_FILE_ONLY || is_second)
			continue;
		const char *name = option_env_name(&table[i], arena);
		const char *value = non_empty(name);
		if (value)
			givens_add(ret, arena,
			    (struct given){
				.row = &table[i], .value = value, .where = name });
	}
}

/* *ret_from is the name that was set. */
static const char *either(const char *lower, const char *upper, const char **ret_from)
{
	const char *value = non_empty(lower);
	*ret_from = lower;
	if (value)
		return value;
	value = non_empty(upper);
	*ret_from = value ? upper : NULL;
	return value;
}

void environment_proxies(struct settings *s)
{
	struct proxy_sources *from = &s->proxy_from;
	s->env_http_proxy = non_empty("http_proxy");
	s->env_https_proxy = either("https_proxy", "HTTPS_PROXY", &from->https_proxy);
	s->env_all_proxy = either("all_proxy", "ALL_PROXY", &from->all_proxy);
	s->env_no_proxy = either("no_proxy", "NO_PROXY", &from->no_proxy);
}
