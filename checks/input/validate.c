/* SPDX-License-Identifier: MIT */
#include "checks/input/validate.h"

#include <stddef.h>
#include <string.h>

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define ALNUM  LOWER UPPER DIGITS

/* Length within bounds and no character outside of allowed. */
static bool consists_of(const char *text, const char *allowed, size_t min, size_t max)
{
	size_t len = strnlen(text, max + 1);
	return len >= min && len <= max && strspn(text, allowed) == len;
}

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static bool ends_with_one_of(const char *text, const char *set)
{
	size_t len = strlen(text);
	return len && is_one_of(text[len - 1], set);
}

bool valid_guid(const char *text)
{
	static const size_t groups[] = { 8, 4, 4, 4, 12 };
	const char *p = text;
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		if (i && *p++ != '-')
			return false;
		if (strspn(p, DIGITS "abcdefABCDEF") != groups[i])
			return false;
		p += groups[i];
	}
	return *p == '\0';
}

bool valid_region(const char *text)
{
	return consists_of(text, LOWER DIGITS, 2, 40);
}

bool valid_storage_account(const char *text)
{
	return consists_of(text, LOWER DIGITS, 3, 24);
}

bool valid_registry_name(const char *text)
{
	return consists_of(text, ALNUM, 5, 50);
}

bool valid_vault_name(const char *text)
{
	return consists_of(text, ALNUM "-", 3, 24) && is_one_of(*text, LOWER UPPER) &&
	       ends_with_one_of(text, ALNUM) && !strstr(text, "--");
}

bool valid_workspace_name(const char *text)
{
	return consists_of(text, ALNUM "-_", 3, 33) && is_one_of(*text, ALNUM);
}

bool valid_instance_name(const char *text)
{
	return consists_of(text, ALNUM "-", 3, 24) && is_one_of(*text, LOWER UPPER) &&
	       ends_with_one_of(text, ALNUM);
}

bool valid_cosmos_account(const char *text)
{
	return consists_of(text, LOWER DIGITS "-", 3, 44) &&
	       is_one_of(*text, LOWER DIGITS) && ends_with_one_of(text, LOWER DIGITS);
}

static bool valid_label(const char *label, size_t len)
{
	return len >= 1 && len <= 63 && label[0] != '-' && label[len - 1] != '-' &&
	       strspn(label, ALNUM "-_") >= len;
}

bool valid_host_name(const char *text)
{
	const char *label = text;
	if (strnlen(text, 254) > 253)
		return false;
	for (;;) {
		size_t len = strcspn(label, ".");
		if (!valid_label(label, len))
			return false;
		if (!label[len])
			return strspn(label, DIGITS) < len;
		label += len + 1;
	}
}

static const struct {
	bool (*valid)(const char *text);
	const char *rule;
} kinds[] = {
	[VALUE_GUID] = { valid_guid,
	    "a GUID such as 01234567-89ab-cdef-0123-456789abcdef" },
	[VALUE_REGION] = { valid_region,
	    "a region's short name such as westeurope, lower-case letters and digits" },
	[VALUE_STORAGE_ACCOUNT] = { valid_storage_account,
	    "3 to 24 lower-case letters and digits" },
	[VALUE_REGISTRY_NAME] = { valid_registry_name,
	    "5 to 50 letters and digits, without .azurecr.io" },
	[VALUE_VAULT_NAME] = { valid_vault_name,
	    "3 to 24 letters, digits and single hyphens, beginning with a letter" },
	[VALUE_WORKSPACE_NAME] = { valid_workspace_name,
	    "3 to 33 letters, digits, hyphens and underscores" },
	[VALUE_INSTANCE_NAME] = { valid_instance_name,
	    "3 to 24 letters, digits and hyphens, beginning with a letter" },
	[VALUE_COSMOS_ACCOUNT] = { valid_cosmos_account,
	    "3 to 44 lower-case letters, digits and hyphens" },
	[VALUE_HOST_NAME] = { valid_host_name,
	    "a host name: labels of 1 to 63 letters, digits, '-' and '_'" },
};

bool validate(enum value_kind kind, const char *text)
{
	return kinds[kind].valid(text);
}

const char *validate_rule(enum value_kind kind)
{
	return kinds[kind].rule;
}
