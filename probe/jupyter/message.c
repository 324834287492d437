/* SPDX-License-Identifier: MIT */
#include "probe/jupyter/message.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/model/obs.h"

enum {
	MAX_NAME = 64,
	MAX_TERMINAL_TEXT = 4096
};

static const char *text_of(const json_t *value, size_t max, struct arena *arena)
{
	const char *text = json_string_value(value);
	return text ? arena_strndup(arena, text, max) : NULL;
}

/* Takes the object. */
static const char *dump(json_t *object, struct arena *arena)
{
	char *text = json_dumps(object, JSON_COMPACT);
	const char *kept = arena_strdup(arena, text);

	json_decref(object);
	free(text);
	return kept;
}

const char *kernel_execute_request(
    struct arena *arena, const char *session, const char *message_id, const char *code)
{
	json_t *header = json_pack("{s:s,s:s,s:s,s:s,s:s}", "msg_id", message_id,
	    "session", session, "username", "vnetprobe", "msg_type", "execute_request",
	    "version", "5.3");
	json_t *content = json_pack("{s:s,s:b,s:b,s:{},s:b,s:b}", "code", code,
	    "silent", 0, "store_history", 0, "user_expressions", "allow_stdin", 0,
	    "stop_on_error", 1);
	return dump(
	    json_pack("{s:o,s:{},s:{},s:o,s:s,s:[]}", "header", header, "parent_header",
		"metadata", "content", content, "channel", "shell", "buffers"),
	    arena);
}

const char *terminal_input(struct arena *arena, const char *text)
{
	return dump(json_pack("[s,s]", "stdin", text), arena);
}

static bool string_is(const json_t *object, const char *member, const char *want)
{
	const char *text = json_string_value(json_object_get(object, member));
	return text && strcmp(text, want) == 0;
}

static const char *error_words(const json_t *content, struct arena *arena)
{
	const char *name = json_string_value(json_object_get(content, "ename"));
	const char *value = json_string_value(json_object_get(content, "evalue"));

	return arena_strndup(arena,
	    arena_printf(arena, "%.200s: %.800s", name ? name : "error",
		value ? value : "no words"),
	    OBS_MAX_VALUE);
}

static enum kernel_message classify(
    const json_t *message, struct arena *arena, const char **ret_text)
{
	const json_t *header = json_object_get(message, "header");
	const json_t *content = json_object_get(message, "content");

	if (string_is(header, "msg_type", "execute_result")) {
		const json_t *data = json_object_get(content, "data");
		const json_t *plain = json_object_get(data, "text/plain");
		*ret_text = text_of(plain, OBS_MAX_VALUE, arena);
		return *ret_text ? KERNEL_RESULT : KERNEL_OTHER;
	}
	if (string_is(header, "msg_type", "error") ||
	    (string_is(header, "msg_type", "execute_reply") &&
		!string_is(content, "status", "ok"))) {
		*ret_text = error_words(content, arena);
		return KERNEL_ERROR;
	}
	return KERNEL_OTHER;
}

enum kernel_message kernel_message_read(const char *bytes, size_t len,
    const char *request_id, struct arena *arena, const char **ret_text)
{
	json_t *message = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *parent = json_object_get(message, "parent_header");
	enum kernel_message kind = KERNEL_OTHER;

	*ret_text = NULL;
	if (string_is(parent, "msg_id", request_id))
		kind = classify(message, arena, ret_text);
	json_decref(message);
	return kind;
}

const char *terminal_message_read(const char *bytes, size_t len, struct arena *arena)
{
	json_t *message = json_loadb(bytes, len, 0, NULL);
	const char *kind = json_string_value(json_array_get(message, 0));
	const char *text = NULL;

	if (kind && strcmp(kind, "stdout") == 0)
		text = text_of(json_array_get(message, 1), MAX_TERMINAL_TEXT, arena);
	json_decref(message);
	return text;
}

static bool is_name(const char *text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t n = strspn(text, allowed);
	return n > 0 && n <= MAX_NAME && text[n] == '\0';
}

const char *jupyter_name_read(
    const char *bytes, size_t len, const char *member, struct arena *arena)
{
	json_t *object = json_loadb(bytes, len, 0, NULL);
	const char *text = json_string_value(json_object_get(object, member));
	const char *name = text && is_name(text) ? arena_strdup(arena, text) : NULL;

	json_decref(object);
	return name;
}
