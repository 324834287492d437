/* SPDX-License-Identifier: MIT */
#ifndef CLI_OPTION_SET_H
#define CLI_OPTION_SET_H

#include "cli/options.h"

/*
 * How one value of each kind is checked and stored. All have the type of
 * option_row.set. The generic ones store into option_row.field after
 * option_row.valid accepted the value.
 */

int set_text(const struct option_use *use);     /* const char * */
int set_strings(const struct option_use *use);  /* struct strings */
int set_name(const struct option_use *use);     /* set_text() by option_row.kind */
int set_names(const struct option_use *use);    /* set_strings() by option_row.kind */
int set_cidrs(const struct option_use *use);    /* struct cidrs */
int set_addrs(const struct option_use *use);    /* struct addrs, with port */
int set_addr(const struct option_use *use);     /* struct addr, no port */
int set_duration(const struct option_use *use); /* nsec_t */
int set_idle(const struct option_use *use);     /* struct durations, for --idle */
int set_flag(const struct option_use *use);     /* bool */

int set_feature(const struct option_use *use); /* set_strings() */
int set_profile(const struct option_use *use);
int set_cloud(const struct option_use *use);
int set_azure_dns(const struct option_use *use);
int set_canary(const struct option_use *use);
int set_proxy(const struct option_use *use);
int set_noproxy(const struct option_use *use);
int set_proxy_auth(const struct option_use *use);
int set_ipv4(const struct option_use *use);
int set_ipv6(const struct option_use *use);
int set_parallel(const struct option_use *use);
int set_capture(const struct option_use *use);
int set_snaplen(const struct option_use *use);
int set_output(const struct option_use *use);
int set_progress(const struct option_use *use);
int set_exit_style(const struct option_use *use);
int set_verbose(const struct option_use *use);
int set_quiet(const struct option_use *use);
int set_interval(const struct option_use *use);
int set_jitter(const struct option_use *use);
int set_keep_days(const struct option_use *use);
int set_keep_size(const struct option_use *use);

/* Both meanings of --listen. */
int set_listen_time(const struct option_use *use);
int set_listen_place(const struct option_use *use);
bool is_listen_time(const char *value);
bool is_listen_place(const char *value);

/**
 * Sets WHERE: "VALUE" is not valid; it must be RULE, with the value escaped and cut,
 * and returns -1.
 */
int option_reject(const struct option_use *use, const char *rule);

#endif
