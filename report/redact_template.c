/* SPDX-License-Identifier: MIT */
#include "report/redact_template.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "probe/base/text.h"

enum {
	MAX_VALUES = 8,
	MAX_STEPS = 20000, /* a catalogue may come from a stranger */
	MAX_TEXT = 256
};

struct value {
	const char *parameter, *text;
	size_t parameter_len, len;
};

struct match {
	struct value values[MAX_VALUES];
	size_t n_values;
	unsigned steps;
	const char *region;
};

static bool is_named(const struct value *v, const char *parameter)
{
	return v->parameter_len == strlen(parameter) &&
	       memcmp(v->parameter, parameter, v->parameter_len) == 0;
}

/* A host name may stand for one parameter; all others are within one label. */
static bool may_hold_dots(const struct value *v)
{
	return (v->parameter_len > 5 &&
		   memcmp(v->parameter + v->parameter_len - 5, "_host", 5) == 0) ||
	       (v->parameter_len > 5 &&
		   memcmp(v->parameter + v->parameter_len - 5, "_fqdn", 5) == 0);
}

static bool is_plausible(const struct match *m, const struct value *v)
{
	if (is_named(v, "region"))
		return !m->region || (v->len == strlen(m->region) &&
					 memcmp(v->text, m->region, v->len) == 0);
	if (is_named(v, "workspace_id"))
		return v->len == 36;
	return true;
}

static bool match_from(struct match *m, const char *template, const char *host);

/* Longest values first: a hyphen in a name belongs to the name. */
static bool match_value(struct match *m, const char *template, const char *host)
{
	const char *close = strchr(template, '}');
	if (!close || m->n_values == MAX_VALUES)
		return false;
	struct value *v = &m->values[m->n_values++];
	v->parameter = template + 1;
	v->parameter_len = (size_t)(close - v->parameter);
	v->text = host;
	for (v->len = strcspn(host, may_hold_dots(v) ? "" : "."); v->len; v->len--)
		if (is_plausible(m, v) && match_from(m, close + 1, host + v->len))
			return true;
	m->n_values--;
	return false;
}

static bool match_from(struct match *m, const char *template, const char *host)
{
	if (m->steps++ > MAX_STEPS)
		return false;
	while (*template && *template != '{') {
		char literal[2] = { *template, '\0' }, given[2] = { *host, '\0' };
		if (!text_equal_nocase(literal, given))
			return false;
		template ++;
		host++;
	}
	return *template ? match_value(m, template, host) : !*host;
}

bool template_values(const char *template, const char *host, const char *region,
    void (*found)(void *arg, const char *parameter, const char *value), void *arg)
{
	struct match m = { .region = region };
	if (!match_from(&m, template, host))
		return false;
	for (size_t i = 0; i < m.n_values; i++) {
		const struct value *v = &m.values[i];
		char parameter[MAX_TEXT], value[MAX_TEXT];
		if (is_named(v, "region"))
			continue;
		snprintf(parameter, sizeof parameter, "%.*s", (int)v->parameter_len,
		    v->parameter);
		snprintf(value, sizeof value, "%.*s", (int)v->len, v->text);
		found(arg, parameter, value);
	}
	return true;
}
