/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_CATALOGUE_H
#define CHECKS_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/model/plan.h"

struct arena;
struct input_error;

/*
 * The list of everything an Azure ML workspace needs, read from YAML
 * (checks/catalogue/, embedded in the program, or --catalogue FILE). The format is
 * described in docs/catalogue.md.
 */

enum cloud {
	CLOUD_PUBLIC,
	CLOUD_US_GOVERNMENT,
	CLOUD_CHINA
};

#define N_CLOUDS 3

/** "AzureCloud", "AzureUSGovernment", "AzureChinaCloud". */
const char *cloud_name(enum cloud c);
bool cloud_from_name(const char *name, enum cloud *ret);

/** How sure a fact of the catalogue is; a believed one is never a certain verdict. */
enum mark {
	MARK_DOCUMENTED,
	MARK_SEEN,
	MARK_BELIEVED
};

/** Matches when every part that is given matches. */
struct answer_rule {
	const int *statuses; /* none = any */
	size_t n_statuses;
	const char *header; /* this field must be present; NULL = no condition */
	const char
	    *header_contains;      /* and hold this text, any case; NULL = any value */
	const char *body_contains; /* any case; NULL = no condition */
	const char *meaning;       /* one clause for people, or NULL */
	enum mark mark;
};

/** What an answer gives away about the path, e.g. the client address it saw. */
struct disclosure {
	const char *what;       /* "client address the registry saw" */
	const char *header;     /* take this field's value, or NULL */
	const char *body_after; /* take the text between these two, or NULL */
	const char *body_before;
};

struct catalogue_entry {
	const char *id;
	const char *title;
	const char *purpose;         /* one sentence */
	const char *family;          /* heading in the report: "Storage" */
	const char *const *features; /* applies when one is on; none = always */
	size_t n_features;
	bool required;
	const char *host[N_CLOUDS]; /* template, NULL = not in this cloud */
	uint16_t port;
	enum protocol protocol;
	struct http_request request; /* path and header values are templates */
	bool private_ca; /* signed by the service's own CA: an unknown root is no fault
			  */
	bool platform;   /* address of the Azure fabric: never through a proxy */
	bool root_only;  /* the guest agent drops other users' packets */
	const char *expect_alpn; /* must be negotiated end to end, or NULL */
	const char *service_tag; /* template, or NULL */
	const char *private_link_zone[N_CLOUDS]; /* NULL = none */
	const struct answer_rule *genuine; /* one that matches proves the service */
	size_t n_genuine;
	const struct answer_rule *denied; /* its own network denial */
	size_t n_denied;
	const struct disclosure *disclosures;
	size_t n_disclosures;
	const char *source; /* document */
	const char *source_date;
	enum mark mark; /* of the requirement itself */
};

struct catalogue {
	const char *version;
	const char *date;
	char sha256[65];
	const struct catalogue_entry *entries; /* in report order */
	size_t n_entries;
};

/** The embedded catalogue. */
int catalogue_load_builtin(
    struct arena *arena, struct catalogue *ret, struct input_error *reterr);

/** Version, date and digest of the embedded catalogue, without its entries. */
void catalogue_builtin_identity(struct catalogue *ret);

/** A user's file. Returns 0, or -1 with file, line, column and reason in *reterr. */
int catalogue_load_file(const char *path, struct arena *arena, struct catalogue *ret,
    struct input_error *reterr);

#endif
