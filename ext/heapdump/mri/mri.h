/*
 * Place in the flow: below all code that reads objects. This folder has everything that the dumper
 * knows about MRI's internals, and only here code differs between versions. The other folders call
 * these functions.
 *
 * Nothing here allocates Ruby objects, runs Ruby code or raises, but for the functions that say so:
 * hd_mri_init, hd_mri_make_traced_object, hd_mri_global, and for what extensions do in their mark
 * and size functions, hd_mri_references and hd_mri_memsize. Every pointer that was found by layout
 * passes a gate before it is followed: it must be a live slot of the page table and of the expected
 * type. A function returns false (or 0) if the information is not available. The caller then leaves
 * the name out; the reference itself is never lost, because the list of references comes from MRI.
 */
#ifndef HEAPDUMP_MRI_H
#define HEAPDUMP_MRI_H

#include <ruby.h>
#include <ruby/encoding.h>
#include <stdbool.h>
#include <stddef.h>

#include "out/json.h"

struct hd_pages;

/* The kinds of names that the dumper can give on a Ruby; see docs/format.md, "Capabilities". */
enum hd_capability {
    HD_CAN_HASH_ENTRIES,
    HD_CAN_CONSTANTS,
    HD_CAN_ISEQ,
    HD_CAN_ENV,
    HD_CAN_PROC,
    HD_CAN_METHOD_ENTRY,
    HD_CAN_FRAMES,
    HD_CAN_FIBER,
    HD_CAN_FIBER_LOCALS,
    HD_CAN_IMEMO,
    HD_CAN_WEAK,
    HD_CAN_SET,
    HD_CAN_GC_FLAGS,
    HD_CAN_REMEMBERED,
    HD_CAN_ALLOCATIONS,
    HD_CAN_FINALIZERS,
    HD_CAN_STORAGE,
    HD_CAN_SINGLETONS,
    HD_CAN_STACKS,
    HD_CAN_OPERANDS,
    HD_CAN_THREAD_FIELDS,
    HD_CAN_FIBER_FIELDS,
    HD_CAN_FIBER_STORAGE,
    HD_CAN_ERRINFO,
    HD_CAN_RACTOR_FIELDS,
    HD_CAN_VM_FIELDS,
    HD_CAN_TRAP_HANDLERS,
    HD_CAN_PINNED,
    HD_CAN_ADDRESSES,
    HD_CAPABILITIES
};

/* The kinds of T_DATA that have a writer of their own. */
enum hd_data_kind {
    HD_DATA_OTHER,
    HD_DATA_PROC,
    HD_DATA_BINDING,
    HD_DATA_METHOD,
    HD_DATA_THREAD,
    HD_DATA_FIBER,
    HD_DATA_ENUMERATOR,
    HD_DATA_WEAK_MAP,
    HD_DATA_WEAK_KEY_MAP,
    HD_DATA_SET,
    HD_DATA_TRACEPOINT,
    HD_DATA_RACTOR,
    HD_DATA_PIN_LIST, /* Ruby >= 3.4: objects of rb_gc_register_mark_object */
    HD_DATA_KINDS
};

/* The kinds of T_IMEMO. MRI's own numbers for them differ between versions. */
enum hd_imemo {
    HD_IMEMO_OTHER,
    HD_IMEMO_ENV,
    HD_IMEMO_CREF,
    HD_IMEMO_SVAR,
    HD_IMEMO_IFUNC,
    HD_IMEMO_MEMO,
    HD_IMEMO_MENT,
    HD_IMEMO_ISEQ,
    HD_IMEMO_CALLINFO,
    HD_IMEMO_CALLCACHE,
    HD_IMEMO_CONSTCACHE,
    HD_IMEMO_FIELDS,
    HD_IMEMO_CDHASH,
};

/*
 * Checks which functions this Ruby exports, and checks the layouts with known objects. `without` is
 * a list of capabilities that stay off, separated by commas ("all": all of them; may be NULL). For
 * each name in it that is no capability, a line is written to stderr. Runs Ruby code: call it once,
 * from Init. Returns NULL, or the name of a function without which this Ruby cannot be dumped.
 */
const char *hd_mri_init(const char *without);

/* True if the check of this capability has passed. */
static inline bool hd_can(enum hd_capability capability);
const char *hd_capability_name(enum hd_capability capability);

/* heap.c: the heap as a whole. */
/*
 * False for a minor version of Ruby whose layout is not known. There only what public functions
 * report is available.
 */
bool hd_mri_is_known(void);
typedef int hd_page_fn(void *start, void *end, size_t stride, void *data);
void hd_mri_each_page(hd_page_fn *fn, void *data);
/* Calls the mark function of a T_DATA object, which may do anything (guard/foreign.h). */
void hd_mri_references(VALUE obj, void (*fn)(VALUE ref, void *data), void *data);
void hd_mri_roots(void (*fn)(const char *category, VALUE ref, void *data), void *data);
/* Has fn called when MRI finds a bug in itself, before it aborts. */
void hd_mri_on_bug(void (*fn)(void));
/*
 * Calls fn(data) once, while no other Ractor changes what all Ractors share. `several` is true if
 * there are other Ractors. fn may fork; the child must not return from fn. In the child no lock of
 * MRI is held by a thread that does not exist there. This cannot be promised for Ruby 3.1.
 */
void hd_mri_stop_ractors(bool several, void (*fn)(void *data), void *data);
/*
 * Calls fn(data) once. If something is raised inside of hd_mri_references and caught inside of fn,
 * MRI stays in the state in which it reports references instead of marking objects. When this
 * function returns, MRI marks again.
 */
void hd_mri_contain_marking(void (*fn)(void *data), void *data);
/* True if the finalizer tables are not among the roots that MRI reports. */
bool hd_mri_hides_finalizers(void);
/* True if such a table begins with the id of its object. */
bool hd_mri_finalizers_have_ids(void);

/* True for types that stand for an object: neither free, nor waiting to be finalized, nor moved. */
static inline bool
hd_mri_is_object(VALUE obj) {
    int type = RB_BUILTIN_TYPE(obj);
    return RBASIC(obj)->flags != 0 && type != RUBY_T_NONE && type != RUBY_T_ZOMBIE &&
           type != RUBY_T_MOVED;
}

/* The ID of a static symbol, which is in the bits above its tag. */
static inline ID
hd_mri_static_symbol_id(VALUE symbol) {
    return (ID)(symbol >> RUBY_SPECIAL_SHIFT);
}

/* gc.c: the state of an object in the GC. */
enum hd_gc_flag {
    HD_OLD = 1,
    HD_PINNED = 2,
    HD_REMEMBERED = 4,
    HD_UNPROTECTED = 8,
    HD_MARKED = 16, /* by the GC that marks now, or that has marked last */
};
unsigned hd_mri_gc_flags(VALUE obj);
/*
 * What MRI reports about the state of an object in the GC, with MRI's own names. hd_mri_gc_facts
 * writes at most `max` facts and returns their number.
 */
struct hd_gc_fact {
    ID name;
    VALUE value; /* true, or a Fixnum */
};
size_t hd_mri_gc_facts(VALUE obj, struct hd_gc_fact *facts, size_t max);

/* fields.c: flags and fields of any object. */
/* Calls the size function of a T_DATA object, which may do anything (guard/foreign.h). */
size_t hd_mri_memsize(VALUE obj);
/*
 * dying.c: the same for an object that the GC is about to free. Size functions of extensions that
 * do not come with Ruby are not called, because they might follow references to objects that were
 * freed: then, and for internal objects of MRI that have code, it is the size of the slot.
 */
size_t hd_mri_memsize_dying(VALUE obj);
/*
 * dying.c: whether other objects may be let go of when an object is freed, or later, so that only
 * the next GC frees them: it has a finalizer, or a function of an extension frees it. Also for
 * files that are open, and for symbols, whose texts a table holds as long as the symbols live.
 */
bool hd_mri_may_let_go(VALUE dying);
/* dying.c: the bytes of the slot of an object; of a new one, too. */
size_t hd_mri_slot_size(VALUE obj);
/* The folder of the extensions that come with Ruby, without which none of them is known. */
void hd_mri_set_library(const char *folder);
/* True if there is memory at this address, as far as this system tells. */
bool hd_mri_is_mapped(const void *address);
static inline bool hd_mri_shareable(VALUE obj);
/*
 * Has the processor read what the object in this slot will be asked for, if that is in other
 * memory. Returns at once; nothing else happens, whatever is in the slot.
 */
static inline void hd_mri_fetch_ahead(VALUE slot);
/*
 * True if it is known that MRI marks from obj only its class, its elements or its entries and
 * default, or the instance variables that rb_ivar_foreach yields. False if that is not known.
 */
static inline bool hd_mri_marks_what_is_named(VALUE obj);
static inline bool hd_mri_has_generic_ivars(VALUE obj);
/*
 * True if it is known that obj has no memory but its slot: then hd_mri_memsize, which takes longer,
 * says how large that is.
 */
static inline bool hd_mri_is_in_slot(VALUE obj);
/*
 * True if MRI stores the instance variables of all objects but plain ones in a separate object, an
 * imemo `fields`.
 */
static inline bool hd_mri_keeps_fields_apart(void);
/* True if `ref`, a reference of obj that MRI has reported, is this separate object of obj. */
bool hd_mri_is_fields_of(VALUE ref, VALUE obj);
bool hd_mri_is_singleton(VALUE klass);
/* The object that a singleton class belongs to; 0 if it is not known. */
VALUE hd_mri_attached(VALUE singleton);
static inline bool hd_mri_object_embedded(VALUE object);
static inline bool hd_mri_array_shared(VALUE array);
static inline bool hd_mri_array_embedded(VALUE array);
/* NULL without the capability `storage`. */
static inline const VALUE *hd_mri_array_elements(VALUE array);
/*
 * Where the elements of this array are, if that is in MRI's transient heap (Ruby < 3.3); else NULL.
 */
const void *hd_mri_transient(VALUE array);
static inline bool hd_mri_string_shared(VALUE string);
static inline bool hd_mri_string_embedded(VALUE string);
/* The default value or proc of a hash; Qundef if it is not known. */
VALUE hd_mri_hash_default(VALUE hash);
bool hd_mri_hash_default_is_proc(VALUE hash);
bool hd_mri_hash_by_identity(VALUE hash);
void hd_mri_hash_each(VALUE hash, int (*fn)(VALUE key, VALUE value, VALUE data), VALUE data);
struct hd_file {
    int fd;
    VALUE path;
};
bool hd_mri_file(VALUE file, struct hd_file *out);

/*
 * fields.c: reads a global variable of any name. That calls its getter, which may allocate, run
 * Ruby code and raise. Returns false if this MRI does not export the function for it.
 */
bool hd_mri_global(ID name, VALUE *value);

/* data.c: T_DATA. */
const char *hd_mri_data_struct(VALUE data);
/* True if MRI's own dump says that the memory of the object is not freed with it. */
bool hd_mri_data_is_freed_later(VALUE data);
/*
 * A pointer that identifies the type of a T_DATA: objects with the same one have the same
 * functions.
 */
const void *hd_mri_data_type(VALUE data);
enum hd_data_kind hd_mri_data_kind(VALUE data);
/* True for a T_DATA of this kind; `v` may be any object. */
bool hd_mri_is_data(VALUE v, enum hd_data_kind kind);
void *hd_mri_data_pointer(VALUE data);
void hd_mri_set_each(VALUE set, int (*fn)(VALUE element, VALUE data), VALUE data);
/* Calls fn for each live entry of a WeakMap or WeakKeyMap. */
void hd_mri_weak_each(const struct hd_pages *pages, VALUE map, enum hd_data_kind kind,
                      int (*fn)(VALUE key, VALUE value, void *data), void *data);
struct hd_enumerator {
    VALUE receiver, args;
    ID method;
};
void hd_mri_enumerator(VALUE data, struct hd_enumerator *out);
VALUE hd_mri_method_receiver(VALUE data);

/* code.c: iseqs, method entries, blocks, environments. */
struct hd_code {
    VALUE label, path;   /* Strings or 0 */
    VALUE base_label;    /* the label without "block in": a String or 0 */
    VALUE place;         /* the object that holds the path: that String, or an Array, or 0 */
    VALUE parent, local; /* iseqs, or 0 */
    const char *type;
    int line;
    const ID *locals;
    unsigned locals_size;
};
bool hd_mri_code(const struct hd_pages *pages, VALUE iseq, struct hd_code *out);
bool hd_mri_is_iseq(const struct hd_pages *pages, VALUE v);

struct hd_method_entry {
    ID called, original; /* original: 0 if the entry has no definition */
    VALUE owner, defined_class;
    VALUE original_module;  /* since Ruby 4.1: where the method was written first; else 0 */
    const char *definition; /* NULL for an entry that says that there is no such method */
    const char *visibility;
    VALUE iseq, cref, proc, alias_of; /* 0 if this kind of definition has none */
    ID attribute;
    VALUE location; /* where an attribute is defined: an Array of file and line, or 0 */
};
bool hd_mri_method_entry(const struct hd_pages *pages, VALUE entry, struct hd_method_entry *out);
bool hd_mri_is_method_entry(const struct hd_pages *pages, VALUE v);
/*
 * Two questions about a reference that MRI has reported, which therefore need not pass the gate:
 * under which name `ref` is a method of `owner` (0 if it is none), and whether `ref` is code that
 * is written directly inside of `parent`.
 */
ID hd_mri_method_name(VALUE ref, VALUE owner);
bool hd_mri_is_code_within(VALUE ref, VALUE parent);

/*
 * operands.c: what the instructions of an iseq refer to. Calls fn for each operand that may be an
 * object, and for each call that may have a cache. Neither is sure to be an object: MRI must have
 * reported it as a reference of the iseq before it may be followed. If MRI has, it is what it is
 * said to be here. `position` is that of the operand, for hd_mri_line_at. fn returns false to end
 * it.
 */
struct hd_operand {
    VALUE object;     /* a literal, or code that is written in this one; or 0 */
    VALUE call_cache; /* that of a call, or 0 */
    unsigned position;
};
void hd_mri_each_operand(const struct hd_pages *pages, VALUE iseq,
                         bool (*fn)(const struct hd_operand *operand, void *data), void *data);
/* The line of the source of which the code at this position was made; 0 if it is not known. */
int hd_mri_line_at(VALUE iseq, unsigned position);

enum hd_block_type { HD_BLOCK_ISEQ, HD_BLOCK_IFUNC, HD_BLOCK_SYMBOL, HD_BLOCK_PROC };
struct hd_block {
    enum hd_block_type type;
    VALUE self, env, code; /* code: an iseq, ifunc, symbol or proc, depending on `type` */
    bool lambda, from_method;
};
bool hd_mri_block(const struct hd_pages *pages, VALUE data, struct hd_block *out);

struct hd_env {
    const VALUE *locals; /* `names_size` of them; NULL if `names` is NULL */
    const ID *names;
    unsigned names_size;
    VALUE iseq, parent, entry, cref, block; /* 0 where there is none */
};
bool hd_mri_env(const struct hd_pages *pages, VALUE env, struct hd_env *out);

/*
 * imemo.c: the other imemos. Each kind has up to three words that have names. In the list of these
 * an offset of 0 ends the list.
 */
enum hd_imemo hd_mri_imemo(VALUE imemo);
const char *hd_mri_imemo_name(VALUE imemo);
struct hd_imemo_field {
    struct hd_field field;
    size_t offset;
};
const struct hd_imemo_field *hd_mri_imemo_fields(enum hd_imemo kind);
VALUE hd_mri_word(VALUE obj, size_t offset);
/* The method name of a callinfo, 0 if it has none. */
ID hd_mri_callinfo_method(VALUE callinfo);
/* The name by which the method of a callcache is called; 0 if it is not known. */
ID hd_mri_callcache_method(const struct hd_pages *pages, VALUE callcache);

/*
 * jit.c: the module of the compiler that runs (RubyVM::YJIT) and its name ("yjit"); nil if none
 * does. Calls methods of the module, which may raise. Ask before frames are read: those of ZJIT
 * are read in another way, and the program may have switched it on meanwhile.
 */
VALUE hd_mri_ask_jit(const char **name);

/*
 * stack.c: threads, fibers and their frames. A frame without `iseq` runs a C function, or code of
 * which MRI does not say in a way that is known what it is.
 */
struct hd_frame {
    VALUE self, iseq, env, entry, svar; /* 0 if there is none */
    int line;
    const VALUE *locals; /* the locals if they are on the stack; NULL if they are in `env` */
    struct hd_code code; /* valid if `iseq` is not 0 */
};
/* The execution context of a thread or fiber; NULL if there is none or it is not known. */
const void *hd_mri_thread_context(VALUE thread);
const void *hd_mri_fiber_context(VALUE fiber);
/*
 * The Fiber of this context; 0 if there is none: the first fiber of a thread has no object until
 * the program asks for it.
 */
VALUE hd_mri_context_fiber(const void *context);
/* True if its thread runs in this context now. */
bool hd_mri_context_is_current(const void *context);
bool hd_mri_context_has_stack(const void *context);
/*
 * From now on no interrupt of this context has an effect: MRI gives the VM's lock to no other
 * thread, and runs no handlers and postponed jobs. Only for a copy of the process, in which there
 * are no other threads.
 */
void hd_mri_ignore_interrupts(const void *context);
/*
 * Where the stacks of a context are; false if it has none or that is not known. The native stack
 * grows downwards from `native_end`. The VM stack lies directly above it, in the same block of
 * memory; only that of the main thread is somewhere else.
 */
struct hd_stack_bounds {
    uintptr_t vm, vm_end, native, native_end;
};
bool hd_mri_context_stacks(const void *context, struct hd_stack_bounds *out);
/*
 * The bytes that are left of the native stack of the running thread or fiber; SIZE_MAX if that is
 * not known. MRI keeps a fifth of a thread's stack (a MiB at most) for its own needs: it is not
 * counted.
 */
size_t hd_mri_stack_left(void);
void hd_mri_each_frame(const struct hd_pages *pages, const void *context,
                       void (*fn)(const struct hd_frame *frame, void *data), void *data);
void hd_mri_each_fiber_local(const void *context, void (*fn)(ID name, VALUE value, void *data),
                             void *data);

/*
 * holders.c: what MRI keeps in the structs of threads, fibers and ractors. The functions call fn
 * for words that may hold a reference, each with the name of its field; the caller names a
 * reference only if MRI marks it. `value` may be any word.
 */
typedef void hd_part_fn(struct hd_field field, VALUE value, void *data);
void hd_mri_each_thread_field(const struct hd_pages *pages, VALUE thread, hd_part_fn *fn,
                              void *data);
void hd_mri_each_context_field(const void *context, hd_part_fn *fn, void *data);
void hd_mri_each_fiber_field(VALUE fiber, hd_part_fn *fn, void *data);
void hd_mri_each_ractor_field(VALUE ractor, hd_part_fn *fn, void *data);
/* Ractor.current[:name] */
void hd_mri_each_ractor_local(VALUE ractor, void (*fn)(ID name, VALUE value, void *data),
                              void *data);

/* vm.c: what MRI holds for the whole process. */
void hd_mri_each_vm_field(hd_part_fn *fn, void *data);
/* $0, now and at the beginning. Needs HD_CAN_TRAP_HANDLERS. */
void hd_mri_each_program_name(const struct hd_pages *pages, hd_part_fn *fn, void *data);
/* The handlers of signals: the name without "SIG", "EXIT" for the end of the process. */
void hd_mri_each_trap_handler(void (*fn)(const char *name, VALUE handler, void *data), void *data);
/*
 * The objects of rb_gc_register_mark_object, and the lists in which MRI keeps them. Since Ruby 3.4
 * there is only the first list, of kind HD_DATA_PIN_LIST: such lists hold the objects. Since Ruby
 * 4.1 each Ractor has such a list (a field of it) or an array that is no object; these are those
 * of the main Ractor.
 */
void hd_mri_each_pinned(const struct hd_pages *pages,
                        void (*fn)(VALUE pinned, bool is_list, void *data), void *data);
/* The variables of rb_gc_register_address and rb_global_variable, newest first. */
void hd_mri_each_address(void (*fn)(const VALUE *variable, void *data), void *data);
/* True if MRI marks these variables as root "vm", false if as root "global_list". */
bool hd_mri_addresses_are_of_vm(void);

/*
 * unnamed.c: what an instance variable is for whose ID MRI has no name: the receiver of a NameError
 * or FrozenError, the code that raised it, and what a packed string points to.
 */
enum hd_unnamed {
    HD_UNNAMED_RECEIVER,
    HD_UNNAMED_ISEQ,
    HD_UNNAMED_ASSOCIATED,
    HD_UNNAMED /* their number; no ID is one of these */
};
enum hd_unnamed hd_mri_unnamed(ID id);

/* modules.c: constants. */
struct hd_constant {
    ID name;
    VALUE value; /* Qundef if the constant has not been autoloaded yet */
    VALUE file;  /* String, or 0 */
    int line;
};
void hd_mri_each_constant(const struct hd_pages *pages, VALUE module,
                          void (*fn)(const struct hd_constant *constant, void *data), void *data);

/* tracing.c: what ObjectSpace.trace_object_allocations has recorded. */
struct hd_allocation {
    const char *file;
    unsigned long line;
    VALUE method; /* String, or 0 */
    size_t generation;
};
/* The table of a TracePoint object if it is objspace's allocation tracer and enabled, else NULL. */
const void *hd_mri_allocation_table(VALUE tracepoint);
/*
 * Call this before a dump, while Ruby code may still run. Makes an object and asks objspace where
 * it was allocated; may raise. Returns the object, or nil if no allocations are traced. The caller
 * holds the object on the stack until the dump is made.
 */
VALUE hd_mri_make_traced_object(void);
/*
 * True if the table is one of MRI's own kind, can be read, and says the same about that object (if
 * there is none, for example because the dump was asked for outside of a frame, that is not
 * compared). Otherwise switches `allocations` off. It makes a small table by MRI's own function; if
 * there is no memory for that, NoMemoryError is raised.
 */
bool hd_mri_allocations_are_right(const struct hd_pages *pages, const void *table);
/* What the table says about an object. Returns false if it says nothing. */
bool hd_mri_allocation(const struct hd_pages *pages, const void *table, VALUE obj,
                       struct hd_allocation *out);

#include "mri/flags.h"

#endif
