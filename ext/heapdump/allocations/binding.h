/*
 * The class HeapDump::Allocations. binding.c raises.
 */
#ifndef HEAPDUMP_ALLOCATIONS_BINDING_H
#define HEAPDUMP_ALLOCATIONS_BINDING_H

#include <ruby.h>

/*
 * Defines the class in this module, in place of the one of another copy of the extension. `error`
 * and `busy` are the classes of what it raises.
 */
void hd_allocations_define(VALUE module, VALUE error, VALUE busy);

#endif
