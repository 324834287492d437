/* SPDX-License-Identifier: MIT */
#include <stdint.h>

#include "probe/flow/app.h"
#include "probe/flow/dns.h"

/* TLS, HTTP, certificates and DNS as the flow engine reads them. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct app_client client;
	struct app_server server;
	struct dns_passing dns;
	char names[APP_MAX_CERTIFICATE_NAMES];
	app_read_client(data, size, &client);
	app_read_server(data, size, &server);
	app_tls_alert(data, size);
	app_tls_data(data, size);
	app_certificate_names(data, size, names);
	dns_passing_read(data, size, &dns);
	return 0;
}
