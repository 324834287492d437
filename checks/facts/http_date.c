/* SPDX-License-Identifier: MIT */
#include "checks/facts/http_date.h"

#include <string.h>
#include <time.h>

#include "probe/base/parse.h"

/* n digits at p as a number; strptime() would depend on the locale. */
static bool digits(const char *p, size_t n, int *ret)
{
	char text[5] = { 0 };
	uint64_t value;

	memcpy(text, p, n);
	if (!parse_uint(text, 9999, &value))
		return false;
	*ret = (int)value;
	return true;
}

static int month_number(const char *name)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (strncmp(name, months + 3 * i, 3) == 0)
			return i;
	return -1;
}

bool http_date_parse(const char *text, int64_t *ret)
{
	static const char shape[] = "???, ?? ??? ???? ??:??:?? GMT";
	struct tm tm = { 0 };

	if (strlen(text) != sizeof shape - 1)
		return false;
	for (size_t i = 0; i < sizeof shape - 1; i++)
		if (shape[i] != '?' && shape[i] != text[i])
			return false;
	tm.tm_mon = month_number(text + 8);
	if (tm.tm_mon < 0 || !digits(text + 5, 2, &tm.tm_mday) ||
	    !digits(text + 12, 4, &tm.tm_year) || !digits(text + 17, 2, &tm.tm_hour) ||
	    !digits(text + 20, 2, &tm.tm_min) || !digits(text + 23, 2, &tm.tm_sec))
		return false;
	if (tm.tm_year < 1970 || tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour > 23 ||
	    tm.tm_min > 59 || tm.tm_sec > 60)
		return false;
	tm.tm_year -= 1900;
	*ret = timegm(&tm);
	return true;
}
