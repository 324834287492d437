/* SPDX-License-Identifier: MIT */
#ifndef REPORT_HTML_ASSETS_H
#define REPORT_HTML_ASSETS_H

#include <stddef.h>
#include <stdint.h>

/* report/html/, put into the program when it is built. */
struct html_asset {
	const char *text;
	size_t len;
	uint8_t sha256[32];
};

extern const struct html_asset html_css, html_js;

#endif
