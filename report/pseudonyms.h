/* SPDX-License-Identifier: MIT */
#ifndef REPORT_PSEUDONYMS_H
#define REPORT_PSEUDONYMS_H

struct arena;
struct json_t; /* jansson's */

/*
 * Pseudonyms where no run is at hand that says which words are names (report/redactor.h
 * has it): only what is known to be a name by the place where it stands.
 */
struct pseudonyms {
	struct arena *arena;
	struct json_t *known, *numbers;
};

void pseudonyms_init(struct pseudonyms *p, struct arena *arena);
void pseudonyms_deinit(struct pseudonyms *p);

/** "machine-3", the same for the same text; NULL for NULL. Lives in the arena. */
const char *pseudonym(struct pseudonyms *p, const char *kind, const char *text);

/**
 * A check's id, in which names are the part behind a colon ("storage.blob:account-1")
 * or all of it, when the check is an endpoint of the user's own.
 */
const char *pseudonym_of_check(struct pseudonyms *p, const char *id);

#endif
