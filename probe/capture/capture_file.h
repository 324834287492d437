/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_CAPTURE_FILE_H
#define PROBE_CAPTURE_CAPTURE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe/base/nsec.h"
#include "probe/packet/packet.h"

/*
 * A capture file, pcap or pcapng, read packet by packet in one pass: it may be longer
 * than memory, or a pipe.
 */
struct capture_file;

/** One packet, borrowed for the call; at is wall-clock time. */
typedef void capture_packet_fn(void *arg, const struct packet *p, nsec_t at);

enum {
	CAPTURE_ERROR_MAX = 320
};

/**
 * path "-" is standard input. NULL with the reason in err, without the file's name,
 * when it cannot be opened or is no capture.
 */
struct capture_file *capture_file_open(const char *path, char err[CAPTURE_ERROR_MAX]);
void capture_file_close(struct capture_file *c);

enum capture_read {
	CAPTURE_MORE,
	CAPTURE_END,
	CAPTURE_BROKEN, /* the rest cannot be read; see capture_file_error() */
};

/** Reads at most n packets. */
enum capture_read capture_file_read(
    struct capture_file *c, unsigned n, capture_packet_fn *take, void *arg);

/**
 * Ends the reading, as at the end of the file, once this descriptor is readable: a pipe
 * may be silent for ever. Borrowed.
 */
void capture_file_stop_by(struct capture_file *c, int fd);

/** Why reading ended early. */
const char *capture_file_error(const struct capture_file *c);

/** Bytes of the file so far, and in all (0 = not known). */
uint64_t capture_file_position(const struct capture_file *c);
uint64_t capture_file_size(const struct capture_file *c);

/** Packets that the capturing program lost; false when the file does not say. */
bool capture_file_dropped(const struct capture_file *c, uint64_t *ret);

#endif
