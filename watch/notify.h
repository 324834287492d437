/* SPDX-License-Identifier: MIT */
#ifndef WATCH_NOTIFY_H
#define WATCH_NOTIFY_H

#include "probe/base/nsec.h"

/*
 * What systemd is told (sd_notify(3): one datagram of "NAME=VALUE" lines to the socket
 * that $NOTIFY_SOCKET names). Written out because the library would be loaded, with
 * four compression and cryptography libraries, by every command.
 */

/**
 * Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID and removes them, so that no
 * command we start speaks for us. Without a socket all that follows does nothing.
 */
void notify_init(void);

/** Sends the lines. */
void notify_send(const char *lines);

/** Sends a sign of life when half of the watchdog's time is over. */
void notify_alive(nsec_t now);

/** How long may be slept before notify_alive() is due again; at most limit. */
nsec_t notify_pause(nsec_t limit);

#endif
