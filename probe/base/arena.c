/* SPDX-License-Identifier: MIT */
#include "probe/base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/base/vec.h"

enum {
	CHUNK_SIZE = 64 * 1024
};

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char bytes[];
};

static _Noreturn void out_of_memory(void)
{
	fputs(
	    "vnetprobe: out of memory, the run cannot be reported honestly\n", stderr);
	exit(2);
}

void arena_init(struct arena *a, size_t limit)
{
	*a = (struct arena){ .limit = limit };
}

void arena_deinit(struct arena *a)
{
	struct arena_chunk *c = a->chunks;
	while (c) {
		struct arena_chunk *next = c->next;
		free(c);
		c = next;
	}
	*a = (struct arena){ 0 };
}

static struct arena_chunk *add_chunk(struct arena *a, size_t size)
{
	struct arena_chunk *c = malloc(sizeof *c + size);
	if (!c)
		out_of_memory();
	c->used = 0;
	c->size = size;
	/* A large object gets its own chunk behind the one that is being filled. */
	if (size > CHUNK_SIZE && a->chunks) {
		c->next = a->chunks->next;
		a->chunks->next = c;
	} else {
		c->next = a->chunks;
		a->chunks = c;
	}
	return c;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	if (size > a->limit)
		out_of_memory();
	size = (size + align - 1) / align * align;
	if (size > a->limit - a->used)
		out_of_memory();
	struct arena_chunk *c = a->chunks;
	if (!c || c->size - c->used < size)
		c = add_chunk(a, size > CHUNK_SIZE ? size : CHUNK_SIZE);
	void *p = c->bytes + c->used;
	c->used += size;
	a->used += size;
	return memset(p, 0, size);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		out_of_memory();
	return arena_alloc(a, n * size);
}

void *arena_memdup(struct arena *a, const void *p, size_t size)
{
	void *copy = arena_alloc(a, size);
	if (size)
		memcpy(copy, p, size);
	return copy;
}

char *arena_strndup(struct arena *a, const char *s, size_t max)
{
	if (!s)
		return NULL;
	size_t len = strnlen(s, max);
	char *copy = arena_alloc(a, len + 1);
	memcpy(copy, s, len);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	int len = vsnprintf(NULL, 0, fmt, ap);
	if (len < 0)
		out_of_memory();
	char *s = arena_alloc(a, (size_t)len + 1);
	vsnprintf(s, (size_t)len + 1, fmt, again);
	va_end(again);
	return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

void *vec_grow(
    struct arena *a, void *items, size_t n_items, size_t *cap, size_t item_size)
{
	if (n_items < *cap)
		return items;
	size_t more = *cap ? *cap * 2 : 4;
	void *grown = arena_array(a, more, item_size);
	if (n_items)
		memcpy(grown, items, n_items * item_size);
	*cap = more;
	return grown;
}
