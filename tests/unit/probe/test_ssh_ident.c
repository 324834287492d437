/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/codec/ssh_ident.h"

static void identification_lines(void **state)
{
	static const struct {
		const char *name;
		const char *text;
		enum ssh_ident_result want;
		const char *ident;
	} rows[] = {
		{ "plain", "SSH-2.0-OpenSSH_9.2p1 Debian\r\n", SSH_IDENT_FOUND,
		    "SSH-2.0-OpenSSH_9.2p1 Debian" },
		{ "line feed alone", "SSH-1.99-x\n", SSH_IDENT_FOUND, "SSH-1.99-x" },
		{ "lines before", "hello\r\nworld\r\nSSH-2.0-x\r\nrest",
		    SSH_IDENT_FOUND, "SSH-2.0-x" },
		{ "control bytes are escaped", "SSH-2.0-\x1b[31m\r\n", SSH_IDENT_FOUND,
		    "SSH-2.0-\\x1b[31m" },
		{ "the bare prefix", "SSH-\n", SSH_IDENT_FOUND, "SSH-" },
		{ "nothing yet", "", SSH_IDENT_MORE, NULL },
		{ "no line end yet", "SSH-2.0-x", SSH_IDENT_MORE, NULL },
		{ "only lines before", "hello\r\n", SSH_IDENT_MORE, NULL },
	};
	struct arena arena;
	(void)state;

	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *got = NULL;
		size_t len = strlen(rows[i].text);
		char *copy = malloc(len + 1);
		assert_non_null(copy);
		memcpy(copy + 1, rows[i].text, len);
		enum ssh_ident_result r = ssh_ident_find(copy + 1, len, &arena, &got);
		free(copy);
		if (r != rows[i].want)
			fail_msg("row \"%s\"", rows[i].name);
		if (rows[i].ident)
			assert_string_equal(got, rows[i].ident);
	}
	arena_deinit(&arena);
}

static void endless_input_is_no_ssh_server(void **state)
{
	static char bytes[SSH_PREFACE_MAX];
	struct arena arena;
	const char *got;
	(void)state;

	arena_init(&arena, 1 << 20);
	memset(bytes, 'x', sizeof bytes);
	assert_int_equal(
	    ssh_ident_find(bytes, sizeof bytes - 1, &arena, &got), SSH_IDENT_MORE);
	assert_int_equal(
	    ssh_ident_find(bytes, sizeof bytes, &arena, &got), SSH_IDENT_NONE);
	memset(bytes, '\n', sizeof bytes);
	assert_int_equal(
	    ssh_ident_find(bytes, SSH_LINES_MAX, &arena, &got), SSH_IDENT_MORE);
	assert_int_equal(
	    ssh_ident_find(bytes, SSH_LINES_MAX + 1, &arena, &got), SSH_IDENT_NONE);
	memset(bytes, 'x', sizeof bytes);
	memcpy(bytes, "SSH-2.0-", 8);
	assert_int_equal(
	    ssh_ident_find(bytes, SSH_IDENT_MAX - 1, &arena, &got), SSH_IDENT_MORE);
	assert_int_equal(
	    ssh_ident_find(bytes, SSH_IDENT_MAX, &arena, &got), SSH_IDENT_NONE);
	bytes[SSH_IDENT_MAX - 1] = '\n';
	assert_int_equal(
	    ssh_ident_find(bytes, SSH_IDENT_MAX, &arena, &got), SSH_IDENT_FOUND);
	arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identification_lines),
		cmocka_unit_test(endless_input_is_no_ssh_server),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
