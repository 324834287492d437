/* SPDX-License-Identifier: MIT */
#ifndef PROBE_FLOW_APP_H
#define PROBE_FLOW_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The first bytes of either side of a stream, as far as they name the service: TLS
 * handshake messages in the clear (RFC 8446 section 4, RFC 5246 section 7.4) and the
 * head of an HTTP/1 message (RFC 9112). What is returned borrows from the bytes.
 */

struct app_text {
	const char *bytes; /* NULL = none */
	size_t len;
};

struct app_client {
	bool tls;                  /* a ClientHello begins here */
	struct app_text sni, alpn; /* the name asked for; the first protocol offered */
	struct app_text method, host;
	bool upgrade; /* to websocket */
};

/** Returns whether more bytes would tell more; *ret holds what is known so far. */
bool app_read_client(const uint8_t *bytes, size_t len, struct app_client *ret);

enum {
	APP_MAX_CERTIFICATE_NAMES = 200 /* bytes, with the closing NUL */
};

struct app_server {
	bool server_hello;
	uint16_t version; /* 0x0303, 0x0304; 0 = no ServerHello */
	uint16_t status;  /* of an HTTP answer, 0 = none */
	char certificate[APP_MAX_CERTIFICATE_NAMES]; /* "" = none, see x509 names */
};

/** As app_read_client(). */
bool app_read_server(const uint8_t *bytes, size_t len, struct app_server *ret);

/**
 * Description of a fatal alert in the clear among the records that begin here, or -1.
 * An encrypted one is longer than two bytes.
 */
int app_tls_alert(const uint8_t *bytes, size_t len);

/** Whether one of the records that begin here is of application data. */
bool app_tls_data(const uint8_t *bytes, size_t len);

/**
 * Subject alternative DNS names of a certificate in DER, else its common name, with
 * ", " between them and cut to what fits; "" when it cannot be read.
 */
void app_certificate_names(
    const uint8_t *der, size_t len, char ret[APP_MAX_CERTIFICATE_NAMES]);

#endif
