/*
 * An array as large as the offset of the execution context in a fiber, whose struct is in no header
 * of MRI. Compiled by `rake layout`, which asks nm for the size.
 */
#include "cont.c"

char saved_context[offsetof(rb_context_t, saved_ec)];
