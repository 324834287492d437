/* SPDX-License-Identifier: MIT */
/*
 * The floor: the least a program can do to check HTTPS endpoints and still know the
 * truth about each. What the prober spends above it is what its observations,
 * verdicts and report cost.
 *
 *   floor [-r RESOLVER] [-a CAFILE] [-s SLOTS] [-t TIMEOUT_MS] FILE
 *
 * FILE has one host name a line. For each: A record from RESOLVER (own stub
 * resolver, one UDP socket), TCP to port 443, TLS with verification of chain and
 * name, GET /, answer read to its end. stdout gets one JSON object with the number
 * of endpoints that answered 200 and, of the others, the phase they died in. Exit
 * code: 0 when all passed, 1 when some did not, 2 for usage and set-up errors.
 *
 * Every phase is a queue in order of entry, and within a phase every endpoint has
 * the same timeout, so the oldest entry is always the next to expire. A phase whose
 * turn depends on us (waiting for a slot) has no timeout at all.
 */
#include "probe/base/nsec.h"
#include "probe/base/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum phase {
	PHASE_NEW,        /* waits until fewer queries are in flight */
	PHASE_DNS,        /* the resolver is due */
	PHASE_RESOLVED,   /* waits for its turn to connect */
	PHASE_CONNECTING, /* the endpoint is due */
	PHASE_CONNECTED,  /* waits for a slot */
	PHASE_TLS,        /* the endpoint is due */
	PHASE_HTTP,       /* the endpoint is due */
	PHASE_PASSED,
	PHASE_FAILED,
	N_PHASES,
};

enum {
	MAX_QUERIES = 128,   /* bursts overrun receive queues */
	QUERY_ATTEMPTS = 3,  /* one a second */
	CONNECTS_PER_MS = 8, /* bursts overrun transmit queues */
	CONNECT_BURST = 64,
	SPARE_FDS = 32, /* standard streams, epoll, resolver, libraries */
	EVENTS = 16,    /* a turn must be short: names and connects wait for the next */
	STARTS = 4,
	MAX_NAME = 253,    /* RFC 1035 section 3.1, without the final dot */
	DNS_HEADER = 12,   /* RFC 1035 section 4.1.1 */
	DNS_MESSAGE = 512, /* without EDNS; RFC 1035 section 4.2.1 */
	DNS_TYPE_A = 1,
	DNS_CLASS_IN = 1,
};

struct endpoint {
	TAILQ_ENTRY(endpoint) link;
	char *host;
	enum phase phase;
	enum phase died_in; /* PHASE_FAILED only */
	nsec_t since;       /* when it entered its phase, or its query was sent again */
	struct in_addr addr;
	unsigned queries;
	uint16_t query_id;
	int fd;
	SSL *ssl;
	char status[12]; /* "HTTP/1.1 200" */
	size_t n_status;
};

TAILQ_HEAD(queue, endpoint);

struct floor {
	struct endpoint *endpoints;
	size_t n_endpoints;
	struct queue queues[N_PHASES];
	size_t n_in[N_PHASES];
	struct endpoint *by_query[UINT16_MAX + 1];
	uint16_t next_query;
	size_t failures[N_PHASES]; /* by the phase they died in */

	size_t slots;
	nsec_t timeout;
	size_t fd_limit;
	nsec_t paced_until; /* connects up to this instant are spent */

	int epoll_fd;
	int dns_fd;
	SSL_CTX *ssl_ctx;
};

static void enter(struct floor *f, struct endpoint *e, enum phase phase)
{
	TAILQ_REMOVE(&f->queues[e->phase], e, link);
	f->n_in[e->phase]--;
	e->phase = phase;
	e->since = nsec_now();
	TAILQ_INSERT_TAIL(&f->queues[phase], e, link);
	f->n_in[phase]++;
}

static void finish(struct floor *f, struct endpoint *e, enum phase result)
{
	if (result == PHASE_FAILED)
		f->failures[e->phase]++;
	if (f->by_query[e->query_id] == e)
		f->by_query[e->query_id] = NULL;
	SSL_free(e->ssl);
	e->ssl = NULL;
	if (e->fd >= 0)
		close(e->fd);
	e->fd = -1;
	enter(f, e, result);
}

/* RFC 1035 section 4.1.2; 0 when the name cannot be encoded. */
static size_t encode_query(const struct endpoint *e, uint8_t *ret)
{
	const uint8_t header[DNS_HEADER] = { (uint8_t)(e->query_id >> 8),
		(uint8_t)e->query_id, 0x01 /* recursion desired */, 0, 0,
		1 /* question */ };
	memcpy(ret, header, sizeof header);
	size_t n = sizeof header;
	for (const char *label = e->host; *label;) {
		const size_t len = strcspn(label, ".");
		if (len == 0 || len > 63)
			return 0;
		ret[n++] = (uint8_t)len;
		memcpy(ret + n, label, len);
		n += len;
		label += len + (label[len] == '.');
	}
	const uint8_t tail[] = { 0, 0, DNS_TYPE_A, 0, DNS_CLASS_IN };
	memcpy(ret + n, tail, sizeof tail);
	return n + sizeof tail;
}

static void send_query(struct floor *f, struct endpoint *e)
{
	uint8_t message[DNS_MESSAGE];
	const size_t len = encode_query(e, message);
	e->queries++;
	/* What could not be sent is sent again like what was lost. */
	if (len == 0 || (send(f->dns_fd, message, len, 0) < 0 && errno != EAGAIN &&
			    errno != ENOBUFS && errno != ECONNREFUSED))
		finish(f, e, PHASE_FAILED);
}

static void start_queries(struct floor *f)
{
	while (f->n_in[PHASE_DNS] < MAX_QUERIES && f->n_in[PHASE_NEW] > 0) {
		struct endpoint *e = TAILQ_FIRST(&f->queues[PHASE_NEW]);
		while (f->by_query[f->next_query])
			f->next_query++;
		e->query_id = f->next_query++;
		f->by_query[e->query_id] = e;
		enter(f, e, PHASE_DNS);
		send_query(f, e);
	}
}

static void skip_name(struct wire *w)
{
	for (;;) {
		const uint8_t len = wire_u8(w);
		if (len == 0 || w->failed)
			return;
		if (len >= 0xc0) { /* compression pointer, RFC 1035 section 4.1.4 */
			wire_u8(w);
			return;
		}
		wire_take(w, len);
	}
}

/* The first A record of the answer; false when there is none. */
static bool first_address(struct wire *w, struct in_addr *ret)
{
	wire_be16(w); /* flags */
	const uint16_t questions = wire_be16(w);
	const uint16_t answers = wire_be16(w);
	wire_be32(w); /* authority and additional counts */
	for (unsigned i = 0; i < questions; i++) {
		skip_name(w);
		wire_be32(w); /* type and class */
	}
	for (unsigned i = 0; i < answers && !w->failed; i++) {
		skip_name(w);
		const uint16_t type = wire_be16(w);
		wire_be16(w); /* class */
		wire_be32(w); /* TTL */
		const uint16_t len = wire_be16(w);
		const uint8_t *data = wire_take(w, len);
		if (data && type == DNS_TYPE_A && len == sizeof *ret) {
			memcpy(ret, data, sizeof *ret);
			return true;
		}
	}
	return false;
}

static void receive_answers(struct floor *f)
{
	uint8_t message[DNS_MESSAGE];
	ssize_t len;
	while ((len = recv(f->dns_fd, message, sizeof message, 0)) > 0) {
		struct wire w = wire_init(message, (size_t)len);
		struct endpoint *e = f->by_query[wire_be16(&w)];
		if (!e)
			continue;
		f->by_query[e->query_id] = NULL;
		if (first_address(&w, &e->addr))
			enter(f, e, PHASE_RESOLVED);
		else
			finish(f, e, PHASE_FAILED);
	}
}

static void start_connect(struct floor *f, struct endpoint *e)
{
	enter(f, e, PHASE_CONNECTING);
	e->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (e->fd < 0) {
		finish(f, e, PHASE_FAILED);
		return;
	}
	const int on = 1;
	setsockopt(e->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	const struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(443), .sin_addr = e->addr
	};
	if (connect(e->fd, (const struct sockaddr *)&to, sizeof to) != 0 &&
	    errno != EINPROGRESS) {
		finish(f, e, PHASE_FAILED);
		return;
	}
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET,
		.data.ptr = e };
	if (epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, e->fd, &event) != 0)
		finish(f, e, PHASE_FAILED);
}

static size_t open_sockets(const struct floor *f)
{
	return f->n_in[PHASE_CONNECTING] + f->n_in[PHASE_CONNECTED] +
	       f->n_in[PHASE_TLS] + f->n_in[PHASE_HTTP];
}

/*
 * A bucket that fills with time, so that a turn of the loop that took long does not
 * slow the pace down; its depth bounds the burst that follows.
 */
static void start_connects(struct floor *f)
{
	const nsec_t now = nsec_now();
	const nsec_t full = CONNECT_BURST * NSEC_PER_MSEC / CONNECTS_PER_MS;
	if (f->paced_until < now - full)
		f->paced_until = now - full;
	while (f->n_in[PHASE_RESOLVED] > 0 && f->paced_until < now &&
	       open_sockets(f) < f->fd_limit) {
		f->paced_until += NSEC_PER_MSEC / CONNECTS_PER_MS;
		start_connect(f, TAILQ_FIRST(&f->queues[PHASE_RESOLVED]));
	}
}

static void connect_answered(struct floor *f, struct endpoint *e)
{
	int error = 0;
	socklen_t len = sizeof error;
	getsockopt(e->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error)
		finish(f, e, PHASE_FAILED);
	else
		enter(f, e, PHASE_CONNECTED);
}

/* Whether an SSL call that returned result only waits for the network. */
static bool must_wait(const struct endpoint *e, int result)
{
	const int error = SSL_get_error(e->ssl, result);
	return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static void read_response(struct floor *f, struct endpoint *e)
{
	char buffer[4096];
	int n;
	while ((n = SSL_read(e->ssl, buffer, sizeof buffer)) > 0) {
		size_t take = sizeof e->status - e->n_status;
		if (take > (size_t)n)
			take = (size_t)n;
		memcpy(e->status + e->n_status, buffer, take);
		e->n_status += take;
	}
	if (must_wait(e, n))
		return;
	/* "Connection: close" was asked for, so the end of the stream is the end
	 * of the answer. */
	const bool ok = SSL_get_error(e->ssl, n) == SSL_ERROR_ZERO_RETURN &&
			e->n_status == sizeof e->status &&
			memcmp(e->status, "HTTP/1.1 200", sizeof e->status) == 0;
	finish(f, e, ok ? PHASE_PASSED : PHASE_FAILED);
}

static void send_request(struct floor *f, struct endpoint *e)
{
	char request[MAX_NAME + 64];
	const int len = snprintf(request, sizeof request,
	    "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", e->host);
	enter(f, e, PHASE_HTTP);
	/* The socket's send buffer is empty: a short write means it is dead. */
	if (SSL_write(e->ssl, request, len) != len)
		finish(f, e, PHASE_FAILED);
	else
		read_response(f, e);
}

static void shake_hands(struct floor *f, struct endpoint *e)
{
	const int result = SSL_do_handshake(e->ssl);
	if (result == 1)
		send_request(f, e);
	else if (!must_wait(e, result))
		finish(f, e, PHASE_FAILED);
}

static bool may_start_handshake(const struct floor *f)
{
	return f->n_in[PHASE_CONNECTED] > 0 &&
	       f->n_in[PHASE_TLS] + f->n_in[PHASE_HTTP] < f->slots;
}

static void start_handshakes(struct floor *f)
{
	for (int n = 0; n < STARTS && may_start_handshake(f); n++) {
		struct endpoint *e = TAILQ_FIRST(&f->queues[PHASE_CONNECTED]);
		enter(f, e, PHASE_TLS);
		e->ssl = SSL_new(f->ssl_ctx);
		if (!e->ssl || SSL_set_fd(e->ssl, e->fd) != 1 ||
		    SSL_set_tlsext_host_name(e->ssl, e->host) != 1 ||
		    SSL_set1_host(e->ssl, e->host) != 1) {
			finish(f, e, PHASE_FAILED);
			continue;
		}
		SSL_set_connect_state(e->ssl);
		shake_hands(f, e);
	}
}

static void on_event(struct floor *f, struct endpoint *e)
{
	ERR_clear_error(); /* SSL_get_error() looks at the whole queue */
	switch (e->phase) {
	case PHASE_CONNECTING:
		connect_answered(f, e);
		break;
	case PHASE_TLS:
		shake_hands(f, e);
		break;
	case PHASE_HTTP:
		read_response(f, e);
		break;
	default: /* an edge while it waits for a slot; the handshake will see it */
		break;
	}
}

/* Fails what entered its phase so long before `now` that the peer had its time. */
static void expire(struct floor *f, enum phase phase, nsec_t now)
{
	struct endpoint *e;
	while ((e = TAILQ_FIRST(&f->queues[phase])) && now - e->since >= f->timeout)
		finish(f, e, PHASE_FAILED);
}

static void repeat_queries(struct floor *f, nsec_t now)
{
	struct endpoint *e;
	while ((e = TAILQ_FIRST(&f->queues[PHASE_DNS])) &&
	       now - e->since >= NSEC_PER_SEC) {
		if (e->queries == QUERY_ATTEMPTS) {
			finish(f, e, PHASE_FAILED);
			continue;
		}
		enter(f, e, PHASE_DNS);
		send_query(f, e);
	}
}

static int wait_ms(const struct floor *f)
{
	if (may_start_handshake(f))
		return 0;
	if (f->n_in[PHASE_RESOLVED] > 0 && open_sockets(f) < f->fd_limit)
		return 1;
	return 10; /* the resolution of the timeouts */
}

static int turn(struct floor *f)
{
	struct epoll_event events[EVENTS];
	/* Everything that came before this instant is in one of the events, so an
	 * answer that waited for us can not be taken for a timeout. */
	const nsec_t before = nsec_now();
	const int n = epoll_wait(f->epoll_fd, events, EVENTS, wait_ms(f));
	if (n < 0)
		return errno == EINTR ? 0 : -1;
	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr)
			on_event(f, events[i].data.ptr);
		else
			receive_answers(f);
	}
	if (n < EVENTS) {
		repeat_queries(f, before);
		expire(f, PHASE_CONNECTING, before);
		expire(f, PHASE_TLS, before);
		expire(f, PHASE_HTTP, before);
	}
	start_handshakes(f);
	start_queries(f);
	start_connects(f);
	return 0;
}

static int read_hosts(struct floor *f, const char *path)
{
	FILE *in = fopen(path, "re");
	if (!in)
		return -1;
	char line[MAX_NAME + 2];
	size_t cap = 0;
	while (fgets(line, sizeof line, in)) {
		line[strcspn(line, "\n")] = '\0';
		if (f->n_endpoints == cap) {
			cap = cap ? 2 * cap : 64;
			void *more = realloc(f->endpoints, cap * sizeof *f->endpoints);
			if (!more)
				break;
			f->endpoints = more;
		}
		f->endpoints[f->n_endpoints++] =
		    (struct endpoint){ .host = strdup(line), .fd = -1 };
	}
	return fclose(in);
}

static int open_resolver(struct floor *f, const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(53) };
	if (inet_pton(AF_INET, address, &to.sin_addr) != 1) {
		errno = EINVAL;
		return -1;
	}
	f->dns_fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (f->dns_fd < 0)
		return -1;
	const int bytes = 1 << 20;
	setsockopt(f->dns_fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	struct epoll_event event = { .events = EPOLLIN };
	if (connect(f->dns_fd, (const struct sockaddr *)&to, sizeof to) != 0)
		return -1;
	return epoll_ctl(f->epoll_fd, EPOLL_CTL_ADD, f->dns_fd, &event);
}

static int open_tls(struct floor *f, const char *cafile)
{
	f->ssl_ctx = SSL_CTX_new(TLS_client_method());
	if (!f->ssl_ctx)
		return -1;
	SSL_CTX_set_verify(f->ssl_ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(f->ssl_ctx, SSL_MODE_RELEASE_BUFFERS);
	const int loaded = cafile
			       ? SSL_CTX_load_verify_locations(f->ssl_ctx, cafile, NULL)
			       : SSL_CTX_set_default_verify_paths(f->ssl_ctx);
	return loaded == 1 ? 0 : -1;
}

static void raise_fd_limit(struct floor *f)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > 2 * SPARE_FDS)
		f->fd_limit = limit.rlim_cur - SPARE_FDS;
}

static void queue_all(struct floor *f)
{
	for (int i = 0; i < N_PHASES; i++)
		TAILQ_INIT(&f->queues[i]);
	for (size_t i = 0; i < f->n_endpoints; i++)
		TAILQ_INSERT_TAIL(&f->queues[PHASE_NEW], &f->endpoints[i], link);
	f->n_in[PHASE_NEW] = f->n_endpoints;
}

static void print_result(const struct floor *f)
{
	printf("{\"endpoints\": %zu, \"pass\": %zu, \"dns\": %zu, \"tcp\": %zu, "
	       "\"tls\": %zu, \"http\": %zu}\n",
	    f->n_endpoints, f->n_in[PHASE_PASSED], f->failures[PHASE_DNS],
	    f->failures[PHASE_CONNECTING], f->failures[PHASE_TLS],
	    f->failures[PHASE_HTTP]);
}

static void clean_up(struct floor *f)
{
	for (size_t i = 0; i < f->n_endpoints; i++)
		free(f->endpoints[i].host);
	free(f->endpoints);
	SSL_CTX_free(f->ssl_ctx);
	close(f->dns_fd);
	close(f->epoll_fd);
}

static int run(struct floor *f)
{
	queue_all(f);
	while (f->n_in[PHASE_PASSED] + f->n_in[PHASE_FAILED] < f->n_endpoints) {
		if (turn(f) != 0) {
			perror("floor: epoll_wait");
			return 2;
		}
	}
	print_result(f);
	return f->n_in[PHASE_PASSED] == f->n_endpoints ? 0 : 1;
}

int main(int argc, char **argv)
{
	static struct floor f; /* half a megabyte of query table */
	f.slots = 64;
	f.timeout = 3 * NSEC_PER_SEC;
	f.fd_limit = 512; /* until raised; the usual soft limit is 1,024 */
	const char *resolver = "127.0.0.1", *cafile = NULL;
	int option;
	while ((option = getopt(argc, argv, "r:a:s:t:")) != -1) {
		if (option == 'r')
			resolver = optarg;
		else if (option == 'a')
			cafile = optarg;
		else if (option == 's')
			f.slots = strtoul(optarg, NULL, 10);
		else if (option == 't')
			f.timeout = strtol(optarg, NULL, 10) * NSEC_PER_MSEC;
		else
			return 2;
	}
	if (optind + 1 != argc || f.slots == 0 || f.timeout <= 0) {
		fprintf(stderr, "usage: floor [-r RESOLVER] [-a CAFILE] [-s SLOTS] "
				"[-t TIMEOUT_MS] FILE\n");
		return 2;
	}
	raise_fd_limit(&f);
	f.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (f.epoll_fd < 0 || open_resolver(&f, resolver) != 0 ||
	    read_hosts(&f, argv[optind]) != 0) {
		perror("floor");
		return 2;
	}
	if (open_tls(&f, cafile) != 0) {
		ERR_print_errors_fp(stderr);
		return 2;
	}
	const int result = run(&f);
	clean_up(&f);
	return result;
}
