/* SPDX-License-Identifier: MIT */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/input_file.h"
#include "checks/plan/catalogue.h"
#include "checks/plan/catalogue_data.h"
#include "checks/plan/catalogue_parse.h"

void catalogue_builtin_identity(struct catalogue *ret)
{
	*ret = (struct catalogue){ .version = catalogue_data_version,
		.date = catalogue_data_date };
	memcpy(ret->sha256, catalogue_data_sha256, sizeof ret->sha256);
}

int catalogue_load_builtin(
    struct arena *arena, struct catalogue *ret, struct input_error *reterr)
{
	if (catalogue_parse("built-in catalogue", (const char *)catalogue_data,
		catalogue_data_len, arena, ret, reterr) < 0)
		return -1;
	memcpy(ret->sha256, catalogue_data_sha256, sizeof ret->sha256);
	return 0;
}

static int digest(const char *path, const char *text, size_t len, char hex[65],
    struct input_error *reterr)
{
	unsigned char hash[32];
	unsigned n = sizeof hash;
	if (!EVP_Digest(text, len, hash, &n, EVP_sha256(), NULL)) {
		input_error_set(reterr, "%s: SHA-256 is not available", path);
		return -1;
	}
	for (unsigned i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	return 0;
}

int catalogue_load_file(const char *path, struct arena *arena, struct catalogue *ret,
    struct input_error *reterr)
{
	const char *text;
	size_t len;
	if (input_file_read(path, arena, &text, &len, reterr) < 0 ||
	    catalogue_parse(path, text, len, arena, ret, reterr) < 0)
		return -1;
	return digest(input_file_shown(path, arena), text, len, ret->sha256, reterr);
}
