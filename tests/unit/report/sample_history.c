/* SPDX-License-Identifier: MIT */
#include "tests/unit/report/sample_history.h"

#include <string.h>

#include "probe/base/arena.h"

enum {
	MINUTE = 60000
};

static const int64_t start = 1763802000000; /* 2025-11-22T09:00:00Z */

/* Runs every ten minutes; for a day nobody was there. */
static int64_t time_of(size_t i, size_t n)
{
	int64_t day = n > 300 && i > n / 2 ? 24 * 60 * (int64_t)MINUTE : 0;
	return start + (int64_t)i * 10 * MINUTE + day;
}

/* Noise that is the same in every run of the test. */
static nsec_t noise(size_t i, nsec_t most)
{
	return (nsec_t)((i * 2654435761u >> 8) % 1000) * most / 1000;
}

static struct moment moment(size_t i, size_t n, nsec_t usual)
{
	return (struct moment){
		.at = time_of(i, n),
		.status = STATUS_PASS,
		.phases = { usual / 10, usual / 4 + noise(i, usual / 10),
		    usual / 3 + noise(i + 7, usual / 8), usual / 4 },
	};
}

static void fails(struct moment *m, enum status s, const char *cause)
{
	m->status = s;
	m->cause = cause;
	m->phases[2] = m->phases[3] = -1;
}

static struct timeline build(
    const char *id, size_t n, unsigned kind, struct arena *arena)
{
	struct timeline t = { .id = id, .n_moments = n };
	t.moments = arena_array(arena, n, sizeof *t.moments);
	for (size_t i = 0; i < n; i++) {
		struct moment *m = &t.moments[i];
		*m = moment(i, n, (kind == 3 && i > n * 3 / 5 ? 90 : 30) * 1000000);
		if (kind == 1 && (i > n - 20 || i / 15 == 12))
			fails(m, STATUS_FAIL, "silent_drop");
		else if (kind == 2 && i > n - 18 && i % 3 == 0)
			fails(m, STATUS_FAIL, "no_reply");
		else if (kind == 4 && i > n / 3 && i < n / 2)
			fails(m, STATUS_INCONCLUSIVE, "root_only");
		else if (kind == 5 && i > n - 60)
			m->status = STATUS_WARN, m->cause = "tls_expires_soon";
		else if (kind == 6)
			fails(m, STATUS_FAIL, "<b>&\"evil\"</b>");
	}
	return t;
}

static const struct dated_change changes[] = {
	{ 1763804000000, { .kind = CHANGE_REGRESSION,
			     .check = "storage.blob",
			     .what = "status",
			     .before = "pass",
			     .after = "fail (silent_drop)",
			     .note = "20.60.0.10:443: no answer in 3000 ms" } },
	{ 1763805000000, { .kind = CHANGE_DRIFT,
			     .check = "https://gate.initech.example/",
			     .what = "addresses",
			     .before = "10.20.5.4",
			     .after = "20.60.0.10",
			     .note = "a public address instead of a private one" } },
	{ 1763806000000, { .kind = CHANGE_INFO,
			     .check = "keyvault",
			     .what = "timing.tls",
			     .before = "10.0 ms",
			     .after = "30.2 ms",
			     .note = "" } },
};

const struct timelines *sample_history(const char *name, struct arena *arena)
{
	static const char hostile[] =
	    "https://initech.example/<script>alert(1)</script>?a=1&b=2&"
	    "averyveryverylongquerywithoutanyblankinit=01234567890123456789";
	static const char *const ids[] = { "dns.azure", "storage.blob",
		"https://gate.initech.example/", "keyvault", "wireserver",
		"storage.file:initechstore", hostile };
	struct timelines *past = arena_alloc(arena, sizeof *past);
	bool one = strcmp(name, "history-one") == 0;
	bool large = strcmp(name, "history-large") == 0;
	if (!one && !large && strcmp(name, "history") != 0)
		return NULL;
	size_t n = one ? 1 : large ? 5000 : 860;
	*past = (struct timelines){
		.n_items = one ? 1 : sizeof ids / sizeof *ids,
		.n_runs = n,
		.n_interrupted = one ? 0 : 2,
		.first = time_of(0, n),
		.last = time_of(n - 1, n),
	};
	past->items = arena_array(arena, past->n_items, sizeof *past->items);
	for (size_t i = 0; i < past->n_items; i++)
		past->items[i] = build(ids[i], n, (unsigned)i, arena);
	if (!one) {
		past->changes = arena_memdup(arena, changes, sizeof changes);
		past->n_changes = sizeof changes / sizeof *changes;
	}
	return past;
}
