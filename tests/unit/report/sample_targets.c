/* SPDX-License-Identifier: MIT */
#include "tests/unit/report/sample_targets.h"

#include <string.h>

#include "tests/unit/test.h"

struct addr sample_addr(const char *text)
{
	struct addr a = { 0 };
	if (text)
		assert_true(addr_parse_port(text, &a));
	return a;
}

static const char *const always[] = { NULL };
static const char *const images[] = { "images", "cluster" };
static const int not_authenticated[] = { 401 };
static const int bad_request[] = { 400, 403 };

static const struct answer_rule blob_rules[] = {
	{ .statuses = bad_request,
	    .n_statuses = 2,
	    .header = "x-ms-request-id",
	    .mark = MARK_DOCUMENTED },
	{ .header = "server",
	    .header_contains = "Windows-Azure-Blob",
	    .mark = MARK_SEEN },
};
static const struct answer_rule acr_rules[] = {
	{ .statuses = not_authenticated,
	    .n_statuses = 1,
	    .header = "docker-distribution-api-version",
	    .mark = MARK_DOCUMENTED },
};
static const struct answer_rule acr_denials[] = {
	{ .body_contains = "is not allowed access", .mark = MARK_SEEN },
};

static const struct catalogue_entry entries[] = {
	{ .id = "dns.azure",
	    .title = "Azure resolver",
	    .family = "Platform",
	    .features = always,
	    .required = true,
	    .host = { "login.microsoftonline.com" },
	    .source = "What is IP address 168.63.129.16",
	    .source_date = "2026-05-05" },
	{ .id = "imds",
	    .title = "Instance metadata",
	    .family = "Platform",
	    .features = always,
	    .host = { "169.254.169.254" },
	    .source = "Instance metadata service",
	    .source_date = "2026-04-01" },
	{ .id = "aml.tundra",
	    .title = "Compute heartbeat",
	    .family = "Machine Learning",
	    .features = always,
	    .required = true,
	    .host = { "{region}.tundra.azureml.ms" },
	    .source = "Configure inbound and outbound network traffic",
	    .source_date = "2026-08-12",
	    .mark = MARK_BELIEVED },
	{ .id = "storage.blob",
	    .title = "Blob storage",
	    .family = "Storage",
	    .features = always,
	    .required = true,
	    .host = { "{storage}.blob.core.windows.net" },
	    .genuine = blob_rules,
	    .n_genuine = 2,
	    .source = "Configure inbound and outbound network traffic",
	    .source_date = "2026-08-12" },
	{ .id = "storage.file",
	    .title = "File storage",
	    .family = "Storage",
	    .features = always,
	    .required = true,
	    .host = { "{storage}.file.core.windows.net" },
	    .source = "Configure inbound and outbound network traffic",
	    .source_date = "2026-08-12" },
	{ .id = "acr.login",
	    .title = "Container registry",
	    .family = "Registry",
	    .features = images,
	    .n_features = 2,
	    .required = true,
	    .host = { "{container_registry}.azurecr.io" },
	    .genuine = acr_rules,
	    .n_genuine = 1,
	    .denied = acr_denials,
	    .n_denied = 1,
	    .source = "Configure firewall access for a registry",
	    .source_date = "2026-03-30" },
	{ .id = "keyvault",
	    .title = "Key vault",
	    .family = "Key vault",
	    .features = always,
	    .required = true,
	    .host = { "{key_vault}.vault.azure.net" },
	    .source = "Access Key Vault behind a firewall",
	    .source_date = "2026-02-11" },
};

static const struct catalogue catalogue = {
	.version = "2026.11.1",
	.date = "2026-11-20",
	.sha256 = "3f2a91c04b5d6e7f8091a2b3c4d5e6f70123456789abcdef0123456789abcdef",
	.entries = entries,
	.n_entries = COUNT(entries),
};

static const struct addr *platform_dns(void)
{
	static struct addr a;
	a = sample_addr("168.63.129.16:53");
	return &a;
}

static const struct target catalogue_targets[COUNT(entries)] = {
	{ .id = "dns.azure",
	    .host = "login.microsoftonline.com",
	    .protocol = PROTO_DNS },
	{ .id = "imds", .host = "169.254.169.254", .port = 80, .protocol = PROTO_HTTP },
	{ .id = "aml.tundra",
	    .host = "westeurope.tundra.azureml.ms",
	    .port = 5831,
	    .protocol = PROTO_UDP },
	{ .id = "storage.blob",
	    .host = "amlstore.blob.core.windows.net",
	    .port = 443,
	    .compare_platform_dns = true },
	{ .id = "storage.file",
	    .host = "amlstore.file.core.windows.net",
	    .port = 443,
	    .compare_platform_dns = true },
	{ .id = "acr.login", .host = "amlreg.azurecr.io", .port = 443 },
	{ .id = "keyvault", .host = "amlvault.vault.azure.net", .port = 443 },
};

static const struct check catalogue_checks[COUNT(entries)] = {
	{ .title = "Azure resolver",
	    .shown_target = "dns:login.microsoftonline.com",
	    .purpose = "Names of Azure services are found here.",
	    .family = "Platform",
	    .required = true },
	{ .title = "Instance metadata",
	    .shown_target = "http://169.254.169.254/metadata/instance",
	    .purpose = "Tells a machine who it is.",
	    .family = "Platform",
	    .proxy_reason = "address of the platform" },
	{ .title = "Compute heartbeat",
	    .shown_target = "udp://westeurope.tundra.azureml.ms:5831",
	    .purpose = "Nodes report that they are alive.",
	    .family = "Machine Learning",
	    .service_tag = "AzureMachineLearning.westeurope",
	    .required = true },
	{ .title = "Blob storage",
	    .shown_target = "https://amlstore.blob.core.windows.net/",
	    .purpose = "Training data, snapshots and logs are read and written here.",
	    .family = "Storage",
	    .service_tag = "Storage.westeurope",
	    .private_link_zone = "privatelink.blob.core.windows.net",
	    .required = true,
	    .expect_private = true,
	    .proxy_reason = "no_proxy entry .windows.net" },
	{ .title = "File storage",
	    .shown_target = "https://amlstore.file.core.windows.net/",
	    .purpose = "Notebooks live on this share.",
	    .family = "Storage",
	    .service_tag = "Storage.westeurope",
	    .private_link_zone = "privatelink.file.core.windows.net",
	    .required = true },
	{ .title = "Container registry",
	    .shown_target = "https://amlreg.azurecr.io/v2/",
	    .purpose = "Images are pulled from here.",
	    .family = "Registry",
	    .service_tag = "AzureContainerRegistry.westeurope",
	    .private_link_zone = "privatelink.azurecr.io",
	    .required = true },
	{ .title = "Key vault",
	    .shown_target = "https://amlvault.vault.azure.net/",
	    .purpose = "Secrets of the workspace.",
	    .family = "Key vault",
	    .service_tag = "AzureKeyVault.westeurope",
	    .private_link_zone = "privatelink.vaultcore.azure.net",
	    .required = true },
};

static const struct left_out left_out[] = {
	{ "jupyter.websocket", "needs --compute-instance" },
	{ "aks.api", "feature aks is off" },
};

/* The catalogue's targets and any number of ad-hoc ones behind them. */
void sample_targets(struct sample *s, const char *const *adhoc, size_t n_adhoc)
{
	size_t n = COUNT(entries) + n_adhoc;
	struct target *targets = arena_array(&s->arena, n, sizeof *targets);
	struct check *checks = arena_array(&s->arena, n, sizeof *checks);
	memcpy(targets, catalogue_targets, sizeof catalogue_targets);
	memcpy(checks, catalogue_checks, sizeof catalogue_checks);
	targets[0].ask_only = platform_dns();
	for (size_t i = 0; i < COUNT(entries); i++)
		checks[i].entry = &entries[i];
	for (size_t i = 0; i < n_adhoc; i++) {
		const char *host =
		    strstr(adhoc[i], "://") ? strstr(adhoc[i], "://") + 3 : adhoc[i];
		targets[COUNT(entries) + i] = (struct target){ .id = adhoc[i],
			.host = arena_strndup(&s->arena, host, strcspn(host, "/:")),
			.port = 443 };
		checks[COUNT(entries) + i] = (struct check){
			.title = adhoc[i], .shown_target = adhoc[i], .required = true
		};
	}
	s->plan = (struct check_plan){
		.probe = { .targets = targets,
		    .n_targets = n,
		    .platform_dns = sample_addr("168.63.129.16") },
		.checks = checks,
		.left_out = left_out,
		.n_left_out = COUNT(left_out),
		.catalogue = &catalogue,
		.region = "westeurope",
	};
	s->verdicts.items = arena_array(&s->arena, n, sizeof *s->verdicts.items);
	s->verdicts.n_items = n;
	obslog_init(&s->log, &s->arena, n);
	/* 2026-11-22T10:00:00.123Z */
	s->log.started_wall = INT64_C(1795341600123) * NSEC_PER_MSEC;
	s->log.duration = MS(812.4);
}
