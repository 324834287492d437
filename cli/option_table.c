/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <assert.h>
#include <string.h>

#include "cli/option_set.h"

/* Printable, without blanks: host names, URLs, globs and interface names. */
static bool is_word(const char *text)
{
	size_t n = 0;
	while (text[n] > ' ' && text[n] < 0x7f)
		n++;
	return n > 0 && text[n] == '\0';
}

static bool consists_of(const char *text, const char *allowed)
{
	return text[strspn(text, allowed)] == '\0';
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static bool is_id_glob(const char *text)
{
	return consists_of(text, LOWER UPPER DIGIT ".:*?-_");
}

/* IFNAMSIZ with its NUL; the kernel refuses '/' and blanks too (dev_valid_name()). */
static bool is_interface(const char *text)
{
	return is_word(text) && strlen(text) <= 15 && !strchr(text, '/');
}

static const char word_rule[] = "printable text without blanks";
static const char glob_rule[] =
    "a check id or a glob over ids, such as storage.blob or storage.*";

#define SETTING(member) .field = offsetof(struct options, settings.member)
#define SHOWN(member)   .field = offsetof(struct options, output.member)
#define WATCH(member)   .field = offsetof(struct options, watch.member)
#define NAME(k)         .set = set_name, .kind = (k)
#define WORD            .set = set_text, .valid = is_word, .rule = word_rule
#define GLOBS                                                                          \
	.flags = OPTION_LIST | OPTION_COMMAS, .set = set_strings, .valid = is_id_glob, \
	.rule = glob_rule

static const struct option_row rows[] = {
	/* What to check. */
	{ "config", 'c', "FILE", GROUP_SELECT,
	    .help = "read options from a YAML file; keys are the long names with _ "
		    "for -",
	    .flags = OPTION_NO_FILE, .set = set_text,
	    .field = offsetof(struct options, config) },
	{ "profile", 0, "NAME", GROUP_SELECT,
	    .help = "endpoint catalogue to check: azureml (the default when a "
		    "workspace option is given)",
	    .set = set_profile },
	{ "catalogue", 0, "FILE", GROUP_SELECT,
	    .help = "use this catalogue instead of the built-in one",
	    .flags = OPTION_NOT_SAVED, .set = set_text, SETTING(catalogue) },
	{ "feature", 0, "NAME,...", GROUP_SELECT,
	    .help = "what the workspace uses (cluster,instance,jupyter,images,smb,"
		    "monitor); others only when named: long-idle, aks, databricks, ...",
	    .flags = OPTION_LIST | OPTION_COMMAS, .set = set_feature,
	    SETTING(features) },
	{ "skip", 0, "ID-GLOB,...", GROUP_SELECT, .help = "leave these checks out",
	    GLOBS, SETTING(skip) },
	{ "targets", 0, "TARGET", GROUP_SELECT,
	    .help = "check ids, globs over ids and ad-hoc endpoints",
	    .flags = OPTION_LIST | OPTION_FILE_ONLY, .set = set_strings,
	    .valid = is_word, .rule = word_rule, SETTING(targets) },

	/* The workspace. */
	{ "cloud", 0, "NAME", GROUP_WORKSPACE,
	    .help = "AzureCloud (default), AzureUSGovernment or AzureChinaCloud",
	    .set = set_cloud },
	{ "region", 0, "NAME", GROUP_WORKSPACE,
	    .help = "region of the workspace, such as westeurope", NAME(VALUE_REGION),
	    SETTING(region) },
	{ "workspace-id", 0, "GUID", GROUP_WORKSPACE, .help = "id of the workspace",
	    NAME(VALUE_GUID), SETTING(workspace_id) },
	{ "workspace-name", 0, "NAME", GROUP_WORKSPACE, .help = "name of the workspace",
	    NAME(VALUE_WORKSPACE_NAME), SETTING(workspace_name) },
	{ "storage", 0, "ACCOUNT,...", GROUP_WORKSPACE,
	    .help = "storage account of the workspace; further ones are added",
	    .flags = OPTION_LIST | OPTION_COMMAS, .set = set_names,
	    .kind = VALUE_STORAGE_ACCOUNT, SETTING(storage) },
	{ "container-registry", 0, "NAME", GROUP_WORKSPACE,
	    .help = "container registry, without .azurecr.io",
	    NAME(VALUE_REGISTRY_NAME), SETTING(container_registry) },
	{ "key-vault", 0, "NAME", GROUP_WORKSPACE, .help = "key vault",
	    NAME(VALUE_VAULT_NAME), SETTING(key_vault) },
	{ "compute-instance", 0, "NAME", GROUP_WORKSPACE,
	    .help = "compute instance whose Jupyter is tried",
	    NAME(VALUE_INSTANCE_NAME), SETTING(compute_instance) },
	{ "jupyter-token-file", 0, "FILE", GROUP_WORKSPACE,
	    .help = "start a kernel on Jupyter with the token in this file, let it "
		    "compute, delete it",
	    .flags = OPTION_NOT_SAVED, .set = set_text, SETTING(jupyter_token_file) },
	{ "cosmos-account", 0, "NAME", GROUP_WORKSPACE,
	    .help = "Cosmos DB account (feature cosmos)", NAME(VALUE_COSMOS_ACCOUNT),
	    SETTING(cosmos_account) },
	{ "aks-fqdn", 0, "HOST", GROUP_WORKSPACE,
	    .help = "API server of an attached AKS cluster (feature aks)",
	    NAME(VALUE_HOST_NAME), SETTING(aks_fqdn) },
	{ "databricks-host", 0, "HOST", GROUP_WORKSPACE,
	    .help = "Databricks workspace (feature databricks)", NAME(VALUE_HOST_NAME),
	    SETTING(databricks_host) },
	{ "attach-host", 0, "HOST", GROUP_WORKSPACE,
	    .help = "attached machine or HDInsight head node (feature attach)",
	    NAME(VALUE_HOST_NAME), SETTING(attach_host) },
	{ "scoring-host", 0, "HOST", GROUP_WORKSPACE,
	    .help = "scoring endpoint (feature scoring)", NAME(VALUE_HOST_NAME),
	    SETTING(scoring_host) },

	/* What is expected. */
	{ "expect-private", 0, "ID-GLOB,...", GROUP_EXPECT,
	    .help = "these names must resolve to private addresses", GLOBS,
	    SETTING(expect_private) },
	{ "expect-cidr", 0, "CIDR,...", GROUP_EXPECT,
	    .help = "private addresses must lie in one of these",
	    .flags = OPTION_LIST | OPTION_COMMAS, .set = set_cidrs,
	    .rule = "a prefix without host bits, such as 10.1.0.0/16",
	    SETTING(expect_cidrs) },
	{ "must-not-reach", 0, "TARGET", GROUP_EXPECT,
	    .help = "being able to reach this is a failure; repeatable",
	    .flags = OPTION_LIST, .set = set_strings, .valid = is_word,
	    .rule = word_rule, SETTING(must_not_reach) },
	{ "baseline", 0, "FILE", GROUP_EXPECT,
	    .help = "fail where the path is not as approved in FILE",
	    .flags = OPTION_NOT_SAVED, .set = set_text,
	    .field = offsetof(struct options, baseline) },
	{ "save-baseline", 0, "FILE", GROUP_EXPECT,
	    .help = "write the path's facts to FILE, to be reviewed and approved",
	    .flags = OPTION_NOT_SAVED, .set = set_text,
	    .field = offsetof(struct options, save_baseline) },
	{ "service-tags", 0, "FILE", GROUP_EXPECT,
	    .help = "Azure's list of service tags (ServiceTags_Public.json), to tell "
		    "whether who came by --listen is the service",
	    .flags = OPTION_ONCE | OPTION_NOT_SAVED, .set = set_text,
	    SETTING(service_tags) },
	{ "canary", 0, "ADDR", GROUP_EXPECT,
	    .help = "address that must not answer (192.0.2.1); none sends nothing "
		    "there",
	    .set = set_canary },
	{ "no-diagnose", 0, NULL, GROUP_EXPECT, .help = "stop at the failed stage",
	    .set = set_flag, SETTING(no_diagnose) },

	/* The way there. */
	{ "resolver", 0, "ADDR[:PORT],...", GROUP_PATH,
	    .help = "ask these name servers instead of the system's",
	    .flags = OPTION_LIST | OPTION_COMMAS, .set = set_addrs,
	    .rule = "an address, such as 10.0.0.4, 10.0.0.4:53 or [2001:db8::1]:53",
	    SETTING(resolvers) },
	{ "azure-dns", 0, "ADDR", GROUP_PATH,
	    .help = "platform resolver to compare with (168.63.129.16), or none",
	    .set = set_azure_dns },
	{ "resolve", 0, "HOST:PORT:ADDR", GROUP_PATH,
	    .help = "contact ADDR for HOST and PORT; repeatable", .flags = OPTION_LIST,
	    .set = set_strings, .valid = is_word, .rule = word_rule, SETTING(resolve) },
	{ "connect-to", 0, "HOST:PORT:HOST2:PORT2", GROUP_PATH,
	    .help = "contact HOST2 and PORT2 instead; repeatable", .flags = OPTION_LIST,
	    .set = set_strings, .valid = is_word, .rule = word_rule,
	    SETTING(connect_to) },
	{ "proxy", 0, "URL", GROUP_PATH,
	    .help = "proxy: http, https, socks5 or socks5h; \"\" is none, whatever the "
		    "environment says",
	    .flags = OPTION_EMPTY_OK | OPTION_CREDENTIALS, .set = set_proxy },
	{ "noproxy", 0, "LIST", GROUP_PATH,
	    .help = "hosts to contact directly, comma-separated",
	    .flags = OPTION_EMPTY_OK, .set = set_noproxy },
	{ "proxy-credentials-file", 0, "FILE", GROUP_PATH,
	    .help = "USER:PASSWORD for the proxy; only its owner may read the file",
	    .flags = OPTION_NOT_SAVED, .set = set_text,
	    SETTING(proxy_credentials_file) },
	{ "proxy-auth", 0, "SCHEME", GROUP_PATH,
	    .help =
		"how to log in to the proxy: basic, ntlm, negotiate or any of ntlm, "
		"digest and basic (any)",
	    .set = set_proxy_auth },
	{ "cacert", 0, "FILE", GROUP_PATH,
	    .help = "trust the certificates in this PEM file too",
	    .flags = OPTION_NOT_SAVED, .set = set_text, SETTING(cacert) },
	{ "ipv4", '4', NULL, GROUP_PATH, .help = "use IPv4 only", .set = set_ipv4 },
	{ "ipv6", '6', NULL, GROUP_PATH, .help = "use IPv6 only", .set = set_ipv6 },
	{ "interface", 0, "NAME", GROUP_PATH, .help = "send through this interface",
	    .set = set_text, .valid = is_interface,
	    .rule = "an interface name of at most 15 characters, such as eth0",
	    SETTING(interface) },
	{ "source", 0, "ADDR", GROUP_PATH, .help = "send from this local address",
	    .set = set_addr, .rule = "an address without port, such as 10.0.0.4",
	    SETTING(source) },

	/* Limits. */
	{ "connect-timeout", 0, "DUR", GROUP_LIMITS,
	    .help = "for a name server's answer, and for each connection (3s)",
	    .set = set_duration, SETTING(connect_timeout) },
	{ "timeout", 0, "DUR", GROUP_LIMITS, .help = "for one check (10s)",
	    .set = set_duration, SETTING(timeout) },
	{ "deadline", 0, "DUR", GROUP_LIMITS,
	    .help = "for the whole run (30s, and longer if --idle or --listen needs "
		    "it)",
	    .set = set_duration, SETTING(deadline) },
	{ "idle", 0, "DUR,...", GROUP_LIMITS,
	    .help = "leave connections to jupyter.websocket and ad-hoc endpoints idle "
		    "so long, and see whether they survive",
	    .flags = OPTION_LIST | OPTION_COMMAS, .set = set_idle, SETTING(idle) },
	{ "listen", 0, "DUR", GROUP_LIMITS,
	    .help = "so long watch the ports on which Azure connects to a compute (22, "
		    "29876, 29877, 44224); who came is seen with CAP_NET_RAW only",
	    .flags = OPTION_ONCE, .set = set_listen_time, .valid = is_listen_time },
	{ "parallel", 0, "N", GROUP_LIMITS,
	    .help = "most checks in flight; all of them unless given",
	    .set = set_parallel },

	/* Watching. */
	{ "interval", 0, "DUR", GROUP_WATCH, .help = "from one run to the next (5m)",
	    .flags = OPTION_NOT_SAVED, .set = set_interval },
	{ "jitter", 0, "DUR", GROUP_WATCH,
	    .help =
		"at most this is added to each, at random; none is none (a tenth of "
		"the interval)",
	    .flags = OPTION_NOT_SAVED, .set = set_jitter },
	{ "align", 0, NULL, GROUP_WATCH,
	    .help = "run at multiples of the interval on the clock, without jitter "
		    "unless that is given",
	    .flags = OPTION_NOT_SAVED, .set = set_flag, WATCH(align) },
	{ "listen", 0, "ADDR:PORT", GROUP_WATCH,
	    .help = "serve /metrics, /healthz, /report.html and /report.json there "
		    "(127.0.0.1:9810); none is nowhere",
	    .flags = OPTION_NOT_SAVED, .set = set_listen_place,
	    .valid = is_listen_place },
	{ "state", 0, "DIR", GROUP_WATCH, .help = "directory of the history",
	    .flags = OPTION_NOT_SAVED, .set = set_text, WATCH(state) },
	{ "keep-days", 0, "N", GROUP_WATCH,
	    .help = "days after which a run is forgotten (30)",
	    .flags = OPTION_NOT_SAVED, .set = set_keep_days },
	{ "keep-size", 0, "MIB", GROUP_WATCH,
	    .help = "size of the history beyond which the oldest runs are forgotten "
		    "(64)",
	    .flags = OPTION_NOT_SAVED, .set = set_keep_size },
	{ "on-change", 0, "COMMAND", GROUP_WATCH,
	    .help = "give this to sh -c when something changes, with JSON on its "
		    "standard input, for at most 30s",
	    .flags = OPTION_NOT_SAVED, .set = set_text, WATCH(on_change) },

	/* What is shown. */
	{ "output", 'o', "FORMAT[=FILE]", GROUP_OUTPUT,
	    .help = "text (default), json, junit, html, markdown, prometheus, nagios; "
		    "to standard output or a file; repeatable",
	    .flags = OPTION_LIST | OPTION_NOT_SAVED, .set = set_output },
	{ "progress", 0, "WHEN", GROUP_OUTPUT,
	    .help = "on standard error: auto (on a terminal), on, off, json",
	    .flags = OPTION_NOT_SAVED, .set = set_progress },
	{ "verbose", 'v', NULL, GROUP_OUTPUT,
	    .help = "show evidence of what passed, and what was left out",
	    .flags = OPTION_NOT_SAVED, .set = set_verbose },
	{ "quiet", 'q', NULL, GROUP_OUTPUT,
	    .help = "show only what failed, and the summary", .flags = OPTION_NOT_SAVED,
	    .set = set_quiet },
	{ "no-color", 0, NULL, GROUP_OUTPUT, .help = "no colour (also: NO_COLOR)",
	    .flags = OPTION_NOT_SAVED, .set = set_flag, SHOWN(no_color) },
	{ "redact", 0, NULL, GROUP_OUTPUT,
	    .help = "replace names, addresses and ids by pseudonyms",
	    .flags = OPTION_NOT_SAVED, .set = set_flag, SHOWN(redact) },
	{ "strict", 0, NULL, GROUP_OUTPUT, .help = "warnings count as failures",
	    .set = set_flag, SHOWN(strict) },
	{ "exit-style", 0, "STYLE", GROUP_OUTPUT,
	    .help = "exit codes: plain (default), or nagios, which is the default of "
		    "-o nagios alone",
	    .set = set_exit_style },
	{ "capture", 0, "WHEN", GROUP_LIMITS,
	    .help = "capture the run's own packets, which makes verdicts surer: off "
		    "(default), auto (when permitted), on; needs CAP_NET_RAW",
	    .flags = OPTION_NOT_SAVED, .set = set_capture },
	{ "snaplen", 0, "BYTES", GROUP_LIMITS,
	    .help = "of each captured packet (default 384)", .flags = OPTION_NOT_SAVED,
	    .set = set_snaplen },
	{ "pcap", 0, "FILE", GROUP_OUTPUT,
	    .help =
		"write captured packets of checks that do not pass to a pcapng file, "
		"with comments; means --capture on unless that is given",
	    .flags = OPTION_NOT_SAVED, .set = set_text,
	    .field = offsetof(struct options, capture.pcap) },
	{ "pcap-all", 0, NULL, GROUP_OUTPUT, .help = "those of checks that pass, too",
	    .flags = OPTION_NOT_SAVED, .set = set_flag,
	    .field = offsetof(struct options, capture.pcap_all) },
};

static_assert(sizeof rows / sizeof *rows <= OPTIONS_MAX, "raise OPTIONS_MAX");

const struct option_row *option_table(size_t *ret_n)
{
	*ret_n = sizeof rows / sizeof *rows;
	return rows;
}
