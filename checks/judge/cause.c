/* SPDX-License-Identifier: MIT */
#include "checks/judge/cause.h"

#include <string.h>

/*
 * Ranks: below 20 this machine, below 40 names, below 60 the path, below 80 the
 * peer, then what we could not finish. How each cause is decided is described in
 * docs/diagnosis.md. The rows stand in checks/causes/, one file a subject.
 */

#define LIST(...)  ((const char *const[]){ __VA_ARGS__, NULL })
#define LEARN(doc) "https://learn.microsoft.com/azure/" doc

#define LINK_AML       LEARN("machine-learning/how-to-access-azureml-behind-firewall")
#define LINK_AML_DNS   LEARN("machine-learning/how-to-custom-dns")
#define LINK_PE_DNS    LEARN("private-link/private-endpoint-dns")
#define LINK_ZONE_LINK LEARN("dns/private-dns-virtual-network-links")
#define LINK_NAMES                                                                     \
	LEARN("virtual-network/"                                                       \
	      "virtual-networks-name-resolution-for-vms-and-role-instances")
#define LINK_NSG      LEARN("virtual-network/network-security-groups-overview")
#define LINK_ROUTES   LEARN("virtual-network/virtual-networks-udr-overview")
#define LINK_PLATFORM LEARN("virtual-network/what-is-ip-address-168-63-129-16")
#define LINK_MTU      LEARN("virtual-network/virtual-network-tcpip-performance-tuning")
#define LINK_CA       LEARN("security/fundamentals/azure-ca-details")
#define LINK_FIREWALL LEARN("firewall/rule-processing")
#define LINK_INSPECT  LEARN("firewall/premium-features")
#define LINK_TIME     LEARN("virtual-machines/linux/time-sync")
#define LINK_NAT      LEARN("nat-gateway/troubleshoot-nat-connectivity")
#define LINK_NICS     LEARN("virtual-network/virtual-network-network-interface-vm")
#define LINK_NVA      LEARN("virtual-network/virtual-network-troubleshoot-nva")

#define DECIDE_FLOW                                                                    \
	"IP flow verify and effective security rules of this NIC for "                 \
	"{address}:{port}",                                                            \
	    "effective routes of this NIC (next hop for {address})",                   \
	    "VNet flow log or a capture at the other end"

static const struct cause causes[] = {
#include "checks/causes/filters.inc"
#include "checks/causes/host.inc"
#include "checks/causes/inbound.inc"
#include "checks/causes/names.inc"
#include "checks/causes/path.inc"
#include "checks/causes/peer.inc"
#include "checks/causes/proxies.inc"
};

const struct cause *cause_find(const char *name)
{
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
		if (strcmp(causes[i].name, name) == 0)
			return &causes[i];
	return NULL;
}

const struct cause *cause_table(size_t *ret_n)
{
	*ret_n = sizeof causes / sizeof *causes;
	return causes;
}
