/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_TEMPLATE_H
#define CHECKS_TEMPLATE_H

struct arena;

/*
 * Texts of the catalogue with "{variable}" in them. "{variable:fit}" cuts the value so
 * that the DNS label it stands in has at most 63 characters, as Azure ML does with the
 * workspace name in notebook hosts (how-to-custom-dns).
 */
enum template_var {
	VAR_WORKSPACE_ID,
	VAR_WORKSPACE_NAME,
	VAR_REGION,
	VAR_STORAGE,
	VAR_CONTAINER_REGISTRY,
	VAR_KEY_VAULT,
	VAR_COMPUTE_INSTANCE,
	VAR_COSMOS_ACCOUNT,
	VAR_AKS_FQDN,
	VAR_DATABRICKS_HOST,
	VAR_ATTACH_HOST,
	VAR_SCORING_HOST,
};

#define N_TEMPLATE_VARS 12

/** Values by variable; NULL = not given. */
struct template_values {
	const char *of[N_TEMPLATE_VARS];
};

/** The option that gives a variable its value: "--key-vault". */
const char *template_option(enum template_var v);

/**
 * Checks the syntax. Returns NULL, or the reason why text is no template. The
 * variables it uses are added to *used as bits 1u << enum template_var.
 */
const char *template_check(const char *text, unsigned *used, struct arena *arena);

/** Fills in a checked template. Returns NULL when a value is missing. */
char *template_expand(
    const char *text, const struct template_values *values, struct arena *arena);

#endif
