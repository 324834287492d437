/* SPDX-License-Identifier: MIT */
#include "probe/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void *must(void *p)
{
	if (!p) {
		fputs("vnetprobe: out of memory\n", stderr);
		exit(2);
	}
	return p;
}

void *alloc_zeroed(size_t n, size_t size)
{
	return must(calloc(n, size));
}

void *alloc_again(void *old, size_t n, size_t size)
{
	return must(reallocarray(old, n, size));
}

void *alloc_pages(size_t size)
{
	return must(aligned_alloc((size_t)sysconf(_SC_PAGESIZE), size));
}
