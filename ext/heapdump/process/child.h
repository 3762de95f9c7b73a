/*
 * What a forked copy of the process begins with, so that nothing of the application happens in it;
 * and how the two are connected.
 */
#ifndef HEAPDUMP_CHILD_H
#define HEAPDUMP_CHILD_H

/*
 * Signals as in a process that has just begun: Ruby's handlers must not run there. But those that
 * write(2) would cause are ignored, so that they come back as its errors. Blocked ones stay so.
 */
void hd_child_reset_signals(void);

void hd_child_unblock_signals(void);

/*
 * Closes the descriptors from `first` to `last`, both included, however many there may be: in one
 * call, else those that /proc lists, else one by one. Allocates nothing.
 */
void hd_child_close(int first, int last);

/* A pipe, both ends of which are closed by exec. Returns 0, or -1 with errno. */
int hd_pipe(int ends[2]);

#endif
