/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include "checks/input/validate.h"

#define LABEL63 "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-abcdefghi"

static const struct {
	enum value_kind kind;
	const char *text;
	bool want;
} rows[] = {
	{ VALUE_GUID, "01234567-89ab-cdef-0123-456789abcdef", true },
	{ VALUE_GUID, "01234567-89AB-CDEF-0123-456789ABCDEF", true },
	{ VALUE_GUID, "{01234567-89ab-cdef-0123-456789abcdef}", false },
	{ VALUE_GUID, "01234567-89ab-cdef-0123-456789abcde", false },
	{ VALUE_GUID, "01234567-89ab-cdef-0123-456789abcdef0", false },
	{ VALUE_GUID, "0123456789abcdef0123456789abcdef", false },
	{ VALUE_GUID, "g1234567-89ab-cdef-0123-456789abcdef", false },
	{ VALUE_GUID, "", false },

	{ VALUE_REGION, "westeurope", true },
	{ VALUE_REGION, "eastus2", true },
	{ VALUE_REGION, "West Europe", false },
	{ VALUE_REGION, "westeurope.evil.test", false },
	{ VALUE_REGION, "", false },

	{ VALUE_STORAGE_ACCOUNT, "abc", true },
	{ VALUE_STORAGE_ACCOUNT, "abcdefghijklmnopqrstuvw1", true },
	{ VALUE_STORAGE_ACCOUNT, "abcdefghijklmnopqrstuvw12", false },
	{ VALUE_STORAGE_ACCOUNT, "ab", false },
	{ VALUE_STORAGE_ACCOUNT, "Contoso", false },
	{ VALUE_STORAGE_ACCOUNT, "con-toso", false },
	{ VALUE_STORAGE_ACCOUNT, "x;rm -rf /", false },
	{ VALUE_STORAGE_ACCOUNT, "a@evil.test/", false },
	{ VALUE_STORAGE_ACCOUNT, "abc\n", false },

	{ VALUE_REGISTRY_NAME, "Contoso1", true },
	{ VALUE_REGISTRY_NAME, "cont", false },
	{ VALUE_REGISTRY_NAME, "contoso.azurecr.io", false },

	{ VALUE_VAULT_NAME, "my-vault1", true },
	{ VALUE_VAULT_NAME, "1vault", false },
	{ VALUE_VAULT_NAME, "vault-", false },
	{ VALUE_VAULT_NAME, "my--vault", false },
	{ VALUE_VAULT_NAME, "my_vault", false },

	{ VALUE_WORKSPACE_NAME, "my_ws-1", true },
	{ VALUE_WORKSPACE_NAME, "-ws", false },
	{ VALUE_WORKSPACE_NAME, "my ws", false },

	{ VALUE_INSTANCE_NAME, "ci-jane01", true },
	{ VALUE_INSTANCE_NAME, "ci-", false },
	{ VALUE_INSTANCE_NAME, "ci.jane", false },

	{ VALUE_COSMOS_ACCOUNT, "my-cosmos", true },
	{ VALUE_COSMOS_ACCOUNT, "My-cosmos", false },
	{ VALUE_COSMOS_ACCOUNT, "-cosmos", false },

	{ VALUE_HOST_NAME, "adb-123.4.azuredatabricks.net", true },
	{ VALUE_HOST_NAME, "_dmarc.contoso.test", true },
	{ VALUE_HOST_NAME, "localhost", true },
	{ VALUE_HOST_NAME, LABEL63 ".test", true },
	{ VALUE_HOST_NAME, LABEL63 "x.test", false },
	{ VALUE_HOST_NAME, LABEL63 "." LABEL63 "." LABEL63 "." LABEL63, false },
	{ VALUE_HOST_NAME, "contoso.test.", false },
	{ VALUE_HOST_NAME, ".contoso.test", false },
	{ VALUE_HOST_NAME, "a..b", false },
	{ VALUE_HOST_NAME, "-a.test", false },
	{ VALUE_HOST_NAME, "a-.test", false },
	{ VALUE_HOST_NAME, "10.0.0.300", false },
	{ VALUE_HOST_NAME, "a b.test", false },
	{ VALUE_HOST_NAME, "a/b.test", false },
	{ VALUE_HOST_NAME, "", false },
};

static void values_obey_their_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (validate(rows[i].kind, rows[i].text) != rows[i].want)
			fail_msg("row %zu: \"%s\" against \"%s\"", i, rows[i].text,
			    validate_rule(rows[i].kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_obey_their_rule),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
