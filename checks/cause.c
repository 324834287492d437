/* SPDX-License-Identifier: MIT */
#include "checks/cause.h"

#include <string.h>

/*
 * Ranks: below 20 this machine, below 40 names, below 60 the path, below 80 the
 * peer, then what we could not finish. How each cause is decided is described in
 * docs/diagnosis.md.
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

#define DECIDE_FLOW                                                                    \
	"IP flow verify and effective security rules of this NIC for "                 \
	"{address}:{port}",                                                            \
	    "effective routes of this NIC (next hop for {address})",                   \
	    "VNet flow log or a capture at the other end"

static const struct cause causes[] = {
	/* This machine. */
	{
	    .name = "clock_skew",
	    .stage = STAGE_TLS,
	    .sentence =
		"The clock of this machine is wrong, so valid certificates look "
		"expired or not yet valid.",
	    .remedies = LIST("Correct the clock: let chrony use the Hyper-V PTP device "
			     "(/dev/ptp_hyperv), then run the check again."),
	    .link = LINK_TIME,
	    .rank = 5,
	    .lookalikes = LIST("tls_expired"),
	    .would_decide = LIST("chronyc tracking, or the time of another machine"),
	},
	{
	    .name = "local_no_route",
	    .stage = STAGE_TCP,
	    .sentence = "This machine has no route to the address; nothing was sent.",
	    .remedies = LIST("Look at the route this machine would take: ip route get "
			     "{address}.",
		"Renew the DHCP lease or remove the blackhole, unreachable or prohibit "
		"route; this is a setting of the guest, not an Azure object."),
	    .link = LINK_ROUTES,
	    .rank = 6,
	},
	{
	    .name = "local_gateway_unresolved",
	    .stage = STAGE_TCP,
	    .sentence = "The next hop did not answer on the local link, so no packet "
			"left this machine.",
	    .remedies = LIST("Compare the default gateway with the subnet: in Azure it "
			     "is the first usable address (.1) of the subnet.",
		"Check that the route to {address} uses the right interface: ip route "
		"get {address}."),
	    .link = LINK_ROUTES,
	    .rank = 6,
	    .lookalikes = LIST("the destination is on this subnet and is down"),
	    .would_decide = LIST("ip neigh: a FAILED entry names the silent next hop"),
	},
	{
	    .name = "local_output_reject",
	    .stage = STAGE_TCP,
	    .sentence = "A firewall on this machine itself rejected the packet.",
	    .remedies = LIST("Allow {address} port {port} in the OUTPUT rules of this "
			     "machine (nft list ruleset, iptables -S OUTPUT, ufw)."),
	    .link = LINK_NSG,
	    .rank = 7,
	},
	{
	    .name = "local_output_filter",
	    .stage = STAGE_UDP,
	    .sentence = "A firewall on this machine itself dropped the packet.",
	    .remedies = LIST("Allow {address} port {port} in the OUTPUT rules of this "
			     "machine (nft list ruleset, iptables -S OUTPUT, ufw)."),
	    .link = LINK_NSG,
	    .rank = 7,
	},
	{
	    .name = "local_policy_denied",
	    .stage = STAGE_TCP,
	    .sentence = "The kernel of this machine does not permit this program to "
			"open the connection.",
	    .remedies = LIST("Look at the container's or service's network policy: "
			     "cgroup filters, seccomp profile, SELinux, AppArmor."),
	    .link = LINK_AML,
	    .rank = 8,
	    .lookalikes = LIST("a prohibit route on this machine (ip route get)"),
	    .would_decide = LIST("the same connection from outside the container or "
				 "service unit",
		"the audit log of this machine"),
	},
	{
	    .name = "local_source_address",
	    .stage = STAGE_TCP,
	    .sentence = "The source address or interface that was asked for cannot be "
			"used on this machine.",
	    .remedies = LIST("Give --source an address that this machine owns, and "
			     "--interface an interface that is up (ip address)."),
	    .link = LINK_ROUTES,
	    .rank = 8,
	},
	{
	    .name = "local_port_exhaustion",
	    .stage = STAGE_TCP,
	    .sentence =
		"This machine has no free local port left for that destination.",
	    .remedies = LIST("Widen net.ipv4.ip_local_port_range or let applications "
			     "reuse connections; ss -s shows who holds the ports."),
	    .link = LEARN("nat-gateway/troubleshoot-nat-connectivity"),
	    .rank = 8,
	},
	{
	    .name = "local_error",
	    .stage = STAGE_HOST,
	    .sentence = "This machine could not carry out the test.",
	    .remedies = LIST("Remove the cause named in the evidence (limits, memory, "
			     "name, address family) and run the check again."),
	    .link = LINK_AML,
	    .rank = 9,
	},
	{
	    .name = "root_only",
	    .stage = STAGE_TCP,
	    .sentence = "The Azure guest agent drops packets of ordinary users to this "
			"address, so silence means nothing here.",
	    .remedies = LIST("Run the check as root to learn whether {address} port "
			     "{port} answers."),
	    .link = LINK_PLATFORM,
	    .rank = 85,
	    .lookalikes = LIST("local_output_filter", "silent_drop"),
	    .would_decide = LIST("the same check run as root"),
	},

	/* Names. */
	{
	    .name = "dns_server_unreachable",
	    .stage = STAGE_DNS,
	    .sentence = "The DNS server does not answer at all.",
	    .remedies =
		LIST("Check that {resolver} is the right server (DNS servers of "
		     "the VNet and NIC, /etc/resolv.conf) and that it runs.",
		    "Allow UDP and TCP 53 to {resolver} in the NSG, the route table "
		    "and the "
		    "firewall; for the Azure resolver also the tag AzurePlatformDNS.",
		    "After a change of the VNet's DNS servers renew the lease or "
		    "restart the "
		    "machine."),
	    .link = LINK_NAMES,
	    .rank = 20,
	    .lookalikes = LIST("the server is down", "UDP 53 is blocked on the way",
		"AzurePlatformDNS is denied in an NSG (Azure resolver only)",
		"a firewall on this machine", "this machine is not in Azure"),
	    .would_decide = LIST("the state of {resolver} itself",
		"IP flow verify for UDP 53 to {resolver}",
		"the same query from another machine of the subnet"),
	},
	{
	    .name = "dns_no_answer",
	    .stage = STAGE_DNS,
	    .sentence =
		"The DNS server answers other names but stays silent about this "
		"one.",
	    .remedies = LIST("Look at the forwarder that {resolver} uses for {host}; a "
			     "dead or filtered upstream server looks like this.",
		"For a name with a private endpoint forward {zone} to 168.63.129.16."),
	    .link = LINK_NAMES,
	    .rank = 24,
	    .lookalikes = LIST("the query or answer was lost",
		"a device on the path drops queries for this name"),
	    .would_decide = LIST("the query log of {resolver}"),
	},
	{
	    .name = "hosts_override",
	    .stage = STAGE_DNS,
	    .sentence = "A line in /etc/hosts sends this name somewhere else than DNS "
			"does.",
	    .remedies = LIST("Remove or correct the line for {host} in /etc/hosts."),
	    .link = LINK_AML_DNS,
	    .rank = 21,
	    .would_decide = LIST("the same check without the line in /etc/hosts"),
	},
	{
	    .name = "custom_dns_no_forward",
	    .stage = STAGE_DNS,
	    .sentence = "The system's DNS server does not forward this name to Azure "
			"DNS, which knows another answer.",
	    .remedies =
		LIST("On {resolver} add a conditional forwarder for the public "
		     "zone of {host} to 168.63.129.16, or to an Azure DNS Private "
		     "Resolver when the server is outside Azure.",
		    "Do not copy records of {zone} into the custom server by hand."),
	    .link = LINK_AML_DNS,
	    .rank = 22,
	    .lookalikes = LIST("the custom DNS server blocks or owns this name"),
	    .would_decide = LIST("the forwarder list of {resolver}"),
	},
	{
	    .name = "private_zone_unlinked",
	    .stage = STAGE_DNS,
	    .sentence = "The service has a private endpoint, but Azure DNS gives this "
			"VNet the public address.",
	    .remedies = LIST(
		"Link the private DNS zone {zone} to the VNet of this "
		"machine (hub and spoke each need a link, or one resolver).",
		"If the zone is linked and NxDomainRedirect is on, create the missing "
		"record through the private endpoint's DNS zone group."),
	    .link = LINK_ZONE_LINK,
	    .rank = 23,
	    .lookalikes = LIST("private_record_missing",
		"the private endpoint is for another VNet", "service_denied"),
	    .would_decide = LIST("the virtual network links and records of {zone}"),
	},
	{
	    .name = "private_record_missing",
	    .stage = STAGE_DNS,
	    .sentence = "The private DNS zone answers for this name but has no record "
			"of it.",
	    .remedies = LIST("Create the record of {host} in {zone}, best through the "
			     "private endpoint's DNS zone group.",
		"For a resource of somebody else set the link's resolution policy to "
		"NxDomainRedirect, so that Azure DNS falls back to the public answer."),
	    .link = LEARN("dns/private-dns-fallback"),
	    .rank = 23,
	    .lookalikes = LIST("dns_nxdomain"),
	    .would_decide = LIST("the records of {zone} in every linked VNet"),
	},
	{
	    .name = "dns_not_private",
	    .stage = STAGE_DNS,
	    .sentence = "A private address was expected, and DNS gives a public one.",
	    .remedies = LIST(
		"Check that an approved private endpoint for {host} exists.",
		"Link the private DNS zone {zone} to the VNet of this machine and let "
		"the custom DNS server forward to 168.63.129.16."),
	    .link = LINK_PE_DNS,
	    .rank = 25,
	    .lookalikes = LIST("private_zone_unlinked", "private_record_missing",
		"custom_dns_no_forward", "no approved private endpoint exists"),
	    .would_decide = LIST("the answer of 168.63.129.16 to a client in the VNet",
		"the virtual network links and records of {zone}",
		"the private endpoint connections of the resource"),
	},
	{
	    .name = "dns_outside_cidr",
	    .stage = STAGE_DNS,
	    .sentence = "The answer is private but lies outside the expected ranges.",
	    .remedies =
		LIST("Compare {address} with the private endpoint of {host}: the "
		     "record in {zone} is stale, or belongs to an endpoint in "
		     "another VNet.",
		    "If the range is right, add it to --expect-cidr."),
	    .link = LINK_PE_DNS,
	    .rank = 25,
	},
	{
	    .name = "dns_stale_record",
	    .stage = STAGE_DNS,
	    .sentence = "The system's DNS server and Azure DNS give different private "
			"addresses, and the system's does not work.",
	    .remedies = LIST("Remove the static record or duplicate zone for {host} on "
			     "{resolver} and forward to 168.63.129.16."),
	    .link = LINK_PE_DNS,
	    .rank = 25,
	    .lookalikes = LIST("silent_drop", "a deliberate split view"),
	    .would_decide = LIST("the private endpoint's own address in the portal"),
	},
	{
	    .name = "dns_nxdomain",
	    .stage = STAGE_DNS,
	    .sentence = "The name does not exist.",
	    .remedies =
		LIST("Check the spelling of {host} and that the resource exists "
		     "(and is of the chosen cloud and region)."),
	    .link = LINK_NAMES,
	    .rank = 27,
	    .lookalikes = LIST("private_record_missing",
		"the DNS server blocks or owns a parent of this name"),
	    .would_decide = LIST("the answer of a public resolver outside the VNet"),
	},
	{
	    .name = "dns_no_address",
	    .stage = STAGE_DNS,
	    .sentence = "The name exists but has no address.",
	    .remedies =
		LIST("Look at the records of {host} on {resolver}; with -4 or -6 "
		     "the other address family was not asked for."),
	    .link = LINK_NAMES,
	    .rank = 27,
	    .lookalikes = LIST("private_record_missing"),
	    .would_decide = LIST("the answer of a public resolver outside the VNet"),
	},
	{
	    .name = "dns_servfail",
	    .stage = STAGE_DNS,
	    .sentence = "The DNS server answered with a failure instead of an address.",
	    .remedies = LIST("Look at the forwarders of {resolver}: one that is dead, "
			     "loops or fails DNSSEC gives this answer."),
	    .link = LINK_NAMES,
	    .rank = 24,
	    .lookalikes = LIST("a forwarder of the server is unreachable",
		"a loop of forwarders", "DNSSEC validation fails"),
	    .would_decide = LIST("the log of {resolver}"),
	},
	{
	    .name = "dns_refused",
	    .stage = STAGE_DNS,
	    .sentence = "The DNS server refuses to answer this client.",
	    .remedies = LIST("Permit this subnet in the access list of {resolver}, or "
			     "use another DNS server."),
	    .link = LINK_NAMES,
	    .rank = 24,
	},
	{
	    .name = "dns_malformed",
	    .stage = STAGE_DNS,
	    .sentence = "What came back from the DNS server is not a DNS answer.",
	    .remedies =
		LIST("Check that {resolver} is a DNS server and that nothing on "
		     "the way rewrites its answers."),
	    .link = LINK_NAMES,
	    .rank = 24,
	    .lookalikes = LIST("another service listens on that port",
		"a device on the path rewrites answers"),
	    .would_decide = LIST("a capture at {resolver}"),
	},

	/* The path. */
	{
	    .name = "silent_drop",
	    .stage = STAGE_TCP,
	    .sentence = "Nothing came back when connecting.",
	    .remedies = LIST(
		"Allow TCP {port} to {service_tag} outbound in the NSGs of "
		"subnet and NIC and in admin rules.",
		"Check the route table: no next hop None or a dead appliance for "
		"{address}; with a firewall add a rule for {host}.",
		"For a private endpoint check peering, its subnet's NSG and that the "
		"record is not stale."),
	    .link = LINK_AML,
	    .rank = 45,
	    .lookalikes = LIST("NSG or admin rule denies outbound",
		"route to None or dead next hop", "missing peering",
		"the other side's NSG denies inbound", "firewall network rule denies",
		"return_path_drop", "the destination is down"),
	    .would_decide = LIST(DECIDE_FLOW),
	},
	{
	    .name = "remote_refused",
	    .stage = STAGE_TCP,
	    .sentence = "The connection was refused.",
	    .remedies = LIST("Check that the service listens on port {port} of "
			     "{address}; an Azure NSG never refuses, it drops.",
		"If an appliance is on the path, look for a reject rule for {host}."),
	    .link = LINK_NSG,
	    .rank = 44,
	    .lookalikes = LIST("rst_injected_inline", "local_output_rst"),
	    .would_decide = LIST(
		"a capture at the other end", "the log of the appliance on the path"),
	},
	{
	    .name = "icmp_rejected",
	    .stage = STAGE_TCP,
	    .sentence = "A device on the path rejected the packet and said so.",
	    .remedies = LIST("Change the rule on the device that answered: allow port "
			     "{port} to {host} ({service_tag})."),
	    .link = LINK_FIREWALL,
	    .rank = 41,
	},
	{
	    .name = "host_or_net_unreachable",
	    .stage = STAGE_TCP,
	    .sentence = "A router on the path cannot reach the destination.",
	    .remedies = LIST("Check that {address} is up and that routes (UDR, BGP, "
			     "peering) lead to it from the device that answered."),
	    .link = LINK_ROUTES,
	    .rank = 42,
	    .lookalikes = LIST("icmp_rejected", "the destination is down"),
	    .would_decide = LIST("the route and neighbour table of the device that "
				 "answered"),
	},
	{
	    .name = "ipv6_broken",
	    .stage = STAGE_TCP,
	    .sentence = "IPv6 does not work where IPv4 does.",
	    .remedies = LIST("Give subnet, NSG and route table rules for IPv6, or "
			     "remove the AAAA record or the IPv6 address."),
	    .link = LEARN("virtual-network/ip-services/ipv6-overview"),
	    .rank = 48,
	},
	{
	    .name = "proxy_auth_required",
	    .stage = STAGE_HTTP,
	    .sentence = "The proxy asks for a login.",
	    .remedies = LIST("Permit this machine on the proxy without a login, or add "
			     "{host} to no_proxy if it is reached directly."),
	    .link = LINK_AML,
	    .rank = 43,
	},
	{
	    .name = "proxy_denied",
	    .stage = STAGE_HTTP,
	    .sentence = "The proxy refused to connect to the destination.",
	    .remedies = LIST("Permit {host} port {port} on the proxy, or add it to "
			     "no_proxy if it is reached directly."),
	    .link = LINK_AML,
	    .rank = 43,
	    .lookalikes = LIST("the proxy cannot reach the destination itself"),
	    .would_decide = LIST("the log of the proxy"),
	},
	{
	    .name = "azure_firewall_http_deny",
	    .stage = STAGE_HTTP,
	    .sentence =
		"Azure Firewall answered in place of the server: no application "
		"rule allows this request.",
	    .remedies = LIST("Add an application rule for {host} on port {port} to the "
			     "firewall policy."),
	    .link = LINK_FIREWALL,
	    .rank = 43,
	    .lookalikes = LIST("l7_block_page"),
	    .would_decide = LIST("the firewall's application rule log"),
	},
	{
	    .name = "l7_block_page",
	    .stage = STAGE_HTTP,
	    .sentence = "A proxy or filter answered in place of the server.",
	    .remedies = LIST("Allow {host} on the proxy or appliance that wrote the "
			     "page."),
	    .link = LINK_AML,
	    .rank = 43,
	    .lookalikes = LIST("not_the_service"),
	    .would_decide = LIST("the log of the proxy or appliance"),
	},
	{
	    .name = "tls_intercepted",
	    .stage = STAGE_TLS,
	    .sentence = "A device on the path replaces certificates with its own.",
	    .remedies = LIST("Exempt {host} from TLS inspection; Azure services and "
			     "their tools do not accept replaced certificates.",
		"If inspection is wanted, install its root certificate on this machine "
		"(and pass it with --cacert)."),
	    .link = LINK_INSPECT,
	    .rank = 40,
	    .lookalikes = LIST("a server with a private CA"),
	    .would_decide = LIST("the certificate seen from outside the network"),
	},
	{
	    .name = "connection_reset",
	    .stage = STAGE_TLS,
	    .sentence = "The connection was accepted and then reset.",
	    .remedies =
		LIST("Allow {host} by name on the firewall or appliance on the "
		     "path; one that filters names resets after the first bytes.",
		    "If no appliance is on the path, look at the service itself."),
	    .link = LINK_FIREWALL,
	    .rank = 47,
	    .lookalikes = LIST("sni_reset_inline", "sni_reset_onpath",
		"the server aborted the connection"),
	    .would_decide = LIST(
		"a capture at the other end", "the firewall's application rule log"),
	},
	{
	    .name = "connection_closed",
	    .stage = STAGE_TLS,
	    .sentence =
		"The connection was accepted and then closed without an answer.",
	    .remedies =
		LIST("Allow {host} by name on the firewall or appliance on the "
		     "path; Azure Firewall closes like this when no application "
		     "rule matches.",
		    "If no appliance is on the path, look at the service itself."),
	    .link = LINK_FIREWALL,
	    .rank = 47,
	    .lookalikes = LIST("sni_close", "the server closed the connection"),
	    .would_decide = LIST(
		"a capture at the other end", "the firewall's application rule log"),
	},
	{
	    .name = "data_not_acknowledged",
	    .stage = STAGE_TLS,
	    .sentence = "The connection opened, but what we sent never arrived.",
	    .remedies =
		LIST("Allow {host} by name on the firewall on the path; one that "
		     "drops by name looks like this.",
		    "On VPN and tunnel paths clamp the MSS to 1350 and let ICMP "
		    "\"fragmentation needed\" through.",
		    "Route both directions through the same firewall."),
	    .link = LINK_MTU,
	    .rank = 46,
	    .lookalikes =
		LIST("sni_drop", "pmtu_blackhole_up", "half_open_forward_drop"),
	    .would_decide =
		LIST("the same connection with a small MSS and with another "
		     "name",
		    "a capture at the other end"),
	},
	{
	    .name = "no_reply",
	    .stage = STAGE_TLS,
	    .sentence =
		"The connection opened and our data arrived, but no answer came.",
	    .remedies = LIST("Look at the service at {address}: it accepts and stays "
			     "silent.",
		"On VPN and tunnel paths clamp the MSS to 1350: large answers that get "
		"lost look the same.",
		"Behind Azure Firewall check that it can reach {host} itself."),
	    .link = LINK_MTU,
	    .rank = 47,
	    .lookalikes = LIST("the server is overloaded or hangs",
		"pmtu_blackhole_down", "a proxy on the path waits for its own server"),
	    .would_decide = LIST("the same request with a small MSS",
		"a capture or log at the other end"),
	},

	/* The peer. */
	{
	    .name = "not_tls",
	    .stage = STAGE_TLS,
	    .sentence = "Something answered that does not speak TLS.",
	    .remedies = LIST("Check what listens at {address} port {port}: a proxy, a "
			     "redirect or a plain-text server answers for {host}."),
	    .link = LINK_AML,
	    .rank = 60,
	},
	{
	    .name = "tls_version",
	    .stage = STAGE_TLS,
	    .sentence = "Client and server share no TLS version.",
	    .remedies = LIST("Azure needs TLS 1.2 or newer: update the endpoint or the "
			     "appliance that terminates TLS for {host}."),
	    .link = LINK_CA,
	    .rank = 62,
	},
	{
	    .name = "tls_alert",
	    .stage = STAGE_TLS,
	    .sentence = "The handshake was refused with a TLS alert.",
	    .remedies = LIST("Allow {host} by name on the firewall on the path; some "
			     "refuse unlisted names with an alert.",
		"If no appliance is on the path, the server does not serve this name."),
	    .link = LINK_FIREWALL,
	    .rank = 62,
	    .lookalikes = LIST("sni_close", "the server refuses this name or client"),
	    .would_decide = LIST(
		"a capture at the other end", "the firewall's application rule log"),
	},
	{
	    .name = "tls_error",
	    .stage = STAGE_TLS,
	    .sentence = "The TLS handshake failed.",
	    .remedies =
		LIST("Look at what answers at {address} port {port}; the reason "
		     "is in the evidence."),
	    .link = LINK_CA,
	    .rank = 62,
	    .lookalikes = LIST("a device on the path alters the handshake",
		"the server is misconfigured"),
	    .would_decide = LIST("the same handshake from outside the network"),
	},
	{
	    .name = "tls_expired",
	    .stage = STAGE_TLS,
	    .sentence = "The certificate is outside its dates.",
	    .remedies =
		LIST("Renew the certificate at {host}, or of the appliance that "
		     "terminates TLS for it.",
		    "Check the clock of this machine first (timedatectl)."),
	    .link = LINK_CA,
	    .rank = 64,
	    .lookalikes = LIST("clock_skew"),
	    .would_decide = LIST("the time of another machine"),
	},
	{
	    .name = "tls_untrusted",
	    .stage = STAGE_TLS,
	    .sentence = "The certificate does not lead to a root this machine trusts.",
	    .remedies = LIST(
		"Compare the issuer in the evidence with the one seen from "
		"outside: another one means TLS inspection; exempt {host}.",
		"Update the root certificates of this machine (ca-certificates), or "
		"add "
		"the private root with --cacert.",
		"If intermediates are missing, correct the chain the server sends."),
	    .link = LINK_CA,
	    .rank = 63,
	    .lookalikes = LIST("tls_intercepted", "missing root on this machine",
		"the server sends an incomplete chain"),
	    .would_decide = LIST("the certificate seen from outside the network",
		"the issuer of other, unrelated names from this machine"),
	},
	{
	    .name = "tls_name_mismatch",
	    .stage = STAGE_TLS,
	    .sentence = "The certificate is for other names.",
	    .remedies =
		LIST("Check that {host} resolves to the right address; {address} "
		     "serves another name.",
		    "Use the public name, never the privatelink name, in URLs."),
	    .link = LINK_CA,
	    .rank = 64,
	},
	{
	    .name = "alpn_rewritten",
	    .stage = STAGE_TLS,
	    .sentence =
		"The application protocol was not negotiated end to end (ALPN).",
	    .remedies = LIST("Exempt {host} from TLS inspection: it needs ALPN "
			     "untouched."),
	    .link = LEARN("aks/outbound-rules-control-egress"),
	    .rank = 66,
	    .lookalikes = LIST("the server does not offer the protocol"),
	    .would_decide = LIST("the same handshake from outside the network"),
	},
	{
	    .name = "service_denied",
	    .stage = STAGE_HTTP,
	    .sentence = "The service was reached, and its own network rules deny this "
			"client.",
	    .remedies = LIST("Permit this subnet or the address the service saw in the "
			     "networking settings of {host}.",
		"Or reach it through a private endpoint: then {host} must resolve to "
		"its private address ({zone})."),
	    .link = LEARN("machine-learning/how-to-secure-workspace-vnet"),
	    .rank = 61,
	    .lookalikes = LIST("l7_block_page"),
	    .would_decide = LIST("the service's own log of denied requests"),
	},
	{
	    .name = "not_the_service",
	    .stage = STAGE_HTTP,
	    .sentence = "Something answered, but not as the genuine service does.",
	    .remedies = LIST("Find out what answers at {address}: a proxy, a stale or "
			     "overridden name, or a redirect for {host}."),
	    .link = LINK_AML,
	    .rank = 61,
	    .lookalikes = LIST("l7_block_page", "dns_stale_record",
		"the service changed how it answers"),
	    .would_decide = LIST("the same request from outside the network"),
	},
	{
	    .name = "http_unexpected",
	    .stage = STAGE_HTTP,
	    .sentence = "The answer is not one that a working service gives.",
	    .remedies = LIST("Look at the state of the service (status page, resource "
			     "health) and at any gateway in front of {host}."),
	    .link = LEARN("service-health/overview"),
	    .rank = 68,
	    .lookalikes = LIST("the service is in trouble", "a gateway in front of it"),
	    .would_decide = LIST("resource health of the service"),
	},
	{
	    .name = "ws_upgrade_stripped",
	    .stage = STAGE_WEBSOCKET,
	    .sentence = "The request arrived without its WebSocket upgrade.",
	    .remedies = LIST("Let the proxy or gateway in front of {host} pass Upgrade "
			     "and Connection (HTTP/1.1)."),
	    .link = LEARN("application-gateway/application-gateway-websocket"),
	    .rank = 65,
	    .lookalikes = LIST("there is no WebSocket at this path"),
	    .would_decide = LIST("the same request directly, without the proxy"),
	},
	{
	    .name = "ws_accept_bad",
	    .stage = STAGE_WEBSOCKET,
	    .sentence =
		"Something accepted the WebSocket upgrade without understanding "
		"it.",
	    .remedies = LIST("Find out which proxy or cache answers for {host} and let "
			     "it pass WebSockets."),
	    .link = LEARN("application-gateway/application-gateway-websocket"),
	    .rank = 65,
	},
	{
	    .name = "reachable_but_forbidden",
	    .stage = STAGE_TCP,
	    .sentence = "This must not be reachable, and it is.",
	    .remedies =
		LIST("Deny port {port} to {address} outbound (NSG, firewall), or "
		     "take {host} off the list of what must not be reached."),
	    .link = LINK_NSG,
	    .rank = 30,
	},

	/* What we could not finish. */
	{
	    .name = "not_finished",
	    .stage = STAGE_HOST,
	    .sentence = "The check was ended before it could tell.",
	    .remedies = LIST("Run again with a longer --deadline, or only this check."),
	    .link = LINK_AML,
	    .rank = 90,
	    .lookalikes = LIST("the peer is slow", "the path is blocked"),
	    .would_decide = LIST("the same check with more time"),
	},
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
