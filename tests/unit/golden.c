/* SPDX-License-Identifier: MIT */
#include "tests/unit/golden.h"

#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_golden(const char *path, const char *mode)
{
	char full[512];
	snprintf(full, sizeof full, "%s/%s", TEST_SOURCE_DIR, path);
	FILE *f = fopen(full, mode);
	if (!f)
		fail_msg("cannot open %s", full);
	return f;
}

static char *read_golden(const char *path)
{
	FILE *f = open_golden(path, "rb");
	size_t size = 0, cap = 1 << 20;
	char *text = malloc(cap + 1);
	assert_non_null(text);
	size = fread(text, 1, cap, f);
	fclose(f);
	text[size] = '\0';
	return text;
}

void assert_golden(const char *path, const char *text)
{
	if (getenv("VNETPROBE_REWRITE_EXPECTED")) {
		FILE *f = open_golden(path, "wb");
		assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
		assert_int_equal(fclose(f), 0);
		return;
	}
	char *want = read_golden(path);
	unsigned line = 1;
	const char *start = text, *want_start = want;
	for (const char *a = text, *b = want; *a || *b; a++, b++) {
		if (*a != *b)
			fail_msg("%s:%u differs\nwant: %.*s\ngot:  %.*s", path, line,
			    (int)strcspn(want_start, "\n"), want_start,
			    (int)strcspn(start, "\n"), start);
		if (*a == '\n') {
			line++;
			start = a + 1;
			want_start = b + 1;
		}
	}
	free(want);
}
