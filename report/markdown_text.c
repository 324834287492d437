/* SPDX-License-Identifier: MIT */
#include "report/markdown_text.h"

#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/text.h"

enum {
	MAX_TEXT = 4096
};

void markdown_text(struct buf *b, const char *text)
{
	struct arena scratch;
	if (!text) {
		buf_puts(b, "-");
		return;
	}
	arena_init(&scratch, (size_t)1 << 20);
	/* A '.' or '-' is markup only at the start of a line, where none of this goes.
	 */
	for (const char *p = text_escape(&scratch, text, strlen(text), MAX_TEXT); *p;
	     p++) {
		if (*p == '<')
			buf_puts(b, "&lt;");
		else if (*p == '&')
			buf_puts(b, "&amp;");
		else if (strchr("\\`*_[]|~>#!", *p))
			buf_printf(b, "\\%c", *p);
		else
			buf_add(b, p, 1);
	}
	arena_deinit(&scratch);
}
