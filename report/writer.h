/* SPDX-License-Identifier: MIT */
#ifndef REPORT_WRITER_H
#define REPORT_WRITER_H

#include "probe/base/arena.h"
#include "report/buf.h"
#include "report/report.h"

/*
 * A document in one of the forms that programs read (JUnit, HTML, ...). Whatever did
 * not come from our own source goes through writer_text() before it is escaped for the
 * form: that makes it printable, bounded, and in a redacted report nameless.
 */
struct writer {
	const struct report *r;
	struct buf buf;
	struct arena scratch;
};

void writer_begin(struct writer *w, const struct report *r);

/** Frees the scratch memory and gives the document away. */
char *writer_end(struct writer *w);

/**
 * Valid, printable UTF-8 of about 600 bytes at most, that XML can hold; NULL becomes
 * "". Lives as long as the writer.
 */
const char *writer_text(struct writer *w, const char *text);

/** The same with another bound in bytes, before pseudonyms. */
const char *writer_short_text(struct writer *w, const char *text, size_t max);

/** Appends a clean text with &, <, >, " and ' as entities (XML and HTML). */
void writer_markup(struct writer *w, const char *clean);

/** Cleans and appends as markup. */
void writer_put(struct writer *w, const char *text);

/** Name of this machine, or "this machine"; clean. */
const char *writer_host(struct writer *w);

#endif
