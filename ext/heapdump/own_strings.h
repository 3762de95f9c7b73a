/*
 * How much of the contents of strings a process shows in its own dumps. Dumps that somebody else
 * asks for, through gdb, show no more of them unless that is asked for too.
 */
#ifndef HEAPDUMP_OWN_STRINGS_H
#define HEAPDUMP_OWN_STRINGS_H

#include <ruby.h>

/*
 * Returns a value of the option `strings`, and sets `source` to what has decided it:
 *
 *   "handler"      the option of an installed HeapDump::Trigger
 *   "watch"        the option of its HeapDump.watch
 *   "environment"  HEAPDUMP_STRINGS; a wrong value means :none
 *   "default"      nothing else, but heapdump/auto, the Puma plugin or a hook is used: :none
 *   "nothing"      nothing: :full
 *
 * Calls methods of HeapDump::Trigger and HeapDump::Watch, so it may raise what a program has made
 * of them.
 */
VALUE hd_own_strings(const char **source);

/* HeapDump.own_strings => the same as [value, source]. Private. */
VALUE rb_heapdump_own_strings(VALUE self);

#endif
