/* SPDX-License-Identifier: MIT */
#include "probe/http/own_call.h"

#include <errno.h>
#include <stdlib.h>

#include "probe/http/transfer.h"
#include "probe/tcp/connect.h"

struct own_call {
	struct http_client *client;
	struct http_call call;
	struct addr peer;
	nsec_t budget;
	http_done_fn *done;
	void *arg;
	struct tcp_connect *connect;    /* NULL when it has ended */
	struct http_transfer *transfer; /* NULL before */
};

static void finish(struct own_call *o, const struct http_result *result)
{
	http_done_fn *done = o->done;
	void *arg = o->arg;

	free(o);
	done(arg, result);
}

static void on_done(void *arg, const struct http_result *result)
{
	finish(arg, result);
}

static void on_connected(
    void *arg, const struct obs_tcp *result, nsec_t begin, nsec_t end, int fd)
{
	struct own_call *o = arg;
	struct http_result failed = { .connect_err = result->err };

	(void)begin;
	(void)end;
	o->connect = NULL;
	if (fd >= 0) {
		o->transfer = http_transfer_start(
		    o->client, &o->call, fd, &o->peer, o->budget, on_done, o);
		if (o->transfer)
			return;
		failed.connect_err = ENOMEM;
	} else if (!failed.connect_err) {
		failed.connect_err = ETIMEDOUT;
	}
	finish(o, &failed);
}

struct own_call *own_call_start(struct http_client *c, const struct http_call *call,
    const struct addr *peer, nsec_t budget, http_done_fn *done, void *arg)
{
	struct own_call *o = calloc(1, sizeof *o);

	if (!o)
		return NULL;
	*o = (struct own_call){ .client = c,
		.call = *call,
		.peer = *peer,
		.budget = budget,
		.done = done,
		.arg = arg };
	o->connect =
	    tcp_connect_start(client_loop(c), client_plan(c), peer, on_connected, o);
	if (o->connect)
		return o;
	free(o);
	return NULL;
}

void own_call_cancel(struct own_call *o)
{
	struct http_result unused;

	if (!o)
		return;
	if (o->connect)
		tcp_connect_cancel(o->connect);
	if (o->transfer)
		http_transfer_cancel(o->transfer, &unused);
	free(o);
}
