/* SPDX-License-Identifier: MIT */
#ifndef REPORT_HTML_HOPS_H
#define REPORT_HTML_HOPS_H

#include "report/writer.h"

/** The path to check i drawn as hops, where SYNs that live for 1, 2, ... hops found it.
 */
void html_hops(struct writer *w, unsigned i);

#endif
