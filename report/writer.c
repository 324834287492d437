/* SPDX-License-Identifier: MIT */
#include "report/writer.h"

#include <string.h>

#include "probe/base/text.h"
#include "report/redactor.h"
#include "report/run_facts.h"

enum {
	MAX_TEXT = 600, /* bytes of one text; the JSON report has more of it */
	SCRATCH_LIMIT = 1 << 30
};

void writer_begin(struct writer *w, const struct report *r)
{
	*w = (struct writer){ .r = r };
	arena_init(&w->scratch, SCRATCH_LIMIT);
}

char *writer_end(struct writer *w)
{
	arena_deinit(&w->scratch);
	return buf_take(&w->buf);
}

/* U+FFFE and U+FFFF are valid UTF-8 and no characters of XML (XML 1.0, 2.2). */
static void replace_noncharacters(char *text)
{
	for (char *p = text; (p = strstr(p, "\xef\xbf")); p += 2)
		if (p[2] == '\xbe' || p[2] == '\xbf')
			p[2] = '\xbd';
}

const char *writer_short_text(struct writer *w, const char *text, size_t max)
{
	if (!text)
		return "";
	char *clean = text_escape(&w->scratch, text, strlen(text), max);
	replace_noncharacters(clean);
	return w->r->redactor ? redactor_text(w->r->redactor, clean, &w->scratch)
			      : clean;
}

const char *writer_text(struct writer *w, const char *text)
{
	return writer_short_text(w, text, MAX_TEXT);
}

void writer_markup(struct writer *w, const char *clean)
{
	static const char special[] = "&<>\"'";
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;", "&quot;",
		"&#39;" };
	while (*clean) {
		size_t plain = strcspn(clean, special);
		buf_add(&w->buf, clean, plain);
		clean += plain;
		if (*clean)
			buf_puts(
			    &w->buf, entities[strchr(special, *clean++) - special]);
	}
}

void writer_put(struct writer *w, const char *text)
{
	writer_markup(w, writer_text(w, text));
}

const char *writer_host(struct writer *w)
{
	const struct obs_system *system = run_system(w->r->log);
	return system && system->hostname ? writer_text(w, system->hostname)
					  : "this machine";
}
