/* SPDX-License-Identifier: MIT */
#include "checks/plan/catalogue.h"

#include <string.h>

static const char *const cloud_names[N_CLOUDS] = {
	[CLOUD_PUBLIC] = "AzureCloud",
	[CLOUD_US_GOVERNMENT] = "AzureUSGovernment",
	[CLOUD_CHINA] = "AzureChinaCloud",
};

const char *cloud_name(enum cloud c)
{
	return cloud_names[c];
}

bool cloud_from_name(const char *name, enum cloud *ret)
{
	for (unsigned i = 0; i < N_CLOUDS; i++) {
		if (strcmp(name, cloud_names[i]) == 0) {
			*ret = (enum cloud)i;
			return true;
		}
	}
	return false;
}
