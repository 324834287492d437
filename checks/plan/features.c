/* SPDX-License-Identifier: MIT */
#include "checks/plan/features.h"

#include <string.h>

#include "checks/input/input_error.h"
#include "checks/input/suggest.h"
#include "checks/plan/settings.h"
#include "probe/base/text.h"

static const struct feature features[] = {
	{ "cluster", true, "compute clusters" },
	{ "instance", true, "compute instances and the studio" },
	{ "jupyter", true, "Jupyter kernels and terminals over websockets" },
	{ "images", true, "container images from the registries" },
	{ "smb", true, "file shares mounted over SMB" },
	{ "monitor", true, "metrics and logs" },
	{ "long-idle", false, "connections that stay idle for minutes" },
	{ "cosmos", false, "Cosmos DB of the workspace" },
	{ "aks", false, "an attached Kubernetes cluster" },
	{ "databricks", false, "an attached Databricks workspace" },
	{ "attach", false, "an attached virtual machine or HDInsight cluster" },
	{ "scoring", false, "a scoring endpoint on ACI or AKS" },
	{ "packages", false, "Python, conda and Ubuntu package sources" },
	{ "vscode", false, "VS Code on a compute instance" },
	{ "pki", false, "revocation lists and responders" },
};

const struct feature *feature_table(size_t *ret_n)
{
	*ret_n = sizeof features / sizeof *features;
	return features;
}

const struct feature *feature_find(const char *name)
{
	for (size_t i = 0; i < sizeof features / sizeof *features; i++)
		if (strcmp(features[i].name, name) == 0)
			return &features[i];
	return NULL;
}

const char *feature_suggestion(const char *name, struct arena *arena)
{
	struct suggestion s = suggest_begin(name);
	for (size_t i = 0; i < sizeof features / sizeof *features; i++)
		suggest_feed(&s, features[i].name);
	return suggest_clause(&s, arena);
}

bool feature_is_on(const char *name, const struct strings *given)
{
	const struct feature *f = feature_find(name);
	bool by_default = f && f->by_default;
	if (!given->n_items)
		return by_default;
	for (size_t i = 0; i < given->n_items; i++)
		if (strcmp(given->items[i], name) == 0 ||
		    (by_default && strcmp(given->items[i], FEATURE_DEFAULT_WORD) == 0))
			return true;
	return false;
}

int features_check(
    const struct strings *given, struct arena *arena, struct input_error *reterr)
{
	for (size_t i = 0; i < given->n_items; i++) {
		const char *name = given->items[i];
		if (feature_find(name) || strcmp(name, FEATURE_DEFAULT_WORD) == 0)
			continue;
		input_error_set(reterr, "unknown feature \"%s\"%s",
		    text_escape(arena, name, strlen(name), 60),
		    feature_suggestion(name, arena));
		return -1;
	}
	return 0;
}
