/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "report/html_assets.h"
#include "report/html_parts.h"
#include "report/redactor.h"

/*
 * One file: style, script and the JSON report stand in it, nothing is fetched, and
 * without script everything can still be read. Text of the run gets in as text
 * (writer_put()); should that ever fail, the policy of html_head() runs no script but
 * ours.
 */

/*
 * In a <script> element only '<' could end the data early ("</script", "<!--"); in JSON
 * it stands in strings alone, where it may be written as an escape (RFC 8259, 7).
 */
static void add_json(void *arg, const char *bytes, size_t len)
{
	struct buf *b = arg;
	const char *end = bytes + len;
	for (const char *p = bytes; p < end;) {
		const char *less = memchr(p, '<', (size_t)(end - p));
		buf_add(b, p, (size_t)((less ? less : end) - p));
		if (!less)
			break;
		buf_puts(b, "\\u003c");
		p = less + 1;
	}
}

static void json(struct writer *w)
{
	buf_puts(&w->buf, "<script type=\"application/json\" id=\"report-json\">\n");
	if (w->r->redactor) {
		char *plain = report_json(w->r);
		char *redacted = redactor_document(w->r->redactor, plain);
		free(plain);
		add_json(&w->buf, redacted, strlen(redacted));
		free(redacted);
	} else {
		report_json_to(w->r, add_json, &w->buf);
	}
	buf_puts(&w->buf, "</script>\n");
}

static void left_out(struct writer *w)
{
	const struct check_plan *plan = w->r->plan;
	if (plan->n_left_out == 0)
		return;
	buf_printf(&w->buf,
	    "<h2>Not in the plan</h2>\n<details class=\"plain\"><summary>%zu left "
	    "out</summary><dl>",
	    plan->n_left_out);
	for (size_t i = 0; i < plan->n_left_out; i++) {
		buf_puts(&w->buf, "<dt>");
		writer_put(w, plan->left_out[i].id);
		buf_puts(&w->buf, "</dt><dd>");
		writer_put(w, plan->left_out[i].reason);
		buf_puts(&w->buf, "</dd>\n");
	}
	buf_puts(&w->buf, "</dl></details>\n");
}

static void footer(struct writer *w)
{
	buf_puts(&w->buf,
	    "<footer><button type=\"button\" id=\"save\" hidden>Download the JSON "
	    "report</button><span>vnetprobe ");
	writer_put(w, w->r->tool_version);
	buf_puts(&w->buf, w->r->redactor ? ", redacted" : "");
	buf_puts(&w->buf,
	    "</span><noscript>The JSON report is in this file, as element "
	    "report-json.</noscript></footer>\n");
}

char *report_html(const struct report *r)
{
	struct writer w;
	writer_begin(&w, r);
	struct cause_blocks blocks = cause_blocks(r, &w.scratch);
	html_head(&w);
	if (r->verdicts->n_items)
		buf_puts(&w.buf, "<a class=\"skip-link\" href=\"#checks\">Go to the "
				 "checks</a>\n");
	buf_puts(&w.buf, "<div class=\"page\">\n");
	html_summary(&w);
	buf_puts(&w.buf, "<main>\n");
	html_causes(&w, &blocks);
	if (r->verdicts->n_items)
		html_checks(&w);
	html_limits(&w);
	left_out(&w);
	buf_puts(&w.buf, "</main>\n");
	footer(&w);
	buf_puts(&w.buf, "</div>\n");
	json(&w);
	buf_puts(&w.buf, "<script>");
	buf_add(&w.buf, html_js.text, html_js.len);
	buf_puts(&w.buf, "</script>\n</body>\n</html>\n");
	return writer_end(&w);
}
