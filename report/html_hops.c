/* SPDX-License-Identifier: MIT */
#include "report/html_hops.h"

#include "report/run_words.h"

static bool is_end(const struct ttl_step *s)
{
	return s->answer == TTL_CONNECTED || s->answer == TTL_REFUSED;
}

static const char *end_words(enum ttl_answer a)
{
	return a == TTL_CONNECTED ? "connected" : "refused";
}

static void rtt(struct writer *w, const struct ttl_step *s)
{
	char time[RUN_TIME_TEXT_MAX];
	if (s->rtt > 0)
		buf_printf(&w->buf, ", %s", run_time_text(s->rtt, time));
}

/* Who answered a SYN that came this far. */
static void node(struct writer *w, const struct ttl_step *s)
{
	char text[ADDR_TEXT_MAX];
	buf_printf(&w->buf, "<li%s><span class=\"mono\">",
	    s->answer == TTL_EXCEEDED ? "" : " class=\"end fail\"");
	if (s->icmp.present && s->icmp.offender.family)
		writer_put(w, addr_format(&s->icmp.offender, text));
	else
		buf_puts(&w->buf, "unknown");
	buf_printf(&w->buf, "</span><small>hop %u", s->ttl);
	if (s->answer == TTL_ICMP)
		buf_printf(
		    &w->buf, ", ICMP type %u code %u", s->icmp.type, s->icmp.code);
	if (s->answer == TTL_ERROR)
		buf_puts(&w->buf, ", not sent");
	rtt(w, s);
	buf_puts(&w->buf, "</small></li>");
}

static void silent(struct writer *w, unsigned first, unsigned last)
{
	if (first == last)
		buf_printf(&w->buf,
		    "<li class=\"silent\">silent<small>hop %u</small></li>", first);
	else
		buf_printf(&w->buf,
		    "<li class=\"silent\">silent<small>hops %u to %u</small></li>",
		    first, last);
}

static void target(struct writer *w, const struct addr *peer, const struct ttl_step *s)
{
	char text[ADDR_TEXT_MAX];
	bool connected = s && s->answer == TTL_CONNECTED;
	buf_printf(&w->buf, "<li class=\"end %s\"><span class=\"mono\">",
	    connected ? "pass" : "fail");
	writer_put(w, addr_format(peer, text));
	buf_puts(&w->buf, "</span><small>");
	if (s) {
		buf_printf(&w->buf, "hop %u, %s", s->ttl, end_words(s->answer));
		rtt(w, s);
	} else {
		buf_puts(&w->buf, "no answer");
	}
	buf_puts(&w->buf, "</small></li>");
}

/* Silence up to the highest TTL is told once, at the target. */
static void scan(struct writer *w, const struct obs_ttl_scan *scan)
{
	const struct ttl_step *end = NULL;
	size_t i = 0;
	buf_puts(&w->buf, "<div><h4>The way there</h4>"
			  "<ol class=\"hops\"><li>this machine</li>");
	while (i < scan->n_steps && !end) {
		const struct ttl_step *s = &scan->steps[i];
		size_t next = i + 1;
		if (s->answer == TTL_SILENT) {
			while (next < scan->n_steps &&
			       scan->steps[next].answer == TTL_SILENT)
				next++;
			silent(w, s->ttl, scan->steps[next - 1].ttl);
		} else if (is_end(s)) {
			end = s;
		} else {
			node(w, s);
		}
		i = next;
	}
	target(w, &scan->peer, end);
	buf_puts(&w->buf, "</ol></div>\n");
}

void html_hops(struct writer *w, unsigned i)
{
	for (const struct obs *o = obslog_first(w->r->log, (int)i); o;
	     o = o->next_of_target)
		if (o->kind == OBS_TTL_SCAN && o->ttl_scan.n_steps > 0)
			scan(w, &o->ttl_scan);
}
