/*
 * The offsets of the fields in MRI's structs that the dumper reads, in bytes, on 64-bit platforms.
 */
#ifndef HEAPDUMP_MRI_LAYOUT_H
#define HEAPDUMP_MRI_LAYOUT_H

#include <ruby.h>
#include <stdbool.h>

#include "mri/version.h"

/* How a map with weak keys or values is built. */
enum hd_weak {
    HD_WEAK_TWO,    /* two tables: first objects to maps, then keys to values */
    HD_WEAK_ENTRY,  /* a table whose keys are pointers to the words of an entry */
    HD_WEAK_DIRECT, /* a table of keys and values */
};

/* The offsets that differ between minor versions. */
struct hd_layout {
    int version; /* as HD_RUBY */
    short iseq_local_table, iseq_parent, iseq_local_iseq, iseq_local_table_size;
    short thread_context, context_local_storage, frame_size, fiber_context, hash_default;
    short iseq_calls_size;
    bool line_is_value;
    enum hd_weak weak; /* how weak maps are built */
};

/* The layout of this Ruby; NULL for a minor version that is not known. */
const struct hd_layout *hd_layout(void);

/*
 * The offsets that are the same in all known versions. Only sets and the tracer of objspace have
 * become smaller.
 */
#define HD_OFFSETS(AT)                                                                             \
    AT(HD_BODY_OF_ISEQ, 16)                                                                        \
    AT(HD_BODY_TYPE, 0)                                                                            \
    AT(HD_BODY_ENCODED_SIZE, 4)                                                                    \
    AT(HD_BODY_ENCODED, 8)                                                                         \
    AT(HD_BODY_PATH, 64)                                                                           \
    AT(HD_BODY_BASE_LABEL, 72)                                                                     \
    AT(HD_BODY_LABEL, 80)                                                                          \
    AT(HD_BODY_LINE, 88)                                                                           \
    AT(HD_CALLS_BEHIND_LOCAL_ISEQ, 16)                                                             \
    AT(HD_CALL_CACHE, 8)                                                                           \
    AT(HD_CALLCACHE_CLASS, 8)                                                                      \
    AT(HD_CALLCACHE_ENTRY, 16)                                                                     \
                                                                                                   \
    AT(HD_ENTRY_DEFINED_CLASS, 8)                                                                  \
    AT(HD_ENTRY_DEFINITION, 16)                                                                    \
    AT(HD_ENTRY_CALLED, 24)                                                                        \
    AT(HD_ENTRY_OWNER, 32)                                                                         \
    AT(HD_DEFINITION_BODY, 8)                                                                      \
    AT(HD_DEFINITION_ORIGINAL, 32)                                                                 \
    AT(HD_DEFINITION_MODULE, 40) /* since 4.1 */                                                   \
                                                                                                   \
    AT(HD_ENV_ISEQ, 8)                                                                             \
    AT(HD_ENV_EP, 16)                                                                              \
    AT(HD_ENV_VALUES, 24)                                                                          \
    AT(HD_ENV_SIZE, 32)                                                                            \
                                                                                                   \
    AT(HD_BLOCK_SELF, 0)                                                                           \
    AT(HD_BLOCK_EP, 8)                                                                             \
    AT(HD_BLOCK_CODE, 16)                                                                          \
    AT(HD_BLOCK_TYPE, 24)                                                                          \
    AT(HD_PROC_FLAGS, 32)                                                                          \
    AT(HD_METHOD_RECEIVER, 0)                                                                      \
                                                                                                   \
    AT(HD_THREAD_SELF, 16)                                                                         \
    AT(HD_THREAD_VM, 32)                                                                           \
    AT(HD_CONTEXT_STACK, 0)                                                                        \
    AT(HD_CONTEXT_STACK_SIZE, 8)                                                                   \
    AT(HD_CONTEXT_FRAME, 16)                                                                       \
    AT(HD_CONTEXT_FIBER, 40)                                                                       \
    AT(HD_CONTEXT_THREAD, 48)                                                                      \
    AT(HD_FIBER_SELF, 16)                                                                          \
                                                                                                   \
    AT(HD_FRAME_PC, 0)                                                                             \
    AT(HD_FRAME_ISEQ, 16)                                                                          \
    AT(HD_FRAME_SELF, 24)                                                                          \
    AT(HD_FRAME_EP, 32)                                                                            \
                                                                                                   \
    /* ZJIT since 4.1: the frame points to a place on the native stack, below which is a */        \
    /* pointer to what the frame executes */                                                       \
    AT(HD_FRAME_JIT, 48)                                                                           \
    AT(HD_JIT_RECORD, -8)                                                                          \
    AT(HD_JIT_PC, 0)                                                                               \
    AT(HD_JIT_ISEQ, 8)                                                                             \
                                                                                                   \
    /* the words around the one that ep points to; that one holds flags */                         \
    AT(HD_EP_ENTRY, -16)                                                                           \
    AT(HD_EP_SPECIAL, -8)                                                                          \
    AT(HD_EP_FLAGS, 0)                                                                             \
    AT(HD_EP_ENV, 8)                                                                               \
                                                                                                   \
    AT(HD_CONSTANT_LINE, 4)                                                                        \
    AT(HD_CONSTANT_VALUE, 8)                                                                       \
    AT(HD_CONSTANT_FILE, 16)                                                                       \
                                                                                                   \
    /* struct rb_id_table { int capa, num, used; item *items } of { u32 serial; int; VALUE } */    \
    AT(HD_IDS_CAPACITY, 0)                                                                         \
    AT(HD_IDS_ITEMS, 16)                                                                           \
    AT(HD_IDS_ITEM_VALUE, 8)                                                                       \
                                                                                                   \
    AT(HD_ENUMERATOR_RECEIVER, 0)                                                                  \
    AT(HD_ENUMERATOR_METHOD, 8)                                                                    \
    AT(HD_ENUMERATOR_ARGS, 16)                                                                     \
                                                                                                   \
    AT(HD_SET_POWER, 0)                                                                            \
    AT(HD_SET_START, HD_RUBY >= 401 ? 4 : 24)                                                      \
    AT(HD_SET_BOUND, HD_RUBY >= 401 ? 24 : 32)                                                     \
    AT(HD_SET_ENTRIES, HD_RUBY >= 401 ? 32 : 40)                                                   \
    AT(HD_SET_ENTRY_HASH, 0)                                                                       \
    AT(HD_SET_ENTRY_KEY, 8)                                                                        \
                                                                                                   \
    AT(HD_TRACEPOINT_EVENTS, 0)                                                                    \
    AT(HD_TRACEPOINT_TRACING, 4)                                                                   \
    AT(HD_TRACEPOINT_FUNCTION, 24)                                                                 \
    AT(HD_TRACEPOINT_DATA, 32)                                                                     \
    AT(HD_TRACER_TABLE, HD_RUBY >= 401 ? 16 : 24)                                                  \
    AT(HD_ALLOCATION_LIVING, 0)                                                                    \
    AT(HD_ALLOCATION_FILE, 24)                                                                     \
    AT(HD_ALLOCATION_LINE, 32)                                                                     \
    AT(HD_ALLOCATION_METHOD, 48)                                                                   \
    AT(HD_ALLOCATION_GENERATION, 56)

#ifdef HD_MOVED_OFFSETS
#    define HD_AS_VARIABLE(name, offset) extern int name;
HD_OFFSETS(HD_AS_VARIABLE) /* in a build of the tests, which change one offset after another */
#else
#    define HD_AS_CONSTANT(name, offset) name = (offset),
enum { HD_OFFSETS(HD_AS_CONSTANT) };
#endif

/* Where a context says which interrupts wait: how many bytes before its fiber. */
enum { HD_INTERRUPT_MASK_BEFORE_FIBER = 4 };

enum { HD_IDS_ITEM_SIZE = 16, HD_SET_ENTRY_SIZE = 16, HD_CALL_SIZE = 16 };

/* Instead of a place on the native stack: the frame is that of a C function. */
enum { HD_JIT_OF_C = 1 };

/* The hash of an entry that has been deleted. */
#define HD_SET_DELETED (~(VALUE)0)

/* A flag at ep: the variables are those of a method or of top-level code, not those of a block. */
enum { HD_EP_LOCAL = 2 };

#endif
