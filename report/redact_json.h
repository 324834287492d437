/* SPDX-License-Identifier: MIT */
#ifndef REPORT_REDACT_JSON_H
#define REPORT_REDACT_JSON_H

#include "report/buf.h"

/** Appends what a text may be told as. */
typedef void redact_text_fn(
    void *arg, const char *begin, const char *end, struct buf *out);

/**
 * Appends a JSON document of ours whose strings went through text(), but for member
 * names and words of the contract. What strangers sent raw (bodies, first bytes, values
 * of uncommon header fields) may hold anything and is left out.
 */
void redact_json(
    const char *document, struct buf *out, redact_text_fn *text, void *arg);

#endif
