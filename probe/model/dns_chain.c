/* SPDX-License-Identifier: MIT */
#include "probe/model/dns_chain.h"

#include "probe/base/text.h"

static const char *alias_of(
    const struct dns_record *records, size_t n_records, const char *name)
{
	for (size_t i = 0; i < n_records; i++)
		if (records[i].type == DNS_TYPE_CNAME &&
		    text_equal_nocase(records[i].name, name))
			return records[i].target;
	return NULL;
}

static bool holds(const struct dns_chain *chain, const char *name)
{
	for (size_t i = 0; i < chain->n_names; i++)
		if (text_equal_nocase(chain->names[i], name))
			return true;
	return false;
}

void dns_chain_follow(const struct dns_record *records, size_t n_records,
    const char *name, struct dns_chain *ret)
{
	*ret = (struct dns_chain){ .names = { name }, .n_names = 1 };
	while ((name = alias_of(records, n_records, name)) != NULL) {
		if (holds(ret, name)) {
			ret->looped = true;
			return;
		}
		if (ret->n_names == DNS_CHAIN_MAX) {
			ret->cut = true;
			return;
		}
		ret->names[ret->n_names++] = name;
	}
}

static bool among(const struct addr *list, size_t n, const struct addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_same_ip(&list[i], a))
			return true;
	return false;
}

size_t dns_chain_addresses(const struct dns_record *records, size_t n_records,
    const struct dns_chain *chain, uint16_t type, struct addr *ret, size_t max)
{
	const char *owner = chain->names[chain->n_names - 1];
	size_t n = 0;
	for (size_t i = 0; i < n_records && n < max; i++)
		if (records[i].type == type && records[i].address.family &&
		    text_equal_nocase(records[i].name, owner) &&
		    !among(ret, n, &records[i].address))
			ret[n++] = records[i].address;
	return n;
}
