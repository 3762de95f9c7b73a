/*
 * What a forked copy of the process has to do first, so that no code of the application runs in it;
 * and a pipe, which connects two processes.
 */
#ifndef HEAPDUMP_CHILD_H
#define HEAPDUMP_CHILD_H

/*
 * Gives all signals their default action, since Ruby's handlers must not run in a child. Only the
 * signals that write(2) may cause are ignored, so that write(2) returns an error instead. Blocked
 * signals stay blocked.
 */
void hd_child_reset_signals(void);

/* Unblocks all signals. */
void hd_child_unblock_signals(void);

/*
 * Closes the descriptors from `first` to `last`, both included. Does so by one system call; if that
 * fails, closes those that /proc lists; if that fails too, one after the other up to the limit of
 * the process, or 2^20 if the limit is larger or not known. Only in this last case one with a
 * larger number stays open. Allocates nothing.
 */
void hd_child_close(int first, int last);

/* Makes a pipe, both ends of which are closed by exec. Returns 0, or -1 with errno. */
int hd_pipe(int ends[2]);

#endif
