/*
 * The stacks of all threads and fibers: how much of the address space they have, and how much of
 * that is in memory.
 */
#ifndef HEAPDUMP_STACKS_H
#define HEAPDUMP_STACKS_H

#include <ruby.h>
#include <stdbool.h>

#include "account/account.h"
#include "account/mappings.h"
#include "account/slots.h"

/* Fills the figures; leaves them unknown if the bounds of stacks cannot be told on this Ruby. */
void hd_stacks_take(struct hd_stack_figures *figures, const struct hd_slots_found *found,
                    const struct hd_mappings *mappings);

/*
 * The size of a thread, given what MRI says. MRI counts the whole VM stack, of which most has never
 * been touched: here the part that is in memory counts.
 */
size_t hd_thread_memsize(VALUE thread, size_t memsize);

#endif
