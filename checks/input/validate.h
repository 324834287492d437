/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_VALIDATE_H
#define CHECKS_VALIDATE_H

#include <stdbool.h>

/*
 * What a single value given by the user may look like, before it becomes part of a
 * host name. The rules are those of Azure's "Naming rules and restrictions for Azure
 * resources"; they also keep shell and URL characters out of everything that is sent
 * or printed later.
 */
enum value_kind {
	VALUE_GUID,
	VALUE_REGION,
	VALUE_STORAGE_ACCOUNT,
	VALUE_REGISTRY_NAME,
	VALUE_VAULT_NAME,
	VALUE_WORKSPACE_NAME,
	VALUE_INSTANCE_NAME,
	VALUE_COSMOS_ACCOUNT,
	VALUE_HOST_NAME,
};

/** Whether text obeys the rule of its kind. */
bool validate(enum value_kind kind, const char *text);

/** What would be right, to follow "must be": "3 to 24 lower-case letters and digits".
 */
const char *validate_rule(enum value_kind kind);

/** 8-4-4-4-12 hexadecimal digits, either case, no braces. */
bool valid_guid(const char *text);

/** The short form, "westeurope". */
bool valid_region(const char *text);

bool valid_storage_account(const char *text);
bool valid_registry_name(const char *text);
bool valid_vault_name(const char *text);
bool valid_workspace_name(const char *text);
bool valid_instance_name(const char *text);
bool valid_cosmos_account(const char *text);

/**
 * A DNS name (RFC 1123 section 2.1, and '_' as seen in the field): labels of 1 to 63
 * characters, at most 253 in all, without trailing dot. A name whose last label is a
 * number is refused, because it is an address with a typing error.
 */
bool valid_host_name(const char *text);

#endif
