/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "report/run_facts.h"
#include "report/run_words.h"
#include "report/writer.h"

/*
 * One <testsuite>. There is no standard; the elements and attributes are those that
 * Jenkins, GitLab, Azure Pipelines and GitHub actions all read. A fail is <failure>,
 * what could not be tested is <error>, so the sums are those of the JSON's summary.
 */

/* Element content is text, and what a line break separates. */
static void lines(struct writer *w, const char *name, const struct words *all)
{
	if (all->n_items == 0)
		return;
	buf_printf(&w->buf, "\n%s:\n", name);
	for (size_t i = 0; i < all->n_items; i++) {
		buf_puts(&w->buf, "- ");
		writer_put(w, all->items[i]);
		buf_puts(&w->buf, "\n");
	}
}

static void evidence(struct writer *w, const struct verdict *v)
{
	if (v->n_evidence)
		buf_puts(&w->buf, "\nseen:\n");
	for (size_t i = 0; i < v->n_evidence; i++) {
		buf_puts(&w->buf, v->evidence[i].role == EVIDENCE_CONTRADICTS
				      ? "- against it: "
				      : "- ");
		writer_put(w, v->evidence[i].text);
		buf_puts(&w->buf, "\n");
	}
}

static const char *message(const struct verdict *v)
{
	if (v->summary)
		return v->summary;
	return v->cause ? v->cause->sentence : status_name(v->status);
}

static void story(struct writer *w, size_t i)
{
	const struct verdict *v = &w->r->verdicts->items[i];
	const struct check *c = &w->r->plan->checks[i];
	buf_puts(&w->buf, "target: ");
	writer_put(w, c->shown_target);
	buf_printf(&w->buf, "%s\n", c->required ? "" : " (not required)");
	if (v->cause)
		buf_printf(&w->buf, "cause: %s (%s)\n", v->cause->name,
		    confidence_words(v->confidence));
	evidence(w, v);
	lines(w, "looks the same", &v->alternatives);
	lines(w, "would decide", &v->would_decide);
	lines(w, "what to do", &v->remediation);
}

static void result(struct writer *w, size_t i, const char *element)
{
	const struct verdict *v = &w->r->verdicts->items[i];
	buf_printf(&w->buf, "      <%s message=\"", element);
	writer_put(w, message(v));
	buf_printf(&w->buf, "\" type=\"%s\">",
	    v->cause ? v->cause->name : status_name(v->status));
	story(w, i);
	buf_printf(&w->buf, "</%s>\n", element);
}

/* A warning passes, and says why it warned. */
static void remark(struct writer *w, size_t i)
{
	const struct verdict *v = &w->r->verdicts->items[i];
	buf_printf(&w->buf, "      <system-out>%s: ", status_name(v->status));
	writer_put(w, message(v));
	buf_puts(&w->buf, "\n");
	story(w, i);
	buf_puts(&w->buf, "</system-out>\n");
}

static void test_case(struct writer *w, size_t i)
{
	const struct verdict *v = &w->r->verdicts->items[i];
	const char *title = check_title(w->r->plan, i);
	buf_puts(&w->buf, "    <testcase classname=\"vnetprobe.");
	writer_put(w, check_family(w->r->plan, i));
	buf_puts(&w->buf, "\" name=\"");
	writer_put(w, w->r->plan->probe.targets[i].id);
	if (title) {
		buf_puts(&w->buf, ": ");
		writer_put(w, title);
	}
	buf_printf(&w->buf, "\" time=\"%.3f\"", nsec_to_ms(v->duration) / 1e3);
	if (v->status == STATUS_PASS) {
		buf_puts(&w->buf, "/>\n");
		return;
	}
	buf_puts(&w->buf, ">\n");
	if (v->status == STATUS_FAIL)
		result(w, i, "failure");
	else if (v->status == STATUS_INCONCLUSIVE)
		result(w, i, "error");
	else if (v->status == STATUS_SKIPPED)
		buf_puts(&w->buf, "      <skipped/>\n");
	if (v->status == STATUS_WARN || v->status == STATUS_SKIPPED)
		remark(w, i);
	buf_puts(&w->buf, "    </testcase>\n");
}

static void property(struct writer *w, const char *name, const char *value)
{
	if (!value)
		return;
	buf_printf(&w->buf, "      <property name=\"%s\" value=\"", name);
	writer_put(w, value);
	buf_puts(&w->buf, "\"/>\n");
}

static void properties(struct writer *w)
{
	const struct check_plan *plan = w->r->plan;
	buf_puts(&w->buf, "    <properties>\n");
	property(w, "version", w->r->tool_version);
	property(w, "cloud", cloud_name(plan->cloud));
	property(w, "region", plan->region);
	property(w, "catalogue", plan->catalogue ? plan->catalogue->version : NULL);
	property(
	    w, "attributes", attribute_words(&w->scratch, w->r->verdicts->attributes));
	property(w, "interrupted", w->r->interrupted ? "true" : "false");
	buf_puts(&w->buf, "    </properties>\n");
}

static void sums(struct writer *w)
{
	const struct verdicts *v = w->r->verdicts;
	buf_printf(&w->buf,
	    "name=\"vnetprobe\" tests=\"%zu\" failures=\"%u\" errors=\"%u\"",
	    v->n_items, v->fail, v->inconclusive);
}

char *report_junit(const struct report *r)
{
	struct writer w;
	char started[RUN_TIME_MAX];
	writer_begin(&w, r);
	/* Readers take a timestamp without fraction and zone, and mean UTC. */
	run_started(r->log, started);
	started[strcspn(started, ".")] = '\0';
	double seconds = nsec_to_ms(r->log->duration) / 1e3;
	buf_puts(&w.buf, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites ");
	sums(&w);
	buf_printf(&w.buf, " time=\"%.3f\">\n  <testsuite ", seconds);
	sums(&w);
	buf_printf(&w.buf, " skipped=\"%u\" time=\"%.3f\" timestamp=\"%s\" hostname=\"",
	    r->verdicts->skipped, seconds, started);
	writer_markup(&w, writer_host(&w));
	buf_puts(&w.buf, "\">\n");
	properties(&w);
	for (size_t i = 0; i < r->verdicts->n_items; i++)
		test_case(&w, i);
	buf_puts(&w.buf, "  </testsuite>\n</testsuites>\n");
	return writer_end(&w);
}
