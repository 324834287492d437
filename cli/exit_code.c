/* SPDX-License-Identifier: MIT */
#include "cli/exit_code.h"

enum result {
	RESULT_OK,
	RESULT_WARNING,
	RESULT_FAILED,
	RESULT_UNKNOWN
};

static enum result result_of(const struct verdicts *v, bool strict, bool interrupted)
{
	if (interrupted)
		return RESULT_UNKNOWN;
	if (v->overall == STATUS_FAIL)
		return RESULT_FAILED;
	/* A failed check that is not required is only a warning for the whole. */
	bool warned = v->overall == STATUS_WARN || v->warn > 0 || v->fail > 0;
	if (strict && warned)
		return RESULT_FAILED;
	if (v->overall == STATUS_WARN)
		return RESULT_WARNING;
	return v->overall == STATUS_PASS ? RESULT_OK : RESULT_UNKNOWN;
}

static int code_of(enum result r, enum exit_style style)
{
	static const int codes[][2] = {
		[RESULT_OK] = { 0, 0 },
		[RESULT_WARNING] = { 0, 1 },
		[RESULT_FAILED] = { 1, 2 },
		[RESULT_UNKNOWN] = { 2, 3 },
	};

	return codes[r][style == EXIT_STYLE_NAGIOS];
}

int exit_code_of_run(
    const struct verdicts *v, bool strict, bool interrupted, enum exit_style style)
{
	return code_of(result_of(v, strict, interrupted), style);
}

int exit_code_unusable(enum exit_style style)
{
	return code_of(RESULT_UNKNOWN, style);
}
