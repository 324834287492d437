/* SPDX-License-Identifier: MIT */
#include "probe/idle/line.h"

struct line *line_open(const struct line_options *options)
{
	return protocol_is_http(options->target->protocol) ? line_stream_open(options)
							   : line_tcp_open(options);
}

void line_use(struct line *l)
{
	l->ops->use(l);
}

void line_keep_alive(struct line *l, unsigned seconds)
{
	l->ops->keep_alive(l, seconds);
}

void line_report(struct line *l, struct obs_idle *ret)
{
	ret->err = l->err;
	ret->reason = l->reason;
	l->ops->report(l, ret);
}

void line_close(struct line *l)
{
	if (l)
		l->ops->close(l);
}
