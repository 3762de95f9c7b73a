/*
 * The class HeapDump::Sampler: notes where some of the objects were allocated, and follows those as
 * long as they live. sampler.c raises.
 */
#ifndef HEAPDUMP_SAMPLER_H
#define HEAPDUMP_SAMPLER_H

#include <ruby.h>

/*
 * Defines the class in this module, in place of the one of another copy of the extension. The
 * classes are those of its errors.
 */
void hd_sampler_define(VALUE module, VALUE error, VALUE busy);

#endif
