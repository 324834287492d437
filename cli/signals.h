/* SPDX-License-Identifier: MIT */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

/**
 * From now on the first SIGINT or SIGTERM only makes the returned descriptor
 * readable, so that the run can end with a report; the second kills at once. A signal
 * that was ignored when we started stays ignored (nohup, background jobs).
 *
 * Returns the descriptor, which lives as long as the process, or a negative errno.
 */
int signals_stop_fd(void);

/**
 * From now on SIGHUP only makes the returned descriptor readable; whoever acts on it
 * empties it with read(). Returns the descriptor, which lives as long as the process,
 * or a negative errno.
 */
int signals_reload_fd(void);

#endif
