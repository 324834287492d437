/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "probe/base/alloc.h"
#include "probe/flow/internal.h"

static const char *const methods[] = { NULL, "GET", "POST", "PUT", "HEAD", "CONNECT",
	"OPTIONS", "DELETE", "PATCH" };

#define N_METHODS (sizeof methods / sizeof *methods)

const char *flow_method(unsigned number)
{
	return number < N_METHODS ? methods[number] : NULL;
}

static uint8_t method_number(struct app_text method)
{
	for (size_t i = 1; i < N_METHODS; i++)
		if (strlen(methods[i]) == method.len &&
		    memcmp(methods[i], method.bytes, method.len) == 0)
			return (uint8_t)i;
	return 0;
}

void flow_stream_free(struct flow_engine *e, struct flow_stream **s)
{
	if (!*s)
		return;
	free(*s);
	*s = NULL;
	e->n_streams--;
}

/* --- What the bytes say ------------------------------------------------------------
 */

/* A name in lower case; one of strange bytes names nothing in a catalogue. */
static uint16_t name_number(struct flow_engine *e, struct app_text text)
{
	char name[256];
	if (text.len == 0 || text.len >= sizeof name)
		return FLOW_NO_NAME;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.bytes[i];
		if (c <= ' ' || c > '~')
			return FLOW_NO_NAME;
		name[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	return flow_name_number(e->names, name, text.len);
}

static bool read_client(struct flow_engine *e, struct flow_entry *f, bool high,
    const uint8_t *bytes, size_t len)
{
	struct app_client c;
	bool more = app_read_client(bytes, len, &c);
	f->hello = f->hello || c.tls;
	if (c.sni.len)
		f->name = name_number(e, c.sni);
	if (c.alpn.len)
		f->alpn = name_number(e, c.alpn);
	if (c.host.len && !f->hello) {
		f->name = name_number(e, c.host);
		f->name_is_host = true;
	}
	if (c.method.bytes)
		f->half[high].method = method_number(c.method);
	f->upgrade = f->upgrade || c.upgrade;
	return more;
}

static bool read_server(
    struct flow_engine *e, struct flow_entry *f, const uint8_t *bytes, size_t len)
{
	struct app_server s;
	bool more = app_read_server(bytes, len, &s);
	f->server_hello = f->server_hello || s.server_hello;
	if (s.version)
		f->version = s.version;
	if (s.status)
		f->status = s.status;
	if (s.certificate[0]) {
		struct flow_note *note = flow_note(e, f);
		if (note && !note->certificate)
			note->certificate = strdup(s.certificate);
	}
	return more;
}

/* --- Putting the bytes together ----------------------------------------------------
 */

/* The stream so far, if it had to be kept. */
static struct flow_stream *kept(
    const struct flow_engine *e, const struct flow_entry *f, bool high)
{
	struct flow_note *note = flow_note_of(e, f);
	return note ? note->streams[high] : NULL;
}

static bool keep(struct flow_engine *e, struct flow_entry *f, bool high,
    const uint8_t *bytes, uint32_t len)
{
	struct flow_note *note = flow_note(e, f);
	if (!note)
		return false;
	struct flow_stream **s = &note->streams[high];
	if (!*s) {
		if (e->n_streams >= MAX_STREAMS)
			return false;
		/* Only what was put there is read: not zeroed, as that takes longer. */
		*s = alloc_again(NULL, 1, sizeof **s);
		(*s)->len = 0;
		e->n_streams++;
	}
	if (len > MAX_STREAM - (*s)->len)
		return false;
	memcpy((*s)->bytes + (*s)->len, bytes, len);
	(*s)->len += len;
	return true;
}

static void done(struct flow_engine *e, struct flow_entry *f, bool high)
{
	struct flow_note *note = flow_note_of(e, f);
	f->half[high].app_done = true;
	if (note)
		flow_stream_free(e, &note->streams[high]);
}

static void take_alert(struct flow_entry *f, const struct packet *p, bool high)
{
	int alert = app_tls_alert(p->payload, p->payload_have);
	if (alert < 0 || f->alerted)
		return;
	f->alerted = true;
	f->alert = (uint8_t)alert;
	f->alert_by_server = f->client_known && high != f->client_high;
}

/* What TLS says in the clear ends with the first record of data. */
static bool watches_tls(struct flow_entry *f, const struct packet *p, bool high)
{
	if (!f->hello)
		return false;
	take_alert(f, p, high);
	if (app_tls_data(p->payload, p->payload_have))
		f->half[high].tls_data = true;
	return !f->half[high].tls_data && !f->alerted;
}

void flow_app(
    struct flow_engine *e, struct flow_entry *f, const struct packet *p, bool high)
{
	bool client = f->client_known && high == f->client_high;
	struct flow_stream *s = kept(e, f, high);
	const uint8_t *bytes = p->payload;
	uint32_t len = p->payload_have;
	if (!f->client_known || f->half[high].gap || f->midstream) {
		f->blind = true;
		done(e, f, high);
		return;
	}
	bool whole = len == p->payload_len && !p->fragmented;
	bool first = f->half[high].bytes == p->payload_len;
	bool more = false;
	if (!whole)
		f->cut = f->blind = true;
	if (s && whole && keep(e, f, high, bytes, len)) {
		bytes = s->bytes;
		len = s->len;
	}
	if (first || s)
		more = client ? read_client(e, f, high, bytes, len)
			      : read_server(e, f, bytes, len);
	bool tls = watches_tls(f, p, high);
	if (more && whole && (s || keep(e, f, high, bytes, len)))
		return;
	if (!tls)
		done(e, f, high);
	else if (s)
		flow_stream_free(e, &flow_note_of(e, f)->streams[high]);
}
