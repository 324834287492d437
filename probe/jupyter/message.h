/* SPDX-License-Identifier: MIT */
#ifndef PROBE_JUPYTER_MESSAGE_H
#define PROBE_JUPYTER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/*
 * What is said to a Jupyter server and what it says, as JSON (Jupyter messaging
 * protocol 5.3; channels as text frames, without a subprotocol). Answers come from
 * strangers: every text is bounded by OBS_MAX_VALUE.
 */

enum kernel_message {
	KERNEL_OTHER,  /* status, stream, or an answer to somebody else */
	KERNEL_RESULT, /* execute_result; the text form */
	KERNEL_ERROR,  /* the code or the kernel failed; its words */
};

/** An execute_request for the shell channel. */
const char *kernel_execute_request(
    struct arena *arena, const char *session, const char *message_id, const char *code);

/** *ret_text is NULL for KERNEL_OTHER. */
enum kernel_message kernel_message_read(const char *bytes, size_t len,
    const char *request_id, struct arena *arena, const char **ret_text);

/** A message of a terminal: its output, or NULL for anything else. */
const char *terminal_message_read(const char *bytes, size_t len, struct arena *arena);

/** What typing the text into a terminal looks like. */
const char *terminal_input(struct arena *arena, const char *text);

/**
 * A member of a JSON object that can stand in a path as it is (letters, digits, '-'
 * and '_', at most 64), or NULL.
 */
const char *jupyter_name_read(
    const char *bytes, size_t len, const char *member, struct arena *arena);

#endif
