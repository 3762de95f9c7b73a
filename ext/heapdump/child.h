/*
 * What a forked copy of the process begins with, so that nothing of the application happens in it.
 */
#ifndef HEAPDUMP_CHILD_H
#define HEAPDUMP_CHILD_H

/*
 * Signals as in a process that has just begun: Ruby's handlers must not run there. But those that
 * write(2) would cause are ignored, so that they come back as its errors. Blocked ones stay so.
 */
void hd_child_reset_signals(void);

void hd_child_unblock_signals(void);

/* Closes the descriptors from `first` to `last`, both included. */
void hd_child_close(int first, int last);

#endif
