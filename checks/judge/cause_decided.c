/* SPDX-License-Identifier: MIT */
#include "checks/judge/cause_decided.h"

#include <string.h>

/* In the order of the table of causes (checks/causes/). */
static const struct {
	const char *cause, *words;
} table[] = {
	/* This machine. */
	{ "clock_skew",
	    "A certificate has a date error, and a witness confirms it: HTTP Date "
	    "fields "
	    "more than 5 minutes off in that direction, or the same error at unrelated "
	    "hosts. One Date that agrees with our clock acquits it." },
	{ "local_no_route", "The kernel refused the connection at once for want of a "
			    "route, and no ICMP "
			    "error stands in the socket's error queue." },
	{ "local_gateway_unresolved",
	    "\"Host unreachable\" came from our own address after a second or more, "
	    "which is how long the kernel asks for the neighbour." },
	{ "local_output_reject",
	    "The ICMP error in the socket's error queue was sent by an address of this "
	    "machine." },
	{ "local_output_filter",
	    "Sending a datagram to the same address and port "
	    "failed with EPERM, or a capture of the run shows that "
	    "no SYN left while other packets to the address did: "
	    "certain. SYNs that did not leave "
	    "the host by its own counters: likely." },
	{ "local_output_rst",
	    "The connection was refused at once, and so were bursts of SYNs none of "
	    "which left the host by its own counters: likely. A capture of the run "
	    "shows "
	    "the reset and no SYN before it: certain." },
	{ "local_policy_denied",
	    "Connecting failed at once with EPERM or EACCES, which no packet filter on "
	    "the path can cause." },
	{ "local_source_address",
	    "EADDRNOTAVAIL when connecting, and --source or --interface was given: "
	    "certain. Two attempts stayed silent, and one from another address of this "
	    "machine connected: likely." },
	{ "local_port_exhaustion", "EADDRNOTAVAIL when connecting, although no source "
				   "address was asked for." },
	{ "local_error",
	    "A system call of ours failed for a reason that says nothing about the "
	    "network, such as descriptors or memory. The check is inconclusive." },
	{ "root_only", "The guest agent reserves the address to root, this run was not "
		       "root's, and "
		       "nothing came back. The check is inconclusive." },

	/* What comes in from outside, with --listen and a capture. */
	{ "inbound_no_listener",
	    "SYNs came to a watched port, resets left, and /proc/net/tcp has no "
	    "listening socket for the address: certain when two came from the required "
	    "service tag." },
	{ "inbound_filtered",
	    "SYNs came to a watched port; neither SYN-ACK nor reset left, or a refusal "
	    "although a socket listens for the address." },
	{ "inbound_reply_elsewhere",
	    "The SYN-ACK left by another interface than its SYN came in by. A warning "
	    "if the peer acknowledged it, a failure if it never did." },
	{ "inbound_reply_lost",
	    "SYNs from the required service tag were answered by the interface they "
	    "came in by, and for a second or more no acknowledgement and no reset "
	    "came: likely when two connections met that." },
	{ "inbound_not_watched",
	    "There is no capture of this run, for want of CAP_NET_RAW or because of "
	    "--capture off. The check is inconclusive." },
	{ "inbound_unproven",
	    "No SYN came to the watched port, or only from addresses that are not the "
	    "required service tag's, or what came was no whole handshake and shows no "
	    "fault of this machine. The check is inconclusive." },

	/* Names. */
	{ "dns_server_unreachable",
	    "The server that the system would use gave no answer to any query of the "
	    "run: every retry timed out or its socket failed. Certain when it was "
	    "silent by TCP as well while something else answered." },
	{ "dns_no_answer",
	    "Queries for this name stayed without an answer, while the same server "
	    "answered others in this run. Possible when asking once more got one." },
	{ "dns_udp_blocked",
	    "Every question by UDP stayed without an answer, with and without EDNS, "
	    "and the same question by TCP got one." },
	{ "dns_tcp_blocked",
	    "The answer by UDP was truncated, and asking by TCP failed. Certain when "
	    "it failed twice." },
	{ "dns_edns_dropped",
	    "The question without EDNS is answered, the same with EDNS is not, of any "
	    "size. Certain when the server never answered one with EDNS." },
	{ "dns_fragment_drop",
	    "The question with EDNS of 512 bytes is answered, the same with 1232 bytes "
	    "is not, twice over." },
	{ "dns_injected",
	    "One datagram got two answers of different content with different TTLs. A "
	    "duplicate has the content and the TTL of the first." },
	{ "dns_hijacked",
	    "The canary's address, where nobody can be, answers DNS questions, and the "
	    "server itself, asked by TCP, gives another address." },
	{ "dns_redirect_to_proxy",
	    "The system's server gives a private address and another server a public "
	    "one; the certificate behind the private one is of an unknown issuer or "
	    "for another name. A valid one is a split view on purpose." },
	{ "dns_search_suffix",
	    "The absolute name is NXDOMAIN, with a suffix of the search list it has an "
	    "address, and a name that cannot exist has none there." },
	{ "hosts_override",
	    "A line of /etc/hosts names the host with an address that no DNS answer "
	    "gives. It is a failure when the address breaks an expectation or does not "
	    "work, otherwise a warning." },
	{ "custom_dns_no_forward",
	    "The system's server and the Azure resolver were both asked: the system's "
	    "says that the name does not exist or gives a public address where Azure "
	    "knows a (private) one." },
	{ "private_zone_unlinked",
	    "The answer of the Azure resolver leads through a privatelink name to a "
	    "public address, and a private one was expected or the service denies the "
	    "public one." },
	{ "private_record_missing",
	    "A private-link zone answers for the name (a privatelink alias, or a "
	    "private "
	    "zone's SOA in the answer) and has no record of it." },
	{ "dns_not_private",
	    "A private address was expected and a public one came, and there is no "
	    "evidence for a more exact cause: the Azure resolver was not asked, was "
	    "silent, or knows no privatelink alias either." },
	{ "dns_outside_cidr",
	    "The answer is a private address in none of the prefixes of "
	    "--expect-cidr." },
	{ "dns_stale_record",
	    "Two resolvers give different addresses and connecting to the system's "
	    "failed; both are private, or the other one accepts connections." },
	{ "dns_nxdomain",
	    "The server answered NXDOMAIN, no private-link zone is involved, and the "
	    "Azure resolver knows nothing else." },
	{ "dns_no_address", "The server answered without an error and without an "
			    "address, in each family "
			    "that was asked for." },
	{ "dns_servfail",
	    "The server answered SERVFAIL or another failure code. It is DNSSEC when "
	    "the same question with checking disabled gets an address." },
	{ "dns_refused", "The server answered REFUSED." },
	{ "dns_malformed",
	    "What came back cannot be parsed as a DNS message (RFC 1035). The check is "
	    "inconclusive." },

	/* The path. */
	{ "silent_drop", "No SYN was answered within the connect timeout, by anything: "
			 "no SYN-ACK, no "
			 "reset, no ICMP error. \"Likely\" a policy when the same "
			 "address answers on "
			 "another port, else it cannot be told from inside." },
	{ "forced_tunnel",
	    "The last router that answers to SYNs for a silent public address is a "
	    "private one behind the first hop, and scans of public addresses that "
	    "connect meet others at that hop: likely with two, possible with one." },
	{ "remote_refused",
	    "ECONNREFUSED with an empty ICMP error queue, so a reset came. One that a "
	    "firewall injects looks the same." },
	{ "icmp_rejected",
	    "The socket's error queue holds an ICMP error with a filter's code (3/9, "
	    "3/10, 3/13, or the ICMPv6 codes) or \"port unreachable\" for this very "
	    "packet; its sender is named." },
	{ "host_or_net_unreachable",
	    "The socket's error queue holds any other ICMP \"unreachable\" or \"time "
	    "exceeded\" from the path; its sender is named." },
	{ "ipv6_broken",
	    "Every IPv6 address of the name failed, and an IPv4 address works." },
	{ "aaaa_misleads",
	    "Every IPv6 address of the name failed and an IPv4 address works, while "
	    "another name was reached by IPv6." },
	{ "proxy_auth_required", "The explicit proxy answered CONNECT with 407." },
	{ "proxy_denied", "The explicit proxy answered CONNECT with another refusal; "
			  "its status is in "
			  "the evidence." },
	{ "azure_firewall_http_deny",
	    "The answer holds Azure Firewall's own sentence (certain), or has the "
	    "status 470 that nobody else uses." },
	{ "l7_block_page",
	    "The answer bears the mark of a proxy or filter (its Server, Via or own "
	    "header) and did not come over proven TLS." },
	{ "tls_intercepted",
	    "One issuer that leads to no trusted root signed for two unrelated names, "
	    "and does not call itself a public authority." },
	{ "connection_reset", "A reset came after the connection was accepted and "
			      "before an answer was." },
	{ "connection_closed",
	    "The stream ended after the connection was accepted and before an answer "
	    "came." },
	{ "data_not_acknowledged", "Time ran out, and TCP_INFO shows data of ours that "
				   "was sent again and never "
				   "acknowledged." },
	{ "no_reply", "Time ran out although TCP_INFO shows that all our data was "
		      "acknowledged." },

	/* The peer. */
	{ "not_tls",
	    "The first bytes of the answer are no TLS record; they are quoted." },
	{ "tls_version",
	    "Alert 70 (protocol_version), or no version or cipher in common." },
	{ "tls_alert", "The peer sent another fatal alert; its name is told." },
	{ "tls_error",
	    "OpenSSL refused what came, for a reason that none of the other causes "
	    "covers." },
	{ "tls_expired",
	    "Now lies outside the dates of the certificate or of one above it, and no "
	    "witness says that our clock is wrong." },
	{ "tls_untrusted",
	    "The chain leads to no trusted root, and this issuer was seen for this "
	    "name "
	    "only: interception, a missing root or an incomplete chain." },
	{ "tls_name_mismatch",
	    "The chain is trusted and in date, and none of the certificate's names is "
	    "the host's (RFC 6125)." },
	{ "alpn_rewritten",
	    "The protocol that the service needs was offered and not chosen. A "
	    "warning." },
	{ "service_denied",
	    "The answer bears the service's own marks and its words for \"not from "
	    "this "
	    "network\", as the catalogue knows them; what it discloses, such as the "
	    "address it saw, is evidence." },
	{ "not_the_service",
	    "An answer came, and it has none of the marks by which the catalogue knows "
	    "the genuine service." },
	{ "http_unexpected",
	    "The service's marks with a status that no rule knows (a failure from 500 "
	    "on, else a warning), or no HTTP at all." },
	{ "ws_upgrade_stripped",
	    "The upgrade request was answered with 426, or with what a plain GET gets. "
	    "Certain when the server takes it on another route, or has just started a "
	    "kernel for us." },
	{ "ws_accept_bad",
	    "101 with a Sec-WebSocket-Accept that does not belong to our key (RFC 6455 "
	    "section 4.1)." },
	{ "ws_no_frames", "The upgrade was accepted with the right key; no ping was "
			  "answered, or a kernel gave no result." },
	{ "ws_protocol_error",
	    "After 101: frames that RFC 6455 forbids, more than a check takes, or a "
	    "subprotocol or extension that was not offered." },
	{ "ws_lifetime_cap",
	    "With --idle: connections opened at different times ended at the same age, "
	    "although pings were answered on one of them." },
	{ "jupyter_failed",
	    "With --jupyter-token-file: a step failed, and the upgrade is not why." },
	{ "jupyter_token_refused",
	    "The start of a kernel was answered with 401 or 403." },
	{ "jupyter_token_withheld",
	    "The connection is plain, or its certificate does not verify, and the peer "
	    "is not this machine." },
	{ "jupyter_left_behind", "DELETE of a kernel or terminal did not work." },
	{ "reachable_but_forbidden",
	    "--must-not-reach names the target, and an answer came. Only a proven "
	    "block "
	    "counts as blocked; silence counts when another check of the run "
	    "connected." },

	/* What we could not finish. */
	{ "baseline_drift",
	    "The check passes, and a fact of its path is not the approved one by the "
	    "rules of docs/comparing.md: addresses, aliases, proxy, issuer, TLS "
	    "version, egress address, attributes. What was not seen is told and no "
	    "drift." },
	{ "not_finished",
	    "The deadline or an interruption ended the check while it waited. It is "
	    "inconclusive." },

	/* Causes that follow-up probes decide. */
	{ "local_conntrack_full", "As local_output_filter, and the connection tracking "
				  "table of this machine is full." },
	{ "local_input_filter",
	    "More packets came in than were delivered, with good checksums, while "
	    "nothing reached our sockets: possible, or likely when they are as many as "
	    "the scan's silent SYNs. Certain when a capture of the run shows SYN-ACKs "
	    "that "
	    "the sockets never got, and reverse path filtering dropped none." },
	{ "local_rp_filter",
	    "The kernel's counter of packets dropped by reverse path "
	    "filtering grew while the attempts stayed silent; certain "
	    "if it followed this address' SYNs and a capture of the run "
	    "shows the answers." },
	{ "rst_injected_inline",
	    "The reset comes from nearer than the host that accepts on another port: "
	    "fewer hops by TTL, an answer to a SYN that cannot reach the host, or less "
	    "than 0.6 of its round trip." },
	{ "rst_injected_onpath",
	    "The same SYN is reset every time, but accepted once resets of a lower TTL "
	    "are ignored; or a reset from nearer while some attempts are accepted." },
	{ "explicit_proxy_required",
	    "No direct connection to a public address came about in this run, and the "
	    "configured proxy got an answer; or the proxy that this endpoint is exempt "
	    "from reaches it." },
	{ "proxy_unreachable",
	    "No connection to the configured proxy came about; certain when it was "
	    "refused." },
	{ "proxy_silent", "The proxy accepted the connection and its time ran out; no "
			  "other check got an answer from it." },
	{ "proxy_closed",
	    "The proxy ended or reset the connection before it answered." },
	{ "proxy_malformed", "What the proxy answered cannot be read as HTTP or SOCKS, "
			     "or is beyond our bounds." },
	{ "proxy_tls_failed",
	    "The handshake with a proxy that is written https:// failed." },
	{ "proxy_upstream_failed",
	    "The proxy answered 502, 503 or 504, or in SOCKS that it cannot connect; "
	    "or "
	    "it stays silent for this destination and answered for another." },
	{ "proxy_bypass_missing",
	    "The environment sends a platform address to a proxy, or a private address "
	    "or private endpoint is sent to one." },
	{ "http_method_filtered",
	    "The answer to another method bears a proxy's mark, comes from another "
	    "server, or never came, while GET is answered by the service." },
	{ "user_agent_filtered", "The same request is answered by a filter or by the "
				 "service, depending on its User-Agent." },
	{ "http_header_stripped",
	    "The direct answer has header fields that the proxied one, of the same "
	    "status, lacks." },
	{ "http_downgraded",
	    "The direct answer is HTTP/1.1 and the proxied one HTTP/1.0." },
	{ "partial_path_loss",
	    "The same source ports fail in every round and the others never; certain "
	    "with 16 ports and three rounds." },
	{ "random_loss", "Another set of source ports fails in each round." },
	{ "snat_exhaustion_suspected",
	    "The first of a row of source ports connect and all later ones fail, in "
	    "every round; or this address and port accepted connections earlier in the "
	    "run and none since, while another port of the address answers." },
	{ "session_limit_suspected",
	    "Addresses that accepted connections earlier in the run are silent for new "
	    "ones, while a connection that was open before still gets its answer." },
	{ "sni_drop", "A ClientHello with this name meets silence and one with another "
		      "name is answered; certain when small segments meet the same "
		      "silence and our data was never acknowledged." },
	{ "sni_reset_inline",
	    "The connection is reset by another sender than the one that accepted it "
	    "(a higher TTL, or sooner than 0.6 of a round trip), and another name, or "
	    "this one cut in two segments, works; or without a word of "
	    "acknowledgement, "
	    "twice, and not when the name is cut in two." },
	{ "sni_reset_onpath", "The handshake is reset, and the server answers it once "
			      "resets of a lower TTL are ignored." },
	{ "sni_close", "The connection is closed, or refused with an alert, for this "
		       "name and not for another one; certain when a device is proven "
		       "to accept in the server's place." },
	{ "wrong_peer", "The certificate is for other names, and another address of "
			"this run proved to serve this one." },
	{ "pmtu_blackhole_up",
	    "The same handshake, or one as long as the request, finishes with small "
	    "segments twice (three times where packets get lost), and as often our "
	    "data "
	    "is never acknowledged with large ones." },
	{ "pmtu_blackhole_down",
	    "The same handshake finishes with small segments twice (three times where "
	    "packets get lost), and as often the long answer never comes with large "
	    "ones, although our data is acknowledged." },
	{ "half_open_forward_drop",
	    "The connection is accepted, our data is never acknowledged, and empty "
	    "segments (repeated SYN-ACKs) come in, on two connections." },

	/* What only a longer look at a connection shows. */
	{ "idle_drop_silent",
	    "With --idle: a connection that worked was not acknowledged after a "
	    "silence, and one with pings or TCP keepalive survived as long. In a "
	    "capture: silence of at least 10 s, then data that is sent again and never "
	    "acknowledged; likely from 60 s on." },
	{ "idle_reset",
	    "With --idle: a connection that worked was reset or closed in a silence, "
	    "or reset at its next use, and one with pings or TCP keepalive survived. "
	    "In a capture: silence of at least 10 s, and a reset by the server's side "
	    "then, or for the data that follows; likely from 60 s on." },
	{ "stale_connection",
	    "A capture shows a SYN answered by an ACK of another sequence number, or "
	    "by a SYN-ACK that acknowledges another SYN (RFC 9293 section 3.10.7)." },
	{ "capture_one_way",
	    "The client acknowledges data that the capture does not hold, or only "
	    "one side's packets are in it. Inconclusive." },
	{ "capture_incomplete",
	    "The capture ended within 3 s of what had to be answered. "
	    "Inconclusive." },
};

const char *cause_decided(const struct cause *cause)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (strcmp(table[i].cause, cause->name) == 0)
			return table[i].words;
	return NULL;
}
