/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CODEC_SSH_IDENT_H
#define PROBE_CODEC_SSH_IDENT_H

#include <stddef.h>

struct arena;

/*
 * The identification string an SSH server sends first (RFC 4253 section 4.2). Other
 * lines may stand before it.
 */

enum {
	SSH_IDENT_MAX = 255,        /* with CR LF, by the RFC */
	SSH_LINES_MAX = 50,         /* our bound: lines before it */
	SSH_PREFACE_MAX = 8 * 1024, /* our bound: bytes before its end */
};

enum ssh_ident_result {
	SSH_IDENT_MORE,  /* nothing wrong so far, more bytes are needed */
	SSH_IDENT_FOUND, /* *ret is the line, escaped, without CR LF */
	SSH_IDENT_NONE,  /* this is no SSH server */
};

/** Looks for the line in what came so far; *ret is set when it was found. */
enum ssh_ident_result ssh_ident_find(
    const void *bytes, size_t len, struct arena *arena, const char **ret);

#endif
