/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/parse.h"
#include "probe/base/text.h"
#include "probe/model/obs_fields.h"
#include "probe/model/obs_json.h"

/*
 * Reads what strangers may have written: every member must be there, be of its
 * type and within its bound. Members we do not know are left alone, since later
 * versions add some.
 */

enum {
	MAX_OBSERVATIONS = 1 << 20,
	MAX_TIME_MS = 1000 * 3600 * 24 * 10 /* ten days; a run lasts one at most */
};

struct reader {
	struct arena *arena;
	char *err;
	size_t err_size;
};

/* Where in the document we are: names and indices from the inside out. */
struct path {
	const struct path *parent;
	const char *name; /* NULL: index */
	size_t index;
};

static void append(char *buf, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void append(char *buf, size_t size, const char *fmt, ...)
{
	size_t used = strlen(buf);
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(buf + used, size - used, fmt, ap);
	va_end(ap);
}

static void append_path(char *buf, size_t size, const struct path *at)
{
	if (at->parent)
		append_path(buf, size, at->parent);
	if (!at->name)
		append(buf, size, "[%zu]", at->index);
	else
		append(buf, size, "%s%s", at->parent ? "." : "", at->name);
}

static bool refuse(struct reader *r, const struct path *at, const char *why)
{
	if (r->err_size) {
		r->err[0] = '\0';
		append_path(r->err, r->err_size, at);
		append(r->err, r->err_size, ": %s", why);
	}
	return false;
}

/* One member that is being read, and the struct it goes to. */
struct member {
	const struct path *at;
	const json_t *json;
	const struct field *field;
	unsigned char *base;
};

static void *slot(const struct member *m)
{
	return m->base + m->field->offset;
}

static void store_pointer(const struct member *m, const void *p)
{
	memcpy(slot(m), &p, sizeof p);
}

static void store_number(const struct member *m, size_t n)
{
	memcpy(m->base + m->field->count, &n, sizeof n);
}

static void store_unsigned(const struct member *m, uint64_t value)
{
	uint8_t u8 = (uint8_t)value;
	uint16_t u16 = (uint16_t)value;
	uint32_t u32 = (uint32_t)value;
	const void *from = &value;
	switch (m->field->size) {
	case sizeof u8:
		from = &u8;
		break;
	case sizeof u16:
		from = &u16;
		break;
	case sizeof u32:
		from = &u32;
		break;
	default:
		assert(m->field->size == sizeof value);
	}
	memcpy(slot(m), from, m->field->size);
}

static bool read_bool(struct reader *r, const struct member *m)
{
	if (!json_is_boolean(m->json))
		return refuse(r, m->at, "must be true or false");
	bool value = json_is_true(m->json);
	memcpy(slot(m), &value, sizeof value);
	return true;
}

static bool read_uint(struct reader *r, const struct member *m)
{
	json_int_t value = json_integer_value(m->json);
	unsigned bits = (unsigned)(8 * m->field->size);
	if (!json_is_integer(m->json) || value < 0 ||
	    (bits < 64 && (uint64_t)value >> bits))
		return refuse(r, m->at, "must be a whole number in its range");
	store_unsigned(m, (uint64_t)value);
	return true;
}

static bool read_int(struct reader *r, const struct member *m)
{
	int value = m->field->none;
	if (!json_is_null(m->json) || m->field->type != FIELD_INT) {
		json_int_t given = json_integer_value(m->json);
		if (!json_is_integer(m->json) || given < INT_MIN || given > INT_MAX)
			return refuse(r, m->at, "must be a whole number in its range");
		value = (int)given;
	}
	memcpy(slot(m), &value, sizeof value);
	return true;
}

static bool read_word(struct reader *r, const struct member *m)
{
	const char *text = json_string_value(m->json);
	for (const struct word *w = m->field->words; text && w->name; w++) {
		if (strcmp(text, w->name) == 0) {
			store_unsigned(m, w->value);
			return true;
		}
	}
	return refuse(r, m->at, "is none of the words known here");
}

static bool read_protocol(struct reader *r, const struct member *m)
{
	enum protocol p;
	if (!json_is_string(m->json) ||
	    !protocol_from_name(json_string_value(m->json), &p))
		return refuse(r, m->at, "is no known protocol");
	store_unsigned(m, p);
	return true;
}

static bool read_duration_value(
    struct reader *r, const struct path *at, const json_t *json, nsec_t *ret)
{
	double ms = json_number_value(json);
	if (!json_is_number(json) || !(ms >= 0 && ms <= MAX_TIME_MS))
		return refuse(r, at, "must be a number of milliseconds");
	*ret = (nsec_t)(ms * 1e6 + 0.5);
	return true;
}

static bool read_duration(struct reader *r, const struct member *m)
{
	nsec_t value = 0;
	if (!(json_is_null(m->json) && m->field->nullable) &&
	    !read_duration_value(r, m->at, m->json, &value))
		return false;
	memcpy(slot(m), &value, sizeof value);
	return true;
}

static const char *read_string(
    struct reader *r, const struct path *at, const json_t *json, size_t max)
{
	size_t len = json_string_length(json);
	if (!json_is_string(json))
		refuse(r, at, "must be a string");
	else if (len > max + OBS_JSON_ELLIPSIS)
		refuse(r, at, "is too long");
	else if (strlen(json_string_value(json)) != len)
		refuse(r, at, "holds a NUL character");
	else
		return arena_strdup(r->arena, json_string_value(json));
	return NULL;
}

static bool read_text(struct reader *r, const struct member *m)
{
	const char *text = NULL;
	if (!json_is_null(m->json) || !m->field->nullable) {
		text = read_string(r, m->at, m->json, m->field->max);
		if (!text)
			return false;
	}
	store_pointer(m, text);
	if (m->field->type == FIELD_BODY)
		store_number(m, text ? strlen(text) : 0);
	return true;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(struct reader *r, const struct member *m)
{
	const char *text = read_string(r, m->at, m->json, 2 * m->field->max);
	if (!text)
		return false;
	size_t n = strlen(text) / 2;
	if (strlen(text) % 2 || n > m->field->max)
		return refuse(r, m->at, "must be pairs of hexadecimal digits");
	uint8_t *bytes = arena_alloc(r->arena, n ? n : 1);
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return refuse(r, m->at, "must be pairs of hexadecimal digits");
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	store_pointer(m, n ? bytes : NULL);
	store_number(m, n);
	return true;
}

/* "fe80::1%3" and "[fe80::1%3]:53" beside what addr_parse_port() knows. */
static bool parse_scoped(const char *text, struct addr *ret)
{
	const char *zone = strchr(text, '%');
	if (!zone)
		return addr_parse_port(text, ret);
	size_t digits = strspn(zone + 1, "0123456789");
	char plain[ADDR_TEXT_MAX], number[16];
	uint64_t scope;
	if (digits >= sizeof number || strlen(text) >= sizeof plain)
		return false;
	snprintf(number, sizeof number, "%.*s", (int)digits, zone + 1);
	snprintf(
	    plain, sizeof plain, "%.*s%s", (int)(zone - text), text, zone + 1 + digits);
	if (!parse_uint(number, UINT32_MAX, &scope) || !addr_parse_port(plain, ret) ||
	    ret->family != AF_INET6)
		return false;
	ret->scope = (uint32_t)scope;
	return true;
}

static bool read_addr_value(
    struct reader *r, const struct path *at, const json_t *json, struct addr *ret)
{
	if (!json_is_string(json) || !parse_scoped(json_string_value(json), ret))
		return refuse(r, at, "must be an IP address, with or without a port");
	return true;
}

static bool read_addr(struct reader *r, const struct member *m)
{
	struct addr a = { 0 };
	if (!(json_is_null(m->json) && m->field->nullable) &&
	    !read_addr_value(r, m->at, m->json, &a))
		return false;
	memcpy(slot(m), &a, sizeof a);
	return true;
}

static bool read_header(
    struct reader *r, const struct path *at, const json_t *json, struct header *ret)
{
	if (!json_is_array(json) || json_array_size(json) != 2)
		return refuse(r, at, "must be [name, value]");
	ret->name = read_string(r, at, json_array_get(json, 0), OBS_JSON_MAX_TEXT);
	ret->value = read_string(r, at, json_array_get(json, 1), OBS_JSON_MAX_TEXT);
	return ret->name && ret->value;
}

static bool read_shape(struct reader *r, const struct path *at, const json_t *json,
    const struct shape *shape, unsigned char *base);

static size_t item_size(const struct field *f)
{
	switch (f->type) {
	case FIELD_TEXTS:
		return sizeof(const char *);
	case FIELD_ADDRS:
		return sizeof(struct addr);
	case FIELD_HEADERS:
		return sizeof(struct header);
	default:
		return f->shape->size;
	}
}

static bool read_item(struct reader *r, const struct path *at, const json_t *json,
    const struct field *f, unsigned char *item)
{
	const char *text;
	switch (f->type) {
	case FIELD_TEXTS:
		text = read_string(r, at, json, OBS_JSON_MAX_TEXT);
		memcpy(item, &text, sizeof text);
		return text != NULL;
	case FIELD_ADDRS:
		return read_addr_value(r, at, json, (struct addr *)(void *)item);
	case FIELD_HEADERS:
		return read_header(r, at, json, (struct header *)(void *)item);
	default:
		return read_shape(r, at, json, f->shape, item);
	}
}

static bool read_list(struct reader *r, const struct member *m)
{
	size_t n = json_array_size(m->json), size = item_size(m->field);
	if (!json_is_array(m->json))
		return refuse(r, m->at, "must be a list");
	if (n > m->field->max)
		return refuse(r, m->at, "has too many items");
	unsigned char *items = arena_array(r->arena, n ? n : 1, size);
	for (size_t i = 0; i < n; i++) {
		struct path at = { .parent = m->at, .index = i };
		if (!read_item(
			r, &at, json_array_get(m->json, i), m->field, items + i * size))
			return false;
	}
	store_pointer(m, n ? items : NULL);
	store_number(m, n);
	return true;
}

static bool read_optional(struct reader *r, const struct member *m)
{
	unsigned char *base = slot(m);
	bool present = !json_is_null(m->json);
	memcpy(base + m->field->count, &present, sizeof present);
	return !present || read_shape(r, m->at, m->json, m->field->shape, base);
}

/*
 * The number counts, but a date that says something else than its number is a
 * document that somebody has edited: it is refused rather than half believed.
 */
static bool read_time(struct reader *r, const struct member *m, const json_t *epoch)
{
	char iso[ISO_TIME_MAX];
	if (!json_is_integer(epoch))
		return refuse(
		    r, m->at, "must have a whole number of seconds beside it");
	int64_t value = json_integer_value(epoch);
	const char *want = iso_time(value, iso);
	const char *given = json_string_value(m->json);
	if (want ? !given || strcmp(given, want) != 0 : !json_is_null(m->json))
		return refuse(r, m->at, "is not the date its number of seconds means");
	memcpy(slot(m), &value, sizeof value);
	return true;
}

static bool read_member(struct reader *r, const struct member *m, const json_t *object)
{
	char epoch_name[64];
	switch (m->field->type) {
	case FIELD_BOOL:
		return read_bool(r, m);
	case FIELD_UINT:
		return read_uint(r, m);
	case FIELD_INT:
	case FIELD_ERRNO: /* its symbol is for people; the number counts */
		return read_int(r, m);
	case FIELD_WORD:
		return read_word(r, m);
	case FIELD_PROTOCOL:
		return read_protocol(r, m);
	case FIELD_TIME:
		snprintf(epoch_name, sizeof epoch_name, "%s_epoch", m->field->name);
		return read_time(r, m, json_object_get(object, epoch_name));
	case FIELD_DURATION:
		return read_duration(r, m);
	case FIELD_TEXT:
	case FIELD_BODY:
		return read_text(r, m);
	case FIELD_HEX:
		return read_hex(r, m);
	case FIELD_ADDR:
		return read_addr(r, m);
	case FIELD_OBJECT:
		return read_optional(r, m);
	default:
		return read_list(r, m);
	}
}

/* All structs begin as zeros, which say nothing in every other type. */
static void store_nothing(const struct member *m)
{
	if (m->field->type == FIELD_INT)
		memcpy(slot(m), &m->field->none, sizeof m->field->none);
}

static bool read_shape(struct reader *r, const struct path *at, const json_t *json,
    const struct shape *shape, unsigned char *base)
{
	if (!json_is_object(json))
		return refuse(r, at, "must be an object");
	for (size_t i = 0; i < shape->n_fields; i++) {
		struct path here = { .parent = at, .name = shape->fields[i].name };
		struct member m = {
			.at = &here,
			.json = json_object_get(json, here.name),
			.field = &shape->fields[i],
			.base = base,
		};
		if (!m.json && (m.field->optional ||
				   (shape->sparse && field_may_be_absent(m.field)))) {
			store_nothing(&m);
			continue;
		}
		if (!m.json)
			return refuse(r, &here, "is missing");
		if (!read_member(r, &m, json))
			return false;
	}
	return true;
}

/* Check ids to indices + 1, so that many observations do not search many targets. */
static json_t *index_targets(const struct plan *plan, struct arena *arena)
{
	json_t *index = json_object();
	for (size_t i = 0; i < plan->n_targets; i++) {
		const char *id = plan->targets[i].id;
		id = text_escape(arena, id, strlen(id), OBS_JSON_MAX_TEXT);
		if (!json_object_get(index, id))
			json_object_set_new(index, id, json_integer((json_int_t)i));
	}
	return index;
}

static bool read_target(struct reader *r, const struct path *at, const json_t *json,
    const json_t *targets, int *ret)
{
	if (json_is_null(json)) {
		*ret = OBS_NO_TARGET;
		return true;
	}
	const json_t *found = json_is_string(json)
				  ? json_object_get(targets, json_string_value(json))
				  : NULL;
	if (!found)
		return refuse(r, at, "is none of the checks of this report");
	*ret = (int)json_integer_value(found);
	return true;
}

static bool read_stage(
    struct reader *r, const struct path *at, const json_t *json, enum stage *ret)
{
	for (int s = STAGE_HOST; json_is_string(json) && s <= STAGE_UDP; s++) {
		if (strcmp(json_string_value(json), stage_name((enum stage)s)) == 0) {
			*ret = (enum stage)s;
			return true;
		}
	}
	return refuse(r, at, "is no known stage");
}

static bool read_kind(
    struct reader *r, const struct path *at, const json_t *json, enum obs_kind *ret)
{
	for (int k = 0; json_is_string(json) && k < N_OBS_KINDS; k++) {
		const char *name = obs_kind_shape((enum obs_kind)k)->name;
		if (strcmp(json_string_value(json), name) == 0) {
			*ret = (enum obs_kind)k;
			return true;
		}
	}
	return refuse(r, at, "is no known kind of observation");
}

/* The members every observation has. */
static bool read_frame(struct reader *r, const struct path *at, const json_t *json,
    const json_t *targets, struct obs *obs)
{
	static const char *const names[] = { "id", "check", "stage", "kind", "at_ms",
		"duration_ms" };

	enum {
		ID,
		CHECK,
		STAGE,
		KIND,
		AT_MS,
		DURATION_MS,
		N
	};
	struct path paths[N];
	const json_t *values[N];
	for (size_t i = 0; i < N; i++) {
		paths[i] = (struct path){ .parent = at, .name = names[i] };
		values[i] = json_object_get(json, names[i]);
		if (!values[i])
			return refuse(r, &paths[i], "is missing");
	}
	if (!json_is_integer(values[ID]) ||
	    json_integer_value(values[ID]) != (json_int_t)at->index + 1)
		return refuse(r, &paths[ID], "must count up from 1");
	nsec_t duration;
	if (!read_target(r, &paths[CHECK], values[CHECK], targets, &obs->target) ||
	    !read_stage(r, &paths[STAGE], values[STAGE], &obs->stage) ||
	    !read_kind(r, &paths[KIND], values[KIND], &obs->kind) ||
	    !read_duration_value(r, &paths[AT_MS], values[AT_MS], &obs->begin) ||
	    !read_duration_value(
		r, &paths[DURATION_MS], values[DURATION_MS], &duration))
		return false;
	obs->end = obs->begin + duration;
	return true;
}

/* Kinds that a run makes for a target only; whoever judges looks the target up. */
/* In a capture, follow-up probes of a saved run belong to no check. */
static bool is_of_a_check(const struct obs *obs)
{
	switch (obs->kind) {
	case OBS_HOSTS_FILE:
	case OBS_DNS:
	case OBS_TCP:
	case OBS_TLS:
	case OBS_HTTP:
	case OBS_WEBSOCKET:
	case OBS_JUPYTER:
	case OBS_IDLE:
	case OBS_EXCHANGE:
	case OBS_UDP:
	case OBS_UNFINISHED:
	case OBS_LISTENERS:
	case OBS_INBOUND:
		return true;
	case OBS_FLOW:
		return !obs->flow->follow_up;
	default:
		return false;
	}
}

static bool read_observation(struct reader *r, const struct path *at,
    const json_t *json, const json_t *targets, struct obslog *log)
{
	struct obs obs = { 0 };
	if (!json_is_object(json))
		return refuse(r, at, "must be an object");
	if (!read_frame(r, at, json, targets, &obs))
		return false;
	const struct kind_shape *kind = obs_kind_shape(obs.kind);
	struct path facts = { .parent = at, .name = kind->name };
	const json_t *value = json_object_get(json, kind->name);
	if (!value)
		return refuse(r, &facts, "is missing");
	unsigned char *to = (unsigned char *)&obs + kind->offset;
	if (kind->indirect) {
		unsigned char *elsewhere = arena_alloc(r->arena, kind->shape->size);
		memcpy(to, &elsewhere, sizeof elsewhere);
		to = elsewhere;
	}
	if (!read_shape(r, &facts, value, kind->shape, to))
		return false;
	if (obs.target == OBS_NO_TARGET && is_of_a_check(&obs))
		return refuse(r, at, "must name the check it belongs to");
	obslog_append(log, &obs);
	return true;
}

int obs_from_json(const json_t *observations, const struct plan *plan,
    struct obslog *log, char *err, size_t err_size)
{
	struct reader r = { .arena = log->arena, .err = err, .err_size = err_size };
	struct path root = { .name = "observations" };
	size_t n = json_array_size(observations);
	if (!json_is_array(observations) || n > MAX_OBSERVATIONS) {
		refuse(&r, &root, "must be a list, of a million items at most");
		return -1;
	}
	json_t *targets = index_targets(plan, log->arena);
	bool ok = true;
	for (size_t i = 0; ok && i < n; i++) {
		struct path at = { .parent = &root, .index = i };
		ok = read_observation(
		    &r, &at, json_array_get(observations, i), targets, log);
	}
	json_decref(targets);
	return ok ? 0 : -1;
}
