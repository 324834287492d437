/* SPDX-License-Identifier: MIT */
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/redactor.h"
#include "report/writer.h"
#include "tests/unit/golden.h"
#include "tests/unit/report/sample.h"
#include "tests/unit/report/wellformed.h"

static char *critical(const struct report *r)
{
	return report_nagios(r, 2);
}

static const struct form {
	const char *name;
	char *(*write)(const struct report *r);
	const char *(*wrong)(const char *text);
} forms[] = {
	{ "junit.xml", report_junit, wrong_xml },
	{ "html", report_html, wrong_html },
	{ "md", report_markdown, wrong_markdown },
	{ "prom", report_prometheus, wrong_prometheus },
	{ "nagios.txt", critical, wrong_nagios },
};

static const char *const runs[] = { "healthy", "failing", "interrupted", "empty",
	"capture" };

/* Style and script are not told twice. */
static void remove_assets(char *html)
{
	static const char *const ends[][2] = {
		{ "'sha256-", "; base-uri" },
		{ "<style>", "</style>" },
		{ "<script>", "</script>" },
	};

	for (size_t i = 0; i < COUNT(ends); i++) {
		char *from = strstr(html, ends[i][0]);
		assert_non_null(from);
		from += strlen(ends[i][0]);
		const char *to = strstr(from, ends[i][1]);
		assert_non_null(to);
		memmove(from, to, strlen(to) + 1);
	}
}

static void documents_look_as_they_always_did(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(runs); i++) {
		struct sample s;
		assert_true(sample_init(&s, runs[i]));
		for (size_t j = 0; j < COUNT(forms); j++) {
			char path[128];
			snprintf(path, sizeof path, "report/expect/%s.%s", runs[i],
			    forms[j].name);
			char *text = forms[j].write(&s.report);
			if (forms[j].write == report_html)
				remove_assets(text);
			assert_golden(path, text);
			free(text);
		}
		sample_deinit(&s);
	}
}

static void documents_can_be_read_whatever_peers_say(void **state)
{
	(void)state;
	static const char *const all[] = { "healthy", "failing", "interrupted", "empty",
		"capture", "hostile", "large" };
	for (size_t i = 0; i < COUNT(all); i++) {
		struct sample s;
		assert_true(sample_init(&s, all[i]));
		for (size_t j = 0; j < COUNT(forms); j++) {
			char *text = forms[j].write(&s.report);
			const char *wrong = forms[j].wrong(text);
			if (wrong)
				fail_msg("%s %s: %s", all[i], forms[j].name, wrong);
			free(text);
		}
		sample_deinit(&s);
	}
}

/* What a careless writer would let through, so that the checks above can fail. */
static void careless_documents_are_found(void **state)
{
	(void)state;
#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
#define JSON                                                                           \
	"<style></style><script type=\"application/json\" id=\"report-json\">\n{}"     \
	"</script><script></script>"

	static const struct {
		const char *name;
		const char *(*wrong)(const char *text);
		const char *good, *bad;
	} rows[] = {
		{ "escape", wrong_text, "a b\n", "a\x1b[2Jb\n" },
		{ "right-to-left override", wrong_text, "\xc3\xa4", "\xe2\x80\xae" },
		{ "bytes that are no UTF-8", wrong_text, "a", "\xff" },
		{ "element", wrong_xml, XML "<a>&lt;b></a>", XML "<a><b></a>" },
		{ "ampersand", wrong_xml, XML "<a>&amp;</a>", XML "<a>&</a>" },
		{ "quote", wrong_xml, XML "<a b=\"&quot;\"/>", XML "<a b=\"\"\"/>" },
		{ "noncharacter", wrong_xml, XML "<a/>", XML "<a>\xef\xbf\xbe</a>" },
		{ "third script", wrong_html, "<!doctype html>\n" JSON,
		    "<!doctype html>\n" JSON "<script></script>" },
		{ "label", wrong_prometheus, "a{b=\"\\\"\"} 1\n", "a{b=\"\"\"} 1\n" },
		{ "number", wrong_prometheus, "a 1\n", "a x\n" },
		{ "pipe", wrong_nagios, "a | b=1\n", "a | b | c=1\n" },
		{ "quotes", wrong_nagios, "a | 'b'''=1\n", "a | 'b''=1\n" },
		{ "markup", wrong_markdown, "\\<b\\>", "<b>" },
		{ "code span", wrong_markdown, "`<b>`\n", "`<b>``\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *wrong = rows[i].wrong(rows[i].good);
		if (wrong)
			fail_msg("%s: %s", rows[i].name, wrong);
		if (!rows[i].wrong(rows[i].bad))
			fail_msg("%s: not found", rows[i].name);
	}
}

static void no_name_is_left_in_any_form(void **state)
{
	(void)state;
	static const char *const secrets[] = { "amlstore", "amlreg", "amlvault",
		"ml-node-7", "contoso", "10.20.", "20.61.", "20.8.1.9", "52.178",
		"fingerprint", "addr_hash" };
	static const char *const named[] = { "failing", "capture" };
	for (size_t k = 0; k < COUNT(named); k++) {
		struct sample s;
		assert_true(sample_init(&s, named[k]));
		s.report.redactor = redactor_new(&s.report);
		for (size_t j = 0; j < COUNT(forms); j++) {
			char *text = forms[j].write(&s.report);
			for (size_t i = 0; i < COUNT(secrets); i++)
				if (strstr(text, secrets[i]))
					fail_msg("%s.%s has %s", named[k],
					    forms[j].name, secrets[i]);
			const char *wrong = forms[j].wrong(text);
			if (wrong)
				fail_msg("%s.%s: %s", named[k], forms[j].name, wrong);
			free(text);
		}
		redactor_free(s.report.redactor);
		sample_deinit(&s);
	}
}

static void a_thing_has_one_pseudonym_in_all_forms(void **state)
{
	(void)state;
	struct sample s;
	assert_true(sample_init(&s, "failing"));
	s.report.redactor = redactor_new(&s.report);
	struct writer w;
	writer_begin(&w, &s.report);
	char *wanted = strdup(writer_text(&w, "the registry refuses 20.8.1.9"));
	free(writer_end(&w));
	assert_non_null(strstr(wanted, "198.18."));
	const char *address = strstr(wanted, "198.18.");
	for (size_t j = 0; j < COUNT(forms); j++) {
		bool told = forms[j].write != report_prometheus;
		char *text = forms[j].write(&s.report);
		if (told && !strstr(text, address))
			fail_msg("%s lacks %s", forms[j].name, address);
		free(text);
	}
	char *plain = report_json(&s.report);
	char *json = redactor_document(s.report.redactor, plain);
	assert_non_null(strstr(json, address));
	free(json);
	free(plain);
	free(wanted);
	redactor_free(s.report.redactor);
	sample_deinit(&s);
}

/* Series with the same labels would make Prometheus refuse the whole file. */
static void ids_that_became_alike_stay_apart(void **state)
{
	(void)state;
	struct sample s;
	char long_id[2][600];
	assert_true(sample_init(&s, "failing"));
	for (size_t i = 0; i < 2; i++) {
		memset(long_id[i], 'x', sizeof long_id[i]);
		snprintf(long_id[i] + 500, 100, "%zu", i);
	}
	struct target *t = arena_memdup(&s.arena, s.plan.probe.targets, 7 * sizeof *t);
	t[3].id = long_id[0];
	t[4].id = long_id[1];
	s.plan.probe.targets = t;
	char *text = report_prometheus(&s.report);
	assert_non_null(strstr(text, "probe_success{check=\"xxx"));
	assert_non_null(strstr(text, "probe_success{check=\"#2 xxx"));
	free(text);
	sample_deinit(&s);
}

static void states_of_a_plugin(void **state)
{
	(void)state;
	static const char *const words[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
	struct sample s;
	assert_true(sample_init(&s, "healthy"));
	for (int code = 0; code < 4; code++) {
		char want[64];
		snprintf(want, sizeof want, "VNETPROBE %s - all 7 checks passed | ",
		    words[code]);
		char *text = report_nagios(&s.report, code);
		assert_memory_equal(text, want, strlen(want));
		free(text);
	}
	sample_deinit(&s);
}

static void texts_of_peers_are_no_markdown(void **state)
{
	(void)state;

	static const struct {
		const char *name, *text, *want;
	} rows[] = {
		{ "plain", "20.60.0.10:443: no answer", "20.60.0.10:443: no answer" },
		{ "element", "<b>", "\\<b\\>" },
		{ "table cell", "a | b", "a \\| b" },
		{ "code", "`x`", "\\`x\\`" },
		{ "link", "[a](b)", "\\[a\\](b)" },
		{ "address that links itself", "https://x", "https:<!-- -->//x" },
		{ "the other one", "www.x.example", "w<!-- -->ww.x.example" },
		{ "mention", "@team", "@<!-- -->team" },
		{ "issue", "#12", "\\#<!-- -->12" },
		{ "list", "- x", "\\- x" },
		{ "numbered list", "1. x", "1\\. x" },
		{ "number", "1.5 x", "1.5 x" },
		{ "emphasis", "a_b_ *c*", "a\\_b\\_ \\*c\\*" },
	};

	struct sample s;
	assert_true(sample_init(&s, "failing"));
	for (size_t i = 0; i < COUNT(rows); i++) {
		char want[128];
		s.verdicts.groups[0].evidence.items[0] = rows[i].text;
		snprintf(want, sizeof want, "**Seen**\n\n- %s\n", rows[i].want);
		char *text = report_markdown(&s.report);
		if (!strstr(text, want))
			fail_msg("%s: no \"%s\" in\n%s", rows[i].name, want, text);
		free(text);
	}
	sample_deinit(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_look_as_they_always_did),
		cmocka_unit_test(documents_can_be_read_whatever_peers_say),
		cmocka_unit_test(careless_documents_are_found),
		cmocka_unit_test(no_name_is_left_in_any_form),
		cmocka_unit_test(a_thing_has_one_pseudonym_in_all_forms),
		cmocka_unit_test(ids_that_became_alike_stay_apart),
		cmocka_unit_test(states_of_a_plugin),
		cmocka_unit_test(texts_of_peers_are_no_markdown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
