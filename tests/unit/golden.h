/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_GOLDEN_H
#define TESTS_UNIT_GOLDEN_H

/**
 * Fails the test unless text equals the file tests/unit/PATH byte by byte, and shows
 * the first line that differs. With VNETPROBE_REWRITE_EXPECTED set in the environment
 * the file is written instead; look at the difference before you commit it.
 */
void assert_golden(const char *path, const char *text);

#endif
