/* SPDX-License-Identifier: MIT */
#include "probe/base/parse.h"

#include <string.h>

/* Digits at the start of text; returns where they end, NULL on none or overflow. */
static const char *digits(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;
	const char *p = text;
	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');
		if (value > (max - digit) / 10)
			return NULL;
		value = value * 10 + digit;
	}
	if (p == text)
		return NULL;
	*ret = value;
	return p;
}

bool parse_uint(const char *text, uint64_t max, uint64_t *ret)
{
	uint64_t value;
	if (max < 9)
		return false;
	const char *end = digits(text, max, &value);
	if (!end || *end)
		return false;
	*ret = value;
	return true;
}

bool parse_port(const char *text, uint16_t *ret)
{
	uint64_t value;
	if (!parse_uint(text, UINT16_MAX, &value) || value == 0)
		return false;
	*ret = (uint16_t)value;
	return true;
}

bool parse_duration(const char *text, nsec_t *ret)
{
	static const struct {
		const char *suffix;
		nsec_t unit;
	} units[] = {
		{ "ms", NSEC_PER_MSEC },
		{ "s", NSEC_PER_SEC },
		{ "m", 60 * NSEC_PER_SEC },
		{ "h", 3600 * NSEC_PER_SEC },
	};

	const nsec_t longest = 24 * 3600 * NSEC_PER_SEC;
	uint64_t value;
	const char *end = digits(text, UINT32_MAX, &value);
	if (!end || value == 0)
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (strcmp(end, units[i].suffix) != 0)
			continue;
		if ((nsec_t)value > longest / units[i].unit)
			return false;
		*ret = (nsec_t)value * units[i].unit;
		return true;
	}
	return false;
}
