/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_REPORT_WELLFORMED_H
#define TESTS_UNIT_REPORT_WELLFORMED_H

#include <stddef.h>

/*
 * Whether a document is what its readers can read. Each returns NULL, or what is wrong
 * with it, in memory that is not to be freed and valid until the next call.
 */

/** Only characters that people can see, in valid UTF-8; line ends and blanks too. */
const char *wrong_text(const char *text);

/** XML 1.0 of the parts that our writer uses: elements, attributes, text. */
const char *wrong_xml(const char *text);

/**
 * Our HTML page: as XML but for void elements, one style and two scripts, of which the
 * first is JSON that jansson reads.
 */
const char *wrong_html(const char *text);

/** Text exposition format: comments, and samples whose labels are quoted. */
const char *wrong_prometheus(const char *text);

/** First line with one '|', and labels of its data quoted; bounded. */
const char *wrong_nagios(const char *text);

/** No markup of other people's: '<' only where our writer puts it. */
const char *wrong_markdown(const char *text);

#endif
