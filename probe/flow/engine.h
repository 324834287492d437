/* SPDX-License-Identifier: MIT */
#ifndef PROBE_FLOW_ENGINE_H
#define PROBE_FLOW_ENGINE_H

#include "probe/base/nsec.h"
#include "probe/model/flow.h"
#include "probe/packet/packet.h"

/*
 * Packets to facts of flows: TCP connections and DNS transactions over UDP. Memory is
 * bounded by the flows that are open at once: one that has ended, or was silent for so
 * long that nothing can follow, is told and forgotten. Whether packets come from a
 * file or from an interface makes no difference.
 */
struct flow_engine;

/** Told once for each flow. The flow and its strings are borrowed for the call. */
typedef void flow_sink_fn(void *arg, const struct obs_flow *flow, nsec_t begin);

struct flow_engine *flow_engine_new(flow_sink_fn *sink, void *arg);
void flow_engine_free(struct flow_engine *e);

/**
 * One packet; at is the wall-clock time of its capture. Times that go backwards are
 * taken as they are.
 */
void flow_engine_packet(struct flow_engine *e, const struct packet *p, nsec_t at);

/** Tells all flows that are still open. */
void flow_engine_end(struct flow_engine *e);

/** Fills in what the engine counts of the capture; leaves the rest alone. */
void flow_engine_count(const struct flow_engine *e, struct obs_capture *ret);

/** Flows that are open now. */
uint32_t flow_engine_open(const struct flow_engine *e);

#endif
