/* SPDX-License-Identifier: MIT */
#include "checks/judge/verdict.h"

const char *status_name(enum status s)
{
	static const char *const names[] = {
		[STATUS_PASS] = "pass",
		[STATUS_WARN] = "warn",
		[STATUS_FAIL] = "fail",
		[STATUS_INCONCLUSIVE] = "inconclusive",
		[STATUS_SKIPPED] = "skipped",
	};
	return names[s];
}

const char *confidence_name(enum confidence c)
{
	static const char *const names[] = {
		[CONFIDENCE_CERTAIN] = "certain",
		[CONFIDENCE_LIKELY] = "likely",
		[CONFIDENCE_POSSIBLE] = "possible",
		[CONFIDENCE_CANNOT_TELL] = "cannot_tell",
	};
	return names[c];
}

const char *evidence_role_name(enum evidence_role r)
{
	static const char *const names[] = {
		[EVIDENCE_SUPPORTS] = "supports",
		[EVIDENCE_CONTRADICTS] = "contradicts",
		[EVIDENCE_CONTEXT] = "context",
	};
	return names[r];
}

const char *attribute_name(unsigned i)
{
	/* In the order of the bits of enum attribute. */
	static const char *const names[N_ATTRIBUTES] = {
		"transparent_tcp_proxy",
		"syn_proxy",
		"forced_tunnel",
		"asymmetric_path",
		"mss_clamped",
		"pmtu_reduced",
		"explicit_proxy",
		"tls_inspected",
		"private_endpoint",
		"service_endpoint",
		"tampering_seen",
	};
	return names[i];
}
