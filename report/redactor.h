/* SPDX-License-Identifier: MIT */
#ifndef REPORT_REDACTOR_H
#define REPORT_REDACTOR_H

#include <stddef.h>

struct arena;
struct report;

/*
 * Pseudonyms for names, addresses and ids of one run. One redactor serves all
 * documents of a run, so that the same thing has the same pseudonym in each of them.
 */
struct redactor;

/** The report must outlive the redactor, and its settings be NULL. */
struct redactor *redactor_new(const struct report *r);

/** The same for documents that tell of several runs. */
struct redactor *redactor_new_of(const struct report *const *reports, size_t n);
void redactor_free(struct redactor *red);

/** A finished text or JSON document; returns a new malloc()ed one. */
char *redactor_document(struct redactor *red, const char *document);

/** One clean text, such as text_escape() makes it; lives in the arena. */
const char *redactor_text(struct redactor *red, const char *text, struct arena *arena);

#endif
