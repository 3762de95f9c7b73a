/*
 * Prints the offsets of MRI's own structs beside those of ext/heapdump/mri: "name ours theirs" per
 * line. Compiled by test_layout.rb with the internal headers of the Ruby that runs it.
 */
#include "mri/layout.h"

#include <stdio.h>

#include "vm_core.h"
#include "iseq.h"
#include "method.h"
#if __has_include("vm_callinfo.h")
#    include "vm_callinfo.h"
#    define HAS_CALLS
#endif
#if HD_RUBY >= 401
#    define USE_ZJIT 1 // in the headers of a build with it
#    include "zjit.h"
#endif
#include "internal/imemo.h"
#if __has_include("internal/set_table.h") // where Set is a type of MRI's own
#    include "internal/set_table.h"
#endif

#define SAME(name, ours, type, member)                                                             \
    printf("%s %ld %ld\n", name, (long)(ours), (long)offsetof(type, member))

typedef struct rb_iseq_constant_body body_t;
typedef struct rb_method_definition_struct definition_t;

int
main(void) {
    const struct hd_layout *layout = hd_layout();
    if (!layout) return 1;
    SAME("iseq.body", HD_BODY_OF_ISEQ, rb_iseq_t, body);
    SAME("body.type", HD_BODY_TYPE, body_t, type);
    SAME("body.iseq_size", HD_BODY_ENCODED_SIZE, body_t, iseq_size);
    SAME("body.iseq_encoded", HD_BODY_ENCODED, body_t, iseq_encoded);
    SAME("body.location.pathobj", HD_BODY_PATH, body_t, location.pathobj);
    SAME("body.location.base_label", HD_BODY_BASE_LABEL, body_t, location.base_label);
    SAME("body.location.label", HD_BODY_LABEL, body_t, location.label);
    SAME("body.location.first_lineno", HD_BODY_LINE, body_t, location.first_lineno);
    SAME("body.local_table", layout->iseq_local_table, body_t, local_table);
    SAME("body.parent_iseq", layout->iseq_parent, body_t, parent_iseq);
    SAME("body.local_iseq", layout->iseq_local_iseq, body_t, local_iseq);
    SAME("body.local_table_size", layout->iseq_local_table_size, body_t, local_table_size);
    SAME("body.call_data", layout->iseq_local_iseq + HD_CALLS_BEHIND_LOCAL_ISEQ, body_t, call_data);
    SAME("body.ci_size", layout->iseq_calls_size, body_t, ci_size);
#ifdef HAS_CALLS
    SAME("call.cc", HD_CALL_CACHE, struct rb_call_data, cc);
    SAME("callcache.klass", HD_CALLCACHE_CLASS, struct rb_callcache, klass);
    SAME("callcache.cme", HD_CALLCACHE_ENTRY, struct rb_callcache, cme_);
    printf("call.size %d %zu\n", HD_CALL_SIZE, sizeof(struct rb_call_data));
#endif

    SAME("entry.defined_class", HD_ENTRY_DEFINED_CLASS, rb_method_entry_t, defined_class);
    SAME("entry.def", HD_ENTRY_DEFINITION, rb_method_entry_t, def);
    SAME("entry.called_id", HD_ENTRY_CALLED, rb_method_entry_t, called_id);
    SAME("entry.owner", HD_ENTRY_OWNER, rb_method_entry_t, owner);
    SAME("definition.body", HD_DEFINITION_BODY, definition_t, body);
    SAME("definition.original_id", HD_DEFINITION_ORIGINAL, definition_t, original_id);
#if HD_RUBY >= 401
    SAME("definition.original_module", HD_DEFINITION_MODULE, definition_t, original_module);
#endif

    SAME("env.iseq", HD_ENV_ISEQ, rb_env_t, iseq);
    SAME("env.ep", HD_ENV_EP, rb_env_t, ep);
    SAME("env.env", HD_ENV_VALUES, rb_env_t, env);
    SAME("env.env_size", HD_ENV_SIZE, rb_env_t, env_size);

    SAME("proc.self", HD_BLOCK_SELF, rb_proc_t, block.as.captured.self);
    SAME("proc.ep", HD_BLOCK_EP, rb_proc_t, block.as.captured.ep);
    SAME("proc.code", HD_BLOCK_CODE, rb_proc_t, block.as.captured.code);
    SAME("proc.type", HD_BLOCK_TYPE, rb_proc_t, block.type);
    SAME("binding.self", HD_BLOCK_SELF, rb_binding_t, block.as.captured.self);
    SAME("binding.type", HD_BLOCK_TYPE, rb_binding_t, block.type);

    SAME("thread.self", HD_THREAD_SELF, rb_thread_t, self);
    SAME("thread.vm", HD_THREAD_VM, rb_thread_t, vm);
    SAME("thread.ec", layout->thread_context, rb_thread_t, ec);
    SAME("context.vm_stack", HD_CONTEXT_STACK, rb_execution_context_t, vm_stack);
    SAME("context.vm_stack_size", HD_CONTEXT_STACK_SIZE, rb_execution_context_t, vm_stack_size);
    SAME("context.cfp", HD_CONTEXT_FRAME, rb_execution_context_t, cfp);
    SAME("context.fiber_ptr", HD_CONTEXT_FIBER, rb_execution_context_t, fiber_ptr);
    SAME("context.interrupt_mask", HD_CONTEXT_FIBER - HD_INTERRUPT_MASK_BEFORE_FIBER,
         rb_execution_context_t, interrupt_mask);
    SAME("context.thread_ptr", HD_CONTEXT_THREAD, rb_execution_context_t, thread_ptr);
    SAME("context.local_storage", layout->context_local_storage, rb_execution_context_t,
         local_storage);

    SAME("frame.pc", HD_FRAME_PC, rb_control_frame_t, pc);
#if HD_RUBY >= 401 // where code that is compiled may leave it out
    SAME("frame.iseq", HD_FRAME_ISEQ, rb_control_frame_t, _iseq);
    SAME("frame.jit_return", HD_FRAME_JIT, rb_control_frame_t, jit_return);
    SAME("jit_frame.pc", HD_JIT_PC, zjit_jit_frame_t, pc);
    SAME("jit_frame.iseq", HD_JIT_ISEQ, zjit_jit_frame_t, iseq);
    printf("jit_frame.c %d %d\n", HD_JIT_OF_C, ZJIT_JIT_RETURN_C_FRAME);
#else
    SAME("frame.iseq", HD_FRAME_ISEQ, rb_control_frame_t, iseq);
#endif
    SAME("frame.self", HD_FRAME_SELF, rb_control_frame_t, self);
    SAME("frame.ep", HD_FRAME_EP, rb_control_frame_t, ep);
#ifdef INTERNAL_SET_TABLE_H
    SAME("set.entry_power", 0, struct set_table, entry_power);
    SAME("set.entries_start", HD_SET_START, struct set_table, entries_start);
    SAME("set.entries_bound", HD_SET_BOUND, struct set_table, entries_bound);
    SAME("set.entries", HD_SET_ENTRIES, struct set_table, entries);
#endif
    printf("frame.size %d %zu\n", layout->frame_size, sizeof(rb_control_frame_t));
    return 0;
}
