/* SPDX-License-Identifier: MIT */
#ifndef PROBE_CAPTURE_PRIVILEGES_H
#define PROBE_CAPTURE_PRIVILEGES_H

/**
 * Gives up every capability of this thread (capabilities(7)) and of those it starts.
 * Root keeps what lets it read and replace files of others: reports are still to be
 * written. 0 or -errno.
 */
int privileges_drop(void);

#endif
