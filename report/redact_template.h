/* SPDX-License-Identifier: MIT */
#ifndef REPORT_REDACT_TEMPLATE_H
#define REPORT_REDACT_TEMPLATE_H

#include <stdbool.h>

/**
 * Finds out which parameter values made host out of a catalogue template such as
 * "{storage}.blob.core.windows.net", and calls found(arg, parameter, value) for each
 * but the region. The strings are gone afterwards. region may be NULL.
 *
 * Returns false, having called nothing, when host does not fit the template.
 */
bool template_values(const char *template, const char *host, const char *region,
    void (*found)(void *arg, const char *parameter, const char *value), void *arg);

#endif
