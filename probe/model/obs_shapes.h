/* SPDX-License-Identifier: MIT */
#ifndef PROBE_MODEL_OBS_SHAPES_H
#define PROBE_MODEL_OBS_SHAPES_H

#include "probe/model/obs_fields.h"

/* What the tables of members are written with, and the shapes that they share. */

/* AT: where a member lives. The names in JSON are those of the structs unless given. */
#define AT(T, member)                                                                  \
	.offset = offsetof(struct T, member), .size = sizeof((struct T *)0)->member
#define NUMBER_OF(T, member) .count = offsetof(struct T, member)

#define BOOL(T, member)                                                                \
	{                                                                              \
		.name = #member, .type = FIELD_BOOL, AT(T, member)                     \
	}
#define BOOL_SINCE(T, member)                                                          \
	{                                                                              \
		.name = #member, .type = FIELD_BOOL, AT(T, member), .optional = true   \
	}
#define UINT(T, member)                                                                \
	{                                                                              \
		.name = #member, .type = FIELD_UINT, AT(T, member)                     \
	}
#define UINT_SINCE(T, member)                                                          \
	{                                                                              \
		.name = #member, .type = FIELD_UINT, AT(T, member), .optional = true   \
	}
#define INT(T, member, value)                                                          \
	{                                                                              \
		.name = #member, .type = FIELD_INT, AT(T, member), .none = value       \
	}
#define ERRNO(T, member)                                                               \
	{                                                                              \
		.name = #member, .type = FIELD_ERRNO, AT(T, member)                    \
	}
#define WORD(T, member, list)                                                          \
	{                                                                              \
		.name = #member, .type = FIELD_WORD, AT(T, member), .words = list      \
	}
#define WORD_SINCE(T, member, list)                                                    \
	{                                                                              \
		.name = #member, .type = FIELD_WORD, AT(T, member), .words = list,     \
		.optional = true                                                       \
	}
#define TIME(T, member)                                                                \
	{                                                                              \
		.name = #member, .type = FIELD_TIME, AT(T, member)                     \
	}
#define DURATION(json, T, member, null)                                                \
	{                                                                              \
		.name = json, .type = FIELD_DURATION, AT(T, member), .nullable = null  \
	}
#define TEXT(T, member)                                                                \
	{                                                                              \
		.name = #member, .type = FIELD_TEXT, AT(T, member),                    \
		.max = OBS_JSON_MAX_TEXT                                               \
	}
#define TEXT_OR_NULL(T, member)                                                        \
	{                                                                              \
		.name = #member, .type = FIELD_TEXT, AT(T, member),                    \
		.max = OBS_JSON_MAX_TEXT, .nullable = true                             \
	}
#define ADDR(T, member)                                                                \
	{                                                                              \
		.name = #member, .type = FIELD_ADDR, AT(T, member)                     \
	}
#define ADDR_OR_NULL(json, T, member)                                                  \
	{                                                                              \
		.name = json, .type = FIELD_ADDR, AT(T, member), .nullable = true      \
	}
#define FIRST_BYTES(T)                                                                 \
	{                                                                              \
		.name = "first_bytes", .type = FIELD_HEX, AT(T, first_bytes),          \
		NUMBER_OF(T, n_first_bytes), .max = OBS_MAX_FIRST_BYTES                \
	}
#define LIST(kind, T, member, limit)                                                   \
	{                                                                              \
		.name = #member, .type = kind, AT(T, member),                          \
		NUMBER_OF(T, n_##member), .max = limit                                 \
	}
#define OBJECTS(json, T, member, limit, what)                                          \
	{                                                                              \
		.name = json, .type = FIELD_OBJECTS, AT(T, member),                    \
		NUMBER_OF(T, n_##member), .max = limit, .shape = &what                 \
	}
/* Both optional structs begin with the flag that says whether they are there. */
#define ICMP(T)                                                                        \
	{                                                                              \
		.name = "icmp", .type = FIELD_OBJECT, AT(T, icmp),                     \
		.count = offsetof(struct icmp_error, present), .shape = &icmp_shape    \
	}
#define TCP_INFO(T)                                                                    \
	{                                                                              \
		.name = "tcp_info", .type = FIELD_OBJECT, AT(T, info),                 \
		.count = offsetof(struct tcp_facts, present), .shape = &tcp_info_shape \
	}
#define SHAPE(T, list)                                                                 \
	{                                                                              \
		sizeof(struct T), list, sizeof list / sizeof *list, false              \
	}
/* For what a report has many of, each with few members that say something. */
#define SPARSE(T, list)                                                                \
	{                                                                              \
		sizeof(struct T), list, sizeof list / sizeof *list, true               \
	}

/* A member of a struct inside T, under a name of its own. */
#define NESTED(json, kind, T, member)                                                  \
	{                                                                              \
		.name = json, .type = kind, AT(T, member)                              \
	}

extern const struct word order_ends[];
extern const struct shape icmp_shape, tcp_info_shape, tcp_shape, tls_shape, dns_shape,
    dns_variant_shape, http_shape, request_variant_shape, websocket_shape,
    jupyter_shape, idle_shape;
extern const struct shape flow_shape, capture_shape, listeners_shape, inbound_shape;

#endif
