/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_LIVE_H
#define PROBE_CAPTURE_LIVE_H

#include "probe/capture/capture_file.h"
#include "probe/capture/pcapng_writer.h"
#include "probe/model/obslog.h"
#include "probe/model/plan.h"

/*
 * The run's own packets while it lasts: read from the tap, put together to flows, and
 * given to the checks whose sockets they belong to. Memory is bounded by
 * LIVE_FLOWS_MAX.
 */
struct live_capture;

enum {
	LIVE_FLOWS_MAX = 1 << 16, /* flows of a run */
	LIVE_FLOWS_OF_CHECK = 16, /* follow-ups told of one check */
};

struct live_options {
	size_t n_targets; /* how many checks the run has */
	unsigned snaplen; /* bytes of a packet */
	bool keep;        /* packets, for live_capture_write() */
	bool secrets;     /* credentials may pass in the clear: do not keep those */
	/* TCP ports of this machine on which connections from outside are watched. */
	const uint16_t *ports;
	size_t n_ports; /* at most INBOUND_MAX_PORTS */
};

/**
 * Opens the tap and gives up all privileges that were needed for it (see
 * privileges.h). NULL with the reason in err. Flows live in the arena.
 */
struct live_capture *live_capture_open(const struct live_options *options,
    struct arena *arena, char err[CAPTURE_ERROR_MAX]);
void live_capture_close(struct live_capture *l);

/** Notes why a run was not captured, though it was to be if permitted. */
void live_capture_refused(struct obslog *log, const char *why);

/** For engine_hooks; arguments as there. */
void live_capture_connecting(struct live_capture *l, const struct addr *peer);
void live_capture_connected(
    struct live_capture *l, const struct addr *local, const struct addr *peer);

/** Takes what passed so far; some forty times a second. */
void live_capture_drain(struct live_capture *l);

/** For engine_hooks.port_watched: appends OBS_INBOUND of the target. */
void live_capture_port_watched(struct live_capture *l, const struct plan *plan,
    unsigned target, const struct inbound_ranges *ranges, struct obslog *log);

/** After the run: appends OBS_CAPTURE, and OBS_FLOW for every flow of a check. */
void live_capture_finish(
    struct live_capture *l, const struct plan *plan, struct obslog *log);

/**
 * Whether packets of a flow or of a watched port, which live_capture_finish() told as
 * observation obs, are written, and with which comment (NULL = none).
 */
typedef bool live_choose_fn(void *arg, const struct obs *obs, const char **ret_comment);

/**
 * Writes the packets of chosen flows as pcapng. The comment stands on the first packet
 * of a flow or on SYNs to a port, on resets and the ICMP errors that quote it. ended
 * says why the capture did, unless it knows better.
 */
void live_capture_write(struct live_capture *l, const char *ended,
    live_choose_fn *choose, void *choose_arg, pcapng_sink_fn *sink, void *sink_arg);

#endif
