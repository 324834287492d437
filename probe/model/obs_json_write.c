/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/text.h"
#include "probe/model/obs_fields.h"
#include "probe/model/obs_json.h"

enum {
	SCRATCH_LIMIT = 64 << 20 /* escaped strings of one observation */
};

/* The struct a field belongs to. */
struct place {
	struct arena *scratch;
	const unsigned char *base;
};

static const void *slot(const struct place *p, const struct field *f)
{
	return p->base + f->offset;
}

static const void *pointer(const struct place *p, const struct field *f)
{
	const void *value;
	memcpy(&value, slot(p, f), sizeof value);
	return value;
}

static size_t number(const struct place *p, const struct field *f)
{
	size_t n;
	memcpy(&n, p->base + f->count, sizeof n);
	return n;
}

/*
 * A text that is cut ends in "..."; that form is not cut again, so that a report
 * which is read and written once more stays the same.
 */
static json_t *escaped(struct arena *scratch, const char *bytes, size_t len, size_t max)
{
	size_t whole = max + OBS_JSON_ELLIPSIS;
	const char *text = text_escape(scratch, bytes, len, whole);
	if (strlen(text) > whole)
		text = text_escape(scratch, bytes, len, max);
	return json_string_nocheck(text);
}

static json_t *text_or_null(const struct place *p, const char *s)
{
	return s ? escaped(p->scratch, s, strlen(s), OBS_JSON_MAX_TEXT) : json_null();
}

static json_t *from_addr(const struct addr *a)
{
	char text[ADDR_TEXT_MAX];
	if (!a->family)
		return json_null();
	if (!a->scope)
		return json_string_nocheck(addr_format_port(a, text));
	/* RFC 4007 section 11: the zone stands behind the address. */
	char scoped[ADDR_TEXT_MAX + 16];
	addr_format(a, text);
	if (a->port)
		snprintf(scoped, sizeof scoped, "[%s%%%u]:%u", text, (unsigned)a->scope,
		    (unsigned)a->port);
	else
		snprintf(scoped, sizeof scoped, "%s%%%u", text, (unsigned)a->scope);
	return json_string_nocheck(scoped);
}

static uint64_t unsigned_of(const struct place *p, const struct field *f)
{
	const void *from = slot(p, f);
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	switch (f->size) {
	case sizeof u8:
		memcpy(&u8, from, sizeof u8);
		return u8;
	case sizeof u16:
		memcpy(&u16, from, sizeof u16);
		return u16;
	case sizeof u32:
		memcpy(&u32, from, sizeof u32);
		return u32;
	default:
		assert(f->size == sizeof u64);
		memcpy(&u64, from, sizeof u64);
		/* JSON integers end here; no byte counter of the kernel gets there. */
		return u64 > INT64_MAX ? INT64_MAX : u64;
	}
}

static int int_of(const struct place *p, const struct field *f)
{
	int value;
	memcpy(&value, slot(p, f), sizeof value);
	return value;
}

static json_t *from_word(unsigned value, const struct word *words)
{
	while (words->name && words->value != value)
		words++;
	assert(words->name); /* only known values are ever stored */
	return json_string_nocheck(words->name);
}

static json_t *from_hex(const uint8_t *bytes, size_t len)
{
	char text[2 * OBS_MAX_FIRST_BYTES + 1] = "";
	if (len > OBS_MAX_FIRST_BYTES)
		len = OBS_MAX_FIRST_BYTES;
	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return json_string_nocheck(text);
}

static void set_errno(json_t *object, const char *name, int err)
{
	const char *symbol = err > 0 ? strerrorname_np(err) : NULL;
	json_object_set_new_nocheck(object, name, json_integer(err));
	json_object_set_new_nocheck(
	    object, "errno", symbol ? json_string_nocheck(symbol) : json_null());
}

static void set_time(json_t *object, const char *name, int64_t epoch)
{
	char iso[ISO_TIME_MAX], epoch_name[64];
	const char *text = iso_time(epoch, iso);
	snprintf(epoch_name, sizeof epoch_name, "%s_epoch", name);
	json_object_set_new_nocheck(
	    object, name, text ? json_string_nocheck(text) : json_null());
	json_object_set_new_nocheck(object, epoch_name, json_integer(epoch));
}

static json_t *from_object(
    struct arena *scratch, const void *base, const struct shape *shape);

static json_t *from_list(const struct place *p, const struct field *f)
{
	json_t *list = json_array();
	const unsigned char *items = pointer(p, f);
	size_t n = number(p, f);
	for (size_t i = 0; i < n && i < f->max; i++) {
		const char *s;
		const struct header *h;
		json_t *item;
		switch (f->type) {
		case FIELD_TEXTS:
			memcpy(&s, items + i * sizeof s, sizeof s);
			item = text_or_null(p, s);
			break;
		case FIELD_ADDRS:
			item = from_addr((const struct addr *)(const void *)items + i);
			break;
		case FIELD_HEADERS:
			h = (const struct header *)(const void *)items + i;
			item = json_array();
			json_array_append_new(item, text_or_null(p, h->name));
			json_array_append_new(item, text_or_null(p, h->value));
			break;
		default:
			item = from_object(
			    p->scratch, items + i * f->shape->size, f->shape);
		}
		json_array_append_new(list, item);
	}
	return list;
}

static json_t *from_duration(const struct place *p, const struct field *f)
{
	nsec_t t;
	memcpy(&t, slot(p, f), sizeof t);
	return f->nullable && !t ? json_null() : json_real(nsec_to_ms(t));
}

static json_t *from_optional(const struct place *p, const struct field *f)
{
	const unsigned char *base = slot(p, f);
	bool present;
	memcpy(&present, base + f->count, sizeof present);
	return present ? from_object(p->scratch, base, f->shape) : json_null();
}

static json_t *from_field(const struct place *p, const struct field *f)
{
	switch (f->type) {
	case FIELD_BOOL:
		return json_boolean(unsigned_of(p, f));
	case FIELD_UINT:
		return json_integer((json_int_t)unsigned_of(p, f));
	case FIELD_INT:
		return int_of(p, f) == f->none ? json_null()
					       : json_integer(int_of(p, f));
	case FIELD_WORD:
		return from_word((unsigned)unsigned_of(p, f), f->words);
	case FIELD_PROTOCOL:
		return json_string_nocheck(
		    protocol_name((enum protocol)unsigned_of(p, f)));
	case FIELD_DURATION:
		return from_duration(p, f);
	case FIELD_TEXT:
		return text_or_null(p, pointer(p, f));
	case FIELD_BODY:
		return pointer(p, f) ? escaped(p->scratch, pointer(p, f), number(p, f),
					   OBS_JSON_MAX_BODY)
				     : json_null();
	case FIELD_HEX:
		return from_hex(pointer(p, f), number(p, f));
	case FIELD_ADDR:
		return from_addr(slot(p, f));
	case FIELD_OBJECT:
		return from_optional(p, f);
	default:
		return from_list(p, f);
	}
}

/* What the reader takes a member for that is not there. */
static bool says_nothing(const struct field *f, const json_t *value)
{
	return field_may_be_absent(f) &&
	       (json_is_null(value) || json_is_false(value) ||
		   (f->type == FIELD_UINT && json_integer_value(value) == 0));
}

static void set_member(json_t *object, const struct place *p, const struct field *f,
    const struct shape *shape)
{
	json_t *value = from_field(p, f);
	if (shape->sparse && says_nothing(f, value))
		json_decref(value);
	else
		json_object_set_new_nocheck(object, f->name, value);
}

static json_t *from_object(
    struct arena *scratch, const void *base, const struct shape *shape)
{
	struct place p = { .scratch = scratch, .base = base };
	json_t *object = json_object();
	for (size_t i = 0; i < shape->n_fields; i++) {
		const struct field *f = &shape->fields[i];
		int64_t epoch;
		switch (f->type) {
		case FIELD_ERRNO:
			set_errno(object, f->name, int_of(&p, f));
			break;
		case FIELD_TIME:
			memcpy(&epoch, slot(&p, f), sizeof epoch);
			set_time(object, f->name, epoch);
			break;
		default:
			set_member(object, &p, f, shape);
		}
	}
	return object;
}

static const void *facts_of(const struct obs *obs, const struct kind_shape *kind)
{
	const unsigned char *place = (const unsigned char *)obs + kind->offset;
	const void *elsewhere;
	if (!kind->indirect)
		return place;
	memcpy(&elsewhere, place, sizeof elsewhere);
	return elsewhere;
}

json_t *obs_to_json(const struct obs *obs, const struct plan *plan)
{
	struct arena scratch;
	arena_init(&scratch, SCRATCH_LIMIT);
	struct place p = { .scratch = &scratch };
	const struct kind_shape *kind = obs_kind_shape(obs->kind);
	const char *check =
	    obs->target == OBS_NO_TARGET ? NULL : plan->targets[obs->target].id;

	json_t *o = json_object();
	json_object_set_new_nocheck(o, "id", json_integer(obs->id));
	json_object_set_new_nocheck(o, "check", text_or_null(&p, check));
	json_object_set_new_nocheck(
	    o, "stage", json_string_nocheck(stage_name(obs->stage)));
	json_object_set_new_nocheck(o, "kind", json_string_nocheck(kind->name));
	json_object_set_new_nocheck(o, "at_ms", json_real(nsec_to_ms(obs->begin)));
	json_object_set_new_nocheck(
	    o, "duration_ms", json_real(nsec_to_ms(obs->end - obs->begin)));
	json_object_set_new_nocheck(
	    o, kind->name, from_object(&scratch, facts_of(obs, kind), kind->shape));
	arena_deinit(&scratch);
	return o;
}
