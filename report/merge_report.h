/* SPDX-License-Identifier: MIT */
#ifndef REPORT_MERGE_REPORT_H
#define REPORT_MERGE_REPORT_H

#include "checks/runs/fleet.h"
#include "report/report.h"

/** Reports of many machines in one, as a borrowed view. */
struct merge_report {
	const struct fleet *fleet;
	const char *tool_version;
	const char *const *unreadable; /* why reports were left out, one line each */
	size_t n_unreadable;           /* all of them */
	size_t n_unreadable_told;      /* those that are in the list */
};

/* One malloc()ed document each, as those of report.h. */

/** Causes over nodes first; then checks and nodes that are not all well, or with
 * verbose all of them. */
char *merge_text(const struct merge_report *m, const struct text_style *style);
char *merge_markdown(const struct merge_report *m, bool verbose);

/** $defs/merge of report.schema.json; with a sink piece by piece, and then NULL. */
char *merge_json(const struct merge_report *m, report_sink_fn *sink, void *arg);

/**
 * A copy in the arena in which machines, reports, networks and checks that are
 * endpoints of the user's own have pseudonyms; "report-3" is the third that was merged.
 */
void merge_redact(const struct fleet *fleet, struct arena *arena, struct fleet *ret);

/* Shared words; texts live in the arena. */

/** "40 nodes: 3 pass, 37 fail; 1 report could not be read" */
const char *merge_summary(const struct merge_report *m, struct arena *arena);

/** "37 of 40 nodes: silent_drop acr.data" */
const char *merge_group_words(
    const struct fleet *f, const struct fleet_group *g, struct arena *arena);

/** "the 3 others pass; these are in 10.1.2.0/24, the others in 10.1.3.0/24" */
const char *merge_others_words(const struct fleet_group *g, struct arena *arena);

/** Host of a node, or its report where that is unknown or that of several. */
const char *merge_node_name(const struct fleet_node *node);

/** How many nodes have each status for a check, by enum status; returns their sum. */
size_t merge_count(
    const struct fleet *f, size_t check, size_t counts[STATUS_SKIPPED + 1]);

/** Ids of the checks that are not well on a node, at most max, and how many there are.
 */
size_t merge_unwell(
    const struct fleet *f, const struct fleet_node *node, const char **ret, size_t max);

#endif
