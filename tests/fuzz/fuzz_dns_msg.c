/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "probe/base/arena.h"
#include "probe/codec/dns_msg.h"
#include "probe/model/dns_chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_printable(const char *text)
{
	for (; *text; text++)
		assert(*text > 0x20 && *text < 0x7f && !(*text >= 'A' && *text <= 'Z'));
}

static void check_records(const struct obs_dns *d)
{
	assert(d->n_records <= OBS_MAX_RECORDS);
	assert(d->ede >= -1 && d->ede <= 0xffff);
	for (size_t i = 0; i < d->n_records; i++) {
		const struct dns_record *r = &d->records[i];
		bool address = r->type == DNS_TYPE_A || r->type == DNS_TYPE_AAAA;
		check_printable(r->name);
		assert(address == (r->address.family != 0));
		assert(address == (r->target == NULL));
		if (r->target)
			check_printable(r->target);
	}
}

/* A message as the answer to a fixed question, and what the engine does with it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct obs_dns d;
	struct dns_chain chain;
	struct addr found[OBS_MAX_ADDRESSES];

	arena_init(&arena, 16 << 20);
	bool response = dns_msg_is_response(data, size);
	if (dns_msg_parse(data, size, "a.example", DNS_TYPE_A, &arena, &d)) {
		assert(response && size >= 12);
		check_records(&d);
		dns_chain_follow(d.records, d.n_records, "a.example", &chain);
		assert(chain.n_names >= 1 && chain.n_names <= DNS_CHAIN_MAX);
		size_t n = dns_chain_addresses(d.records, d.n_records, &chain,
		    DNS_TYPE_A, found, OBS_MAX_ADDRESSES);
		assert(n <= d.n_records);
	}
	arena_deinit(&arena);
	return 0;
}
