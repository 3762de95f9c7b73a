/*
 * What lib/heapdump/pending.rb and run.rb need so that neither another thread nor the handler of a
 * signal comes in between. Thread.handle_interrupt holds back what other threads raise, but not
 * handlers of signals: MRI runs them whenever a method returns. All these methods are private.
 */
#ifndef HEAPDUMP_PENDING_H
#define HEAPDUMP_PENDING_H

#include <ruby.h>

/* Indexes in @started of a Pending, as rb_heapdump_start describes it. */
enum { HD_STARTED_REPORT = 4, HD_STARTED_PID = 5, HD_STARTED_PARTIAL = 6 };

/*
 * HeapDump.attempt(pending) { |pending| } => what the block returns. If the block is left in any
 * other way, the dump is stopped at once, as `stop` does it, and then Pending#give_up is called.
 * What is raised in there has as its cause what has left the block.
 *
 * That is why this is written in C. In an ensure clause of Ruby code, whatever is raised gets what
 * has led into the clause as its cause, also when it replaces another exception that is on its way
 * out of the clause, and that one would be lost.
 */
VALUE rb_heapdump_attempt(VALUE self, VALUE pending);

/*
 * HeapDump.stop(pending): kills the coordinator if it has not reported yet, and removes the partial
 * file if no report has come. Does so once, and only in the process that has begun the dump. Raises
 * nothing.
 */
VALUE rb_heapdump_stop(VALUE self, VALUE pending);

/*
 * HeapDump.read_report(pending): reads what has come of the report of forked processes, and returns
 * whether that is all of it, or somebody has closed the report. Never waits.
 */
VALUE rb_heapdump_read_report(VALUE self, VALUE pending);

#endif
