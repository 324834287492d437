/* SPDX-License-Identifier: MIT */
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The least that telling flows apart can cost: libpcap, Ethernet, IPv4 and TCP headers
 * without a check, one hash entry for each flow. Prints how many were unanswered,
 * refused, reset after data, and the rest.
 */

struct entry {
	uint64_t addresses;
	uint32_t ports, next[2];
	uint8_t seen, used;
};

enum {
	SEEN_SYN = 1,
	SEEN_ACCEPT = 2,
	SEEN_RESET = 4,
	SEEN_DATA = 8,
	FIRST = 1 << 16
};

static struct entry *table;
static uint32_t size, used;

static uint32_t slot_of(uint64_t addresses, uint32_t ports)
{
	uint64_t h = (addresses ^ (uint64_t)ports << 17) * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t i = (uint32_t)(h >> 32) & (size - 1);
	while (table[i].used &&
	       (table[i].addresses != addresses || table[i].ports != ports))
		i = (i + 1) & (size - 1);
	return i;
}

static void grow(void)
{
	struct entry *old = table;
	uint32_t n = size;
	size = size ? size * 2 : FIRST;
	table = calloc(size, sizeof *table);
	if (!table)
		exit(2);
	for (uint32_t i = 0; i < n; i++)
		if (old[i].used)
			table[slot_of(old[i].addresses, old[i].ports)] = old[i];
	free(old);
}

static uint32_t be32(const u_char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void take(u_char *unused, const struct pcap_pkthdr *h, const u_char *p)
{
	(void)unused;
	if (h->caplen < 54 || p[12] != 8 || p[23] != 6)
		return;
	const u_char *tcp = p + 14 + (p[14] & 15) * 4;
	uint32_t a = be32(p + 26), b = be32(p + 30), ports = be32(tcp);
	uint32_t len = (uint32_t)(p[16] << 8 | p[17]) - (uint32_t)(p[14] & 15) * 4 -
		       (uint32_t)(tcp[12] >> 4) * 4;
	unsigned down = a > b;
	if (down) {
		uint32_t swapped = a;
		a = b;
		b = swapped;
		ports = ports << 16 | ports >> 16;
	}
	if (used * 2 >= size)
		grow();
	struct entry *e = &table[slot_of((uint64_t)a << 32 | b, ports)];
	if (!e->used) {
		*e = (struct entry){ (uint64_t)a << 32 | b, ports, { 0 }, 0, 1 };
		used++;
	}
	unsigned flags = tcp[13];
	e->seen |= (uint8_t)((flags & 0x12) == 2      ? SEEN_SYN
			     : (flags & 0x12) == 0x12 ? SEEN_ACCEPT
			     : flags & 4              ? SEEN_RESET
			     : len                    ? SEEN_DATA
						      : 0);
	e->next[down] = be32(tcp + 4) + len;
}

int main(int argc, char **argv)
{
	char err[PCAP_ERRBUF_SIZE];
	unsigned silent = 0, refused = 0, reset = 0;
	pcap_t *pcap = argc == 2 ? pcap_open_offline(argv[1], err) : NULL;
	if (!pcap)
		return 2;
	grow();
	pcap_loop(pcap, -1, take, NULL);
	for (uint32_t i = 0; i < size; i++) {
		if (!table[i].used)
			continue;
		silent += table[i].seen == SEEN_SYN;
		refused += table[i].seen == (SEEN_SYN | SEEN_RESET);
		reset += (table[i].seen & (SEEN_ACCEPT | SEEN_RESET)) ==
			 (SEEN_ACCEPT | SEEN_RESET);
	}
	printf("%u %u %u %u\n", silent, refused, reset, used);
	pcap_close(pcap);
	free(table);
	return 0;
}
