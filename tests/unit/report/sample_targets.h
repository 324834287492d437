/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_REPORT_SAMPLE_TARGETS_H
#define TESTS_UNIT_REPORT_SAMPLE_TARGETS_H

#include "tests/unit/report/sample.h"

#define MS(x) ((nsec_t)((x)*1e6))

/** "10.0.0.4:443" and the like; fails the test on anything else. NULL gives none. */
struct addr sample_addr(const char *text);

/**
 * Plans a small catalogue (dns.azure, imds, aml.tundra, storage.blob, storage.file,
 * acr.login, keyvault) and any number of ad-hoc targets behind it; log and verdicts
 * get room for them.
 */
void sample_targets(struct sample *s, const char *const *adhoc, size_t n_adhoc);

#endif
