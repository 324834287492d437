/* SPDX-License-Identifier: MIT */
#ifndef CHECKS_SETTINGS_H
#define CHECKS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "checks/plan/catalogue.h"
#include "probe/base/nsec.h"
#include "probe/model/addr.h"
#include "probe/model/plan.h"

/** A list of strings as given; commas already split. */
struct strings {
	const char **items;
	size_t n_items, cap;
};

struct cidrs {
	struct cidr *items;
	size_t n_items, cap;
};

struct addrs {
	struct addr *items;
	size_t n_items, cap;
};

struct durations {
	nsec_t *items;
	size_t n_items, cap;
};

/** Where each proxy setting stands: "--proxy", "HTTPS_PROXY", "FILE:3:1: proxy". */
struct proxy_sources {
	const char *proxy, *noproxy; /* NULL = the setting is not given */
	const char *https_proxy, *all_proxy, *no_proxy;
};

/*
 * Everything a user can choose about what is tested, after command line,
 * environment, configuration file and defaults were merged (cli/options.h) and each
 * value was checked on its own. How results are shown is not here (cli/).
 */
struct settings {
	struct strings targets; /* check ids, globs, ad-hoc endpoints */
	bool profile_given;     /* --profile azureml */
	enum cloud cloud;
	const char *region;
	const char *workspace_id, *workspace_name;
	struct strings storage;
	const char *container_registry, *key_vault, *compute_instance;
	/* Services that only some workspaces use; see docs/catalogue.md. */
	const char *cosmos_account, *aks_fqdn, *databricks_host, *attach_host,
	    *scoring_host;
	struct strings features; /* empty = the default set */
	struct strings skip;
	struct strings expect_private; /* id globs */
	struct cidrs expect_cidrs;
	struct strings must_not_reach;
	struct addrs resolvers;
	struct addr azure_dns; /* family 0 = "none" */
	bool azure_dns_given;
	const char *catalogue; /* --catalogue FILE, or NULL */
	const char *cacert;
	const char *jupyter_token_file; /* --jupyter-token-file, or NULL */
	const char *proxy;   /* --proxy; "" = none whatever the environment says */
	const char *noproxy; /* --noproxy, or NULL */
	/* From the environment as curl reads it; NULL = unset. */
	const char *env_http_proxy, *env_https_proxy, *env_all_proxy, *env_no_proxy;
	struct proxy_sources proxy_from;
	const char *proxy_credentials_file;      /* FILE, or NULL */
	const char *proxy_user, *proxy_password; /* what it holds; NULL = none */
	enum proxy_auth proxy_auth;
	sa_family_t only_family;
	const char *interface;
	struct addr source;
	struct strings resolve;    /* HOST:PORT:ADDR[,ADDR] */
	struct strings connect_to; /* HOST1:PORT1:HOST2:PORT2 */
	nsec_t connect_timeout, timeout;
	nsec_t deadline;          /* 0 = not given: see checks/plan/run_time.h */
	struct durations idle;    /* --idle, as given */
	nsec_t listen;            /* --listen of a single run; 0 = not given */
	const char *service_tags; /* --service-tags FILE, or NULL */
	unsigned parallel;        /* 0 = all */
	const char *canary;       /* IP literal or "none" */
	bool no_diagnose;
};

/** The built-in defaults of the contract. */
void settings_init(struct settings *s);

#endif
