/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/base/arena.h"
#include "probe/dns/system_config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes as resolv.conf and as a hosts file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct resolv_conf conf;
	struct hosts_file hosts;
	static const char none[1];
	const char *text = size ? (const char *)data : none;

	arena_init(&arena, 64 << 20);
	resolv_conf_parse(text, size, &arena, &conf);
	assert(conf.n_servers >= 1 && conf.n_servers <= RESOLV_MAX_SERVERS);
	for (size_t i = 0; i < conf.n_servers; i++)
		assert(conf.servers[i].family && conf.servers[i].port == 53);
	hosts_file_parse(text, size, &arena, &hosts);
	for (size_t i = 0; i < hosts.n_entries; i++) {
		size_t pos = 0;
		assert(hosts.entries[i].line >= 1 && hosts.entries[i].address.family);
		assert(hosts_file_next(&hosts, hosts.entries[i].name, &pos));
		assert(pos <= i + 1);
	}
	arena_deinit(&arena);
	return 0;
}
