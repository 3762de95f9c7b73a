/*
 * Where MRI keeps what the dumper reads: offsets in bytes, on 64-bit platforms.
 */
#ifndef HEAPDUMP_MRI_LAYOUT_H
#define HEAPDUMP_MRI_LAYOUT_H

#include <ruby.h>
#include <ruby/version.h>
#include <stdbool.h>

#define HD_RUBY (RUBY_API_VERSION_MAJOR * 100 + RUBY_API_VERSION_MINOR)

/* Those that differ between minor versions. */
struct hd_layout {
    int version; /* as HD_RUBY */
    short iseq_local_table, iseq_parent, iseq_local_iseq, iseq_local_table_size;
    short thread_context, context_local_storage, frame_size, fiber_context, hash_default;
    bool line_is_value;
};

/* The layout of this Ruby, NULL for a minor version that is not known. */
const struct hd_layout *hd_layout(void);

/* Those that are the same in all of them. */
enum {
    HD_BODY_OF_ISEQ = 16,
    HD_BODY_TYPE = 0,
    HD_BODY_ENCODED_SIZE = 4,
    HD_BODY_ENCODED = 8,
    HD_BODY_PATH = 64,
    HD_BODY_LABEL = 80,
    HD_BODY_LINE = 88,

    HD_ENTRY_DEFINED_CLASS = 8,
    HD_ENTRY_DEFINITION = 16,
    HD_ENTRY_CALLED = 24,
    HD_ENTRY_OWNER = 32,
    HD_DEFINITION_BODY = 8,
    HD_DEFINITION_ORIGINAL = 32,

    HD_ENV_ISEQ = 8,
    HD_ENV_EP = 16,
    HD_ENV_VALUES = 24,
    HD_ENV_SIZE = 32,

    HD_BLOCK_SELF = 0,
    HD_BLOCK_EP = 8,
    HD_BLOCK_CODE = 16,
    HD_BLOCK_TYPE = 24,
    HD_PROC_FLAGS = 32,

    HD_THREAD_SELF = 16,
    HD_CONTEXT_STACK = 0,
    HD_CONTEXT_STACK_SIZE = 8,
    HD_CONTEXT_FRAME = 16,
    HD_CONTEXT_FIBER = 40,
    HD_CONTEXT_THREAD = 48,
    HD_FIBER_SELF = 16,

    HD_FRAME_PC = 0,
    HD_FRAME_ISEQ = 16,
    HD_FRAME_SELF = 24,
    HD_FRAME_EP = 32,

    HD_CONSTANT_LINE = 4,
    HD_CONSTANT_VALUE = 8,
    HD_CONSTANT_FILE = 16,

    HD_SET_START = 24,
    HD_SET_BOUND = 32,
    HD_SET_ENTRIES = 40,
    HD_SET_ENTRY_HASH = 0,
    HD_SET_ENTRY_KEY = 8,
    HD_SET_ENTRY_SIZE = 16,
};

/* The hash of an entry that has been deleted. */
#define HD_SET_DELETED (~(VALUE)0)

/* Bits of ep[0], and the words around it. */
enum { HD_EP_LOCAL = 2 };
enum { HD_EP_ENTRY = -2, HD_EP_SPECIAL = -1, HD_EP_FLAGS = 0, HD_EP_ENV = 1 };

#endif
