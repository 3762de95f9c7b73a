/*
 * What lib/heapdump/trigger.rb needs of the system to dump at a signal. All these methods are
 * private.
 */
#ifndef HEAPDUMP_SIGNALS_H
#define HEAPDUMP_SIGNALS_H

#include <ruby.h>

/* HeapDump.mark(signal number, name or nil) => true or false; see marker.h. */
VALUE rb_heapdump_mark(VALUE self, VALUE signal, VALUE name);

/* HeapDump.notice(text) => true if text was written to stderr at once; see notice.h. */
VALUE rb_heapdump_notice(VALUE self, VALUE text);

/*
 * HeapDump.signal_action(signal number) => [kind, struct sigaction as a String]: what the system
 * does at a signal. The kind is :default, :ignore, :ruby (the handler lies in Ruby's library or, if
 * there is none, in its executable) or :other. Ruby's trap knows only the handlers that it has
 * installed itself, and forgets that of a C library when it replaces it. Raises a SystemCallError.
 */
VALUE rb_heapdump_signal_action(VALUE self, VALUE signal);

/* HeapDump.restore_signal_action(signal number, that String). Raises a SystemCallError. */
VALUE rb_heapdump_restore_signal_action(VALUE self, VALUE signal, VALUE kept);

/*
 * HeapDump.without_signal(signal number) { } => what the block returns. Meanwhile the signal is
 * blocked in this thread; one that comes to it waits until the block has ended, however it ends.
 * Other threads, as Ruby's own timer thread, may still receive one that was sent to the process.
 */
VALUE rb_heapdump_without_signal(VALUE self, VALUE signal);

#endif
