/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_HTTP_DATE_H
#define CHECKS_HTTP_DATE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * Reads an HTTP date in its preferred form, "Sun, 06 Nov 1994 08:49:37 GMT"
 * (RFC 9110 section 5.6.7), as seconds since 1970. The obsolete forms are refused;
 * no server of interest sends them.
 */
bool http_date_parse(const char *text, int64_t *ret);

#endif
