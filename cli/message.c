/* SPDX-License-Identifier: MIT */
#include "cli/message.h"

#include <stdio.h>
#include <string.h>

#include "checks/input/input_error.h"
#include "probe/base/arena.h"
#include "probe/base/text.h"

const char *message_quote(struct arena *arena, const char *value)
{
	enum {
		QUOTE_MAX = 80
	};

	return text_escape(arena, value, strlen(value), QUOTE_MAX);
}

void message_print(const struct input_error *e)
{
	fprintf(stderr, "vnetprobe: %s\n", e->text);
}
