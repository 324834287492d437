/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <jansson.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/jupyter/message.h"
#include "probe/model/obs.h"

static struct arena arena;

static int make_arena(void **state)
{
	(void)state;
	arena_init(&arena, 16 << 20);
	return 0;
}

static int drop_arena(void **state)
{
	(void)state;
	arena_deinit(&arena);
	return 0;
}

#define MESSAGE(type, content)                                                         \
	"{\"header\":{\"msg_type\":\"" type                                            \
	"\"},\"parent_header\":{\"msg_id\":\"m\"},"                                    \
	"\"content\":" content "}"

static void messages_say_what_became_of_the_request(void **state)
{
	(void)state;

	static const struct {
		const char *row, *bytes;
		enum kernel_message kind;
		const char *text;
	} rows[] = {
		{ "result",
		    MESSAGE("execute_result", "{\"data\":{\"text/plain\":\"2\"}}"),
		    KERNEL_RESULT, "2" },
		{ "result without text", MESSAGE("execute_result", "{\"data\":{}}"),
		    KERNEL_OTHER, NULL },
		{ "result that is no object", MESSAGE("execute_result", "[1]"),
		    KERNEL_OTHER, NULL },
		{ "error", MESSAGE("error", "{\"ename\":\"E\",\"evalue\":\"v\"}"),
		    KERNEL_ERROR, "E: v" },
		{ "good reply", MESSAGE("execute_reply", "{\"status\":\"ok\"}"),
		    KERNEL_OTHER, NULL },
		{ "aborted", MESSAGE("execute_reply", "{\"status\":\"aborted\"}"),
		    KERNEL_ERROR, "error: no words" },
		{ "status", MESSAGE("status", "{\"execution_state\":\"busy\"}"),
		    KERNEL_OTHER, NULL },
		{ "somebody else's",
		    "{\"header\":{\"msg_type\":\"execute_result\"},\"parent_header\":"
		    "{\"msg_id\":\"n\"},\"content\":{\"data\":{\"text/plain\":\"2\"}}}",
		    KERNEL_OTHER, NULL },
		{ "no JSON", "{", KERNEL_OTHER, NULL },
		{ "nothing", "", KERNEL_OTHER, NULL },
		{ "a list", "[]", KERNEL_OTHER, NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *text;
		enum kernel_message kind = kernel_message_read(
		    rows[i].bytes, strlen(rows[i].bytes), "m", &arena, &text);
		if (kind != rows[i].kind || !text != !rows[i].text)
			fail_msg("%s", rows[i].row);
		if (text)
			assert_string_equal(text, rows[i].text);
	}
}

static void requests_are_json_with_our_id(void **state)
{
	(void)state;
	const char *text = kernel_execute_request(&arena, "s", "m", "1+1");
	json_t *o = json_loads(text, 0, NULL);
	assert_non_null(o);
	assert_string_equal("m",
	    json_string_value(json_object_get(json_object_get(o, "header"), "msg_id")));
	assert_string_equal("1+1",
	    json_string_value(json_object_get(json_object_get(o, "content"), "code")));
	assert_string_equal("shell", json_string_value(json_object_get(o, "channel")));
	json_decref(o);
	assert_string_equal(terminal_input(&arena, "a\r"), "[\"stdin\",\"a\\r\"]");
}

static void only_output_of_a_terminal_is_read(void **state)
{
	(void)state;

	static const struct {
		const char *bytes, *text;
	} rows[] = {
		{ "[\"stdout\",\"x\"]", "x" },
		{ "[\"setup\",{}]", NULL },
		{ "[\"stdout\",{}]", NULL },
		{ "[\"stdout\"]", NULL },
		{ "{}", NULL },
		{ "[", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *text =
		    terminal_message_read(rows[i].bytes, strlen(rows[i].bytes), &arena);
		if (!text != !rows[i].text)
			fail_msg("%s", rows[i].bytes);
		if (text)
			assert_string_equal(text, rows[i].text);
	}
}

static void names_that_change_a_path_are_refused(void **state)
{
	(void)state;

	static const struct {
		const char *bytes, *name;
	} rows[] = {
		{ "{\"id\":\"6f1c-AB_9\"}", "6f1c-AB_9" },
		{ "{\"id\":\"\"}", NULL },
		{ "{\"id\":\"../../x\"}", NULL },
		{ "{\"id\":\"a b\"}", NULL },
		{ "{\"id\":\"a\\r\\nX: y\"}", NULL },
		{ "{\"id\":7}", NULL },
		{ "{\"id\":\"01234567890123456789012345678901234567890123456789"
		  "012345678901234\"}",
		    NULL },
		{ "{}", NULL },
		{ "id", NULL },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *name = jupyter_name_read(
		    rows[i].bytes, strlen(rows[i].bytes), "id", &arena);
		if (!name != !rows[i].name)
			fail_msg("%s", rows[i].bytes);
		if (name)
			assert_string_equal(name, rows[i].name);
	}
	assert_null(jupyter_name_read(NULL, 0, "id", &arena));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_say_what_became_of_the_request),
		cmocka_unit_test(requests_are_json_with_our_id),
		cmocka_unit_test(only_output_of_a_terminal_is_read),
		cmocka_unit_test(names_that_change_a_path_are_refused),
	};
	return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
