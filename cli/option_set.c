/* SPDX-License-Identifier: MIT */
#include "cli/option_set.h"

#include <string.h>
#include <sys/socket.h>

#include "checks/input/input_error.h"
#include "checks/input/validate.h"
#include "checks/plan/features.h"
#include "checks/plan/idle_choice.h"
#include "cli/message.h"
#include "probe/base/arena.h"
#include "probe/base/parse.h"
#include "probe/base/vec.h"

int option_reject(const struct option_use *use, const char *rule)
{
	input_error_set(use->error, "%s: \"%s\" is not valid; it must be %s",
	    use->where, message_quote(use->arena, use->value), rule);
	return -1;
}

/* The member of struct options the row's generic setter writes to. */
static void *field(const struct option_use *use)
{
	return (char *)use->to + use->row->field;
}

/* options_apply() lets an empty value through only where that is a value. */
static bool accepted(const struct option_use *use)
{
	const struct option_row *row = use->row;
	return !row->valid || *use->value == '\0' || row->valid(use->value);
}

int set_text(const struct option_use *use)
{
	if (!accepted(use))
		return option_reject(use, use->row->rule);
	const char **text = field(use);
	*text = arena_strdup(use->arena, use->value);
	return 0;
}

int set_strings(const struct option_use *use)
{
	if (!accepted(use))
		return option_reject(use, use->row->rule);
	struct strings *list = field(use);
	if (use->first)
		list->n_items = 0;
	list->items = vec_grow(
	    use->arena, list->items, list->n_items, &list->cap, sizeof *list->items);
	list->items[list->n_items++] = arena_strdup(use->arena, use->value);
	return 0;
}

int set_name(const struct option_use *use)
{
	if (!validate(use->row->kind, use->value))
		return option_reject(use, validate_rule(use->row->kind));
	return set_text(use);
}

int set_names(const struct option_use *use)
{
	if (!validate(use->row->kind, use->value))
		return option_reject(use, validate_rule(use->row->kind));
	return set_strings(use);
}

int set_cidrs(const struct option_use *use)
{
	struct cidr value;
	if (!cidr_parse(use->value, &value))
		return option_reject(use, use->row->rule);
	struct cidrs *list = field(use);
	if (use->first)
		list->n_items = 0;
	list->items = vec_grow(
	    use->arena, list->items, list->n_items, &list->cap, sizeof *list->items);
	list->items[list->n_items++] = value;
	return 0;
}

int set_addrs(const struct option_use *use)
{
	struct addr value;
	if (!addr_parse_port(use->value, &value))
		return option_reject(use, use->row->rule);
	struct addrs *list = field(use);
	if (use->first)
		list->n_items = 0;
	list->items = vec_grow(
	    use->arena, list->items, list->n_items, &list->cap, sizeof *list->items);
	list->items[list->n_items++] = value;
	return 0;
}

int set_addr(const struct option_use *use)
{
	struct addr value;
	if (!addr_parse(use->value, &value))
		return option_reject(use, use->row->rule);
	struct addr *to = field(use);
	*to = value;
	return 0;
}

int set_duration(const struct option_use *use)
{
	nsec_t value;
	if (!parse_duration(use->value, &value))
		return option_reject(
		    use, "a duration such as 500ms, 3s or 2m (at most 24h)");
	nsec_t *to = field(use);
	*to = value;
	return 0;
}

int set_idle(const struct option_use *use)
{
	nsec_t value;
	struct durations *list = field(use);
	if (use->first)
		list->n_items = 0;
	if (!parse_duration(use->value, &value) || value < NSEC_PER_SEC ||
	    value > 3600 * NSEC_PER_SEC)
		return option_reject(use, "a duration of 1s to 1h, such as 30s or 4m");
	if (list->n_items == IDLE_MAX_TIMES)
		return option_reject(use, "one of at most 16 durations");
	list->items = vec_grow(
	    use->arena, list->items, list->n_items, &list->cap, sizeof *list->items);
	list->items[list->n_items++] = value;
	return 0;
}

/* options_apply() lets nothing but "true" and "false" through to a switch. */
static bool is_true(const struct option_use *use)
{
	return strcmp(use->value, "true") == 0;
}

int set_flag(const struct option_use *use)
{
	bool *to = field(use);
	*to = is_true(use);
	return 0;
}

static int unknown_feature(const struct option_use *use)
{
	const char *hint = feature_suggestion(use->value, use->arena);
	if (*hint == '\0') {
		size_t n;
		const struct feature *table = feature_table(&n);
		hint = "; there are";
		for (size_t i = 0; i < n; i++)
			hint = arena_printf(
			    use->arena, "%s%s %s", hint, i ? "," : "", table[i].name);
	}
	input_error_set(use->error, "%s: unknown feature \"%s\"%s", use->where,
	    message_quote(use->arena, use->value), hint);
	return -1;
}

int set_feature(const struct option_use *use)
{
	bool known =
	    feature_find(use->value) || strcmp(use->value, FEATURE_DEFAULT_WORD) == 0;
	return known ? set_strings(use) : unknown_feature(use);
}

int set_profile(const struct option_use *use)
{
	if (strcmp(use->value, "azureml") != 0)
		return option_reject(use, "azureml, the only profile there is");
	use->to->settings.profile_given = true;
	return 0;
}

int set_cloud(const struct option_use *use)
{
	if (!cloud_from_name(use->value, &use->to->settings.cloud))
		return option_reject(
		    use, "AzureCloud, AzureUSGovernment or AzureChinaCloud");
	return 0;
}

int set_azure_dns(const struct option_use *use)
{
	struct settings *s = &use->to->settings;
	struct addr value = { .family = 0 };
	if (strcmp(use->value, "none") != 0 && !addr_parse_port(use->value, &value))
		return option_reject(
		    use, "an address such as 168.63.129.16, or \"none\"");
	s->azure_dns = value;
	s->azure_dns_given = true;
	return 0;
}

int set_canary(const struct option_use *use)
{
	struct addr unused;
	if (strcmp(use->value, "none") != 0 && !addr_parse(use->value, &unused))
		return option_reject(use, "an address such as 192.0.2.1, or \"none\"");
	use->to->settings.canary = arena_strdup(use->arena, use->value);
	return 0;
}

/* Two switches that cannot both be meant; a stronger source simply overrides. */
static bool excluded_by(const struct option_use *use, const char *other)
{
	const struct option_row *table = option_table(&(size_t){ 0 });
	const struct option_row *row = option_find(other);
	if (use->to->set_by[row - table] != use->source)
		return false;
	input_error_set(
	    use->error, "%s: excludes --%s, give one of them", use->where, row->name);
	return true;
}

static int set_family(
    const struct option_use *use, sa_family_t family, const char *other)
{
	sa_family_t *only = &use->to->settings.only_family;
	if (is_true(use) && *only && *only != family && excluded_by(use, other))
		return -1;
	if (is_true(use))
		*only = family;
	else if (*only == family)
		*only = 0;
	return 0;
}

int set_ipv4(const struct option_use *use)
{
	return set_family(use, AF_INET, "ipv6");
}

int set_ipv6(const struct option_use *use)
{
	return set_family(use, AF_INET6, "ipv4");
}

static int set_verbosity(
    const struct option_use *use, enum verbosity v, const char *other)
{
	enum verbosity *to = &use->to->output.verbosity;
	if (is_true(use) && *to != VERBOSITY_NORMAL && *to != v &&
	    excluded_by(use, other))
		return -1;
	if (is_true(use))
		*to = v;
	else if (*to == v)
		*to = VERBOSITY_NORMAL;
	return 0;
}

int set_verbose(const struct option_use *use)
{
	return set_verbosity(use, VERBOSITY_VERBOSE, "quiet");
}

int set_quiet(const struct option_use *use)
{
	return set_verbosity(use, VERBOSITY_QUIET, "verbose");
}

int set_parallel(const struct option_use *use)
{
	enum {
		PARALLEL_MAX = 100000
	};

	uint64_t value;
	if (!parse_uint(use->value, PARALLEL_MAX, &value) || value == 0)
		return option_reject(use, "a number from 1 to 100000");
	use->to->settings.parallel = (unsigned)value;
	return 0;
}

int set_capture(const struct option_use *use)
{
	static const char *const words[] = { "off", "auto", "on" };
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(use->value, words[i]) != 0)
			continue;
		use->to->capture.when = (enum capture_when)i;
		use->to->capture.given = true;
		return 0;
	}
	return option_reject(use, "one of auto, on, off");
}

int set_snaplen(const struct option_use *use)
{
	enum {
		LEAST = 128,
		MOST = 65535
	};

	uint64_t value;
	if (!parse_uint(use->value, MOST, &value) || value < LEAST)
		return option_reject(use, "a number of bytes from 128 to 65535");
	use->to->capture.snaplen = (unsigned)value;
	return 0;
}

/* Index of the word among n, or n. */
static size_t word_index(
    const char *word, size_t len, const char *const *words, size_t n)
{
	size_t i = 0;
	while (i < n && (strlen(words[i]) != len || memcmp(words[i], word, len) != 0))
		i++;
	return i;
}

static bool find_format(const char *word, size_t len, enum output_format *ret)
{
	for (int f = 0; f < N_OUTPUT_FORMATS; f++) {
		const char *name = output_format_name((enum output_format)f);
		if (strlen(name) == len && memcmp(name, word, len) == 0) {
			*ret = (enum output_format)f;
			return true;
		}
	}
	return false;
}

int set_output(const struct option_use *use)
{
	size_t len = strcspn(use->value, "=");
	const char *file = use->value[len] ? use->value + len + 1 : NULL;
	enum output_format format;
	if (!find_format(use->value, len, &format) || (file && *file == '\0'))
		return option_reject(use,
		    "FORMAT or FORMAT=FILE; formats: text, json, junit, html, "
		    "markdown, prometheus, nagios");
	if (file && strcmp(file, "-") == 0)
		file = NULL;
	struct output_options *o = &use->to->output;
	if (use->first)
		o->n_items = 0;
	o->items =
	    vec_grow(use->arena, o->items, o->n_items, &o->cap, sizeof *o->items);
	o->items[o->n_items++] = (struct output){
		.format = format,
		.file = arena_strdup(use->arena, file),
	};
	return 0;
}

int set_progress(const struct option_use *use)
{
	static const char *const words[] = { "auto", "on", "off", "json" };
	size_t i = word_index(use->value, strlen(use->value), words, 4);
	if (i == 4)
		return option_reject(use, "one of auto, on, off, json");
	use->to->output.progress = (enum progress_mode)i;
	return 0;
}

int set_exit_style(const struct option_use *use)
{
	static const char *const words[] = { "plain", "nagios" };
	size_t i = word_index(use->value, strlen(use->value), words, 2);
	if (i == 2)
		return option_reject(use, "one of plain, nagios");
	use->to->output.exit_style = i == 1 ? EXIT_STYLE_NAGIOS : EXIT_STYLE_PLAIN;
	return 0;
}
