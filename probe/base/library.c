/* SPDX-License-Identifier: MIT */
#include "probe/base/library.h"

#include <dlfcn.h>
#include <string.h>

bool library_load(
    const char *soname, const struct library_function *functions, size_t n, void *ret)
{
	void *handle = dlopen(soname, RTLD_LAZY | RTLD_LOCAL);

	if (!handle)
		return false;
	for (size_t i = 0; i < n; i++) {
		void *f = dlsym(handle, functions[i].name);
		if (!f)
			return false;
		/* POSIX makes an object pointer from dlsym() a function pointer. */
		memcpy((char *)ret + functions[i].offset, &f, sizeof f);
	}
	return true;
}
