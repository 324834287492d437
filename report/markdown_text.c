/* SPDX-License-Identifier: MIT */
#include "report/markdown_text.h"

#include <stdbool.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/base/text.h"

enum {
	MAX_TEXT = 4096
};

/* A comment between two characters keeps them from being joined to a link. */
#define BREAK "<!-- -->"

static bool begins_link(const char *p)
{
	return *p == '@' || *p == '#' || strncmp(p, "://", 3) == 0 ||
	       strncmp(p, "www.", 4) == 0;
}

/* What makes a list or heading of a line that begins so, or NULL. */
static const char *list_marker(const char *line)
{
	const char *p = line + strspn(line, "0123456789 ");
	bool digits = p > line && p[-1] != ' ';
	bool marker = digits ? (*p == '.' || *p == ')') && (p[1] == ' ' || p[1] == '\0')
			     : *p && strchr("-+=", *p);
	return marker ? p : NULL;
}

/* Punctuation that means something is escaped (CommonMark 2.4). */
void markdown_prose(struct buf *b, const char *clean)
{
	static const char special[] = "\\`*_[]<>#!|~&$";
	const char *marker = list_marker(clean);
	for (const char *p = clean; *p; p++) {
		bool link = begins_link(p);
		if (p == marker || strchr(special, *p))
			buf_puts(b, "\\");
		buf_add(b, p, 1);
		if (link)
			buf_puts(b, BREAK);
	}
}

void markdown_text(struct buf *b, const char *text)
{
	struct arena scratch;
	if (!text) {
		buf_puts(b, "-");
		return;
	}
	arena_init(&scratch, (size_t)1 << 20);
	markdown_prose(b, text_escape(&scratch, text, strlen(text), MAX_TEXT));
	arena_deinit(&scratch);
}
