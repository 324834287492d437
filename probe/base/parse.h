/* SPDX-License-Identifier: MIT */
#ifndef PROBE_BASE_PARSE_H
#define PROBE_BASE_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "probe/base/nsec.h"

/*
 * Strict conversions of whole strings: no sign, no blanks, nothing left over, no
 * overflow. They return true on success and leave *ret alone otherwise.
 */
bool parse_uint(const char *text, uint64_t max, uint64_t *ret);

/** TCP or UDP port, 1 to 65535. */
bool parse_port(const char *text, uint16_t *ret);

/** "500ms", "3s", "2m" or "1h"; greater than zero, at most 24 hours. */
bool parse_duration(const char *text, nsec_t *ret);

#endif
