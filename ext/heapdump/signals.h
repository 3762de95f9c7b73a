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
 * HeapDump.action(signal number) => [address of the handler, struct sigaction as a String]: what the
 * system does at a signal. The addresses 0 and 1 are SIG_DFL and SIG_IGN. Ruby's trap knows only the
 * handlers that it has installed itself, and forgets that of a C library when it replaces it. Raises
 * a SystemCallError.
 */
VALUE rb_heapdump_action(VALUE self, VALUE signal);

/* HeapDump.restore_action(signal number, that String). Raises a SystemCallError. */
VALUE rb_heapdump_restore_action(VALUE self, VALUE signal, VALUE kept);

#endif
