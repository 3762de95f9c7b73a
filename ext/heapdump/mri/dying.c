/*
 * Objects that the GC is about to free, one after another: those that an object refers to may have
 * been freed before it, so nothing may be asked of the object that follows a reference.
 */
#include "mri/internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_MINCORE
#    include <sys/mman.h>
#endif

enum { LEAST_SLOT = 40, TYPES = 64 };

size_t
hd_mri_slot_size(VALUE obj) {
    return rb_gc_obj_slot_size ? rb_gc_obj_slot_size(obj) : LEAST_SLOT;
}

/* These size functions follow a reference to code. */
static bool
reads_code(const char *name) {
    return strstr(name, "iseq") || strstr(name, "AST");
}

static char library[4096]; /* the folder in which Ruby has its own extensions, with a "/" */

void
hd_mri_set_library(const char *folder) {
    size_t size = strlen(folder);
    library[0] = 0;
    if (size == 0 || size + 2 > sizeof library) return;
    memcpy(library, folder, size);
    memcpy(library + size, "/", 2);
}

bool
hd_mri_is_mapped(const void *address) {
#ifdef HAVE_MINCORE
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)address / page * page;
    unsigned char resident;
    return mincore((void *)start, 1, (void *)&resident) == 0 || errno != ENOMEM;
#else
    (void)address;
    return true;
#endif
}

/* True if the function belongs to Ruby itself. */
static bool
is_of_interpreter(const void *function) {
    Dl_info own, of_ruby;
    return dladdr(function, &own) && dladdr((const void *)(uintptr_t)rb_gc_start, &of_ruby) &&
           own.dli_fbase == of_ruby.dli_fbase;
}

/* True if the function belongs to Ruby or to one of the extensions that come with it. */
static bool
is_of_ruby(const void *function) {
    Dl_info own;
    if (is_of_interpreter(function)) return true;
    if (!dladdr(function, &own)) return false;
    return library[0] && own.dli_fname && strncmp(own.dli_fname, library, strlen(library)) == 0;
}

/* The name of a type; empty if the extension gives it none, which MRI allows. */
static const char *
name_of(const rb_data_type_t *type) {
    return type->wrap_struct_name ? type->wrap_struct_name : "";
}

/* Types of extensions that come with Ruby but are also gems. They count their own struct alone. */
static bool
reads_itself(const char *name) {
    static const char *const names[] = {"strio", "StringScanner", "BigDecimal"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) return true;
    }
    return false;
}

/* What is known of a type of T_DATA, so that it is found out once. */
static bool
may_be_asked(VALUE data) {
    static struct {
        const rb_data_type_t *type;
        bool answer;
    } known[TYPES];
    if (!RTYPEDDATA_P(data)) return true; // it has no size function
    const rb_data_type_t *type = RTYPEDDATA_TYPE(data);
    if (!type->function.dsize) return true;
    size_t slot = (uintptr_t)type / sizeof(void *) % TYPES;
    if (known[slot].type != type) {
        known[slot].type = type;
        const void *function = (const void *)(uintptr_t)type->function.dsize;
        known[slot].answer = reads_itself(name_of(type)) ||
                             (!reads_code(name_of(type)) && is_of_ruby(function));
    }
    return known[slot].answer;
}

/* The function that frees a T_DATA, NULL if that is free() or none. */
static RUBY_DATA_FUNC
free_function(VALUE data) {
    RUBY_DATA_FUNC function = RTYPEDDATA_P(data) ? RTYPEDDATA_TYPE(data)->function.dfree
                                                 : ((struct RData *)data)->dfree;
    return function == RUBY_DEFAULT_FREE ? NULL : function;
}

/* Whether it is known of a function of an extension that it frees memory and no more. */
static bool
only_frees(VALUE data) {
    if (!RTYPEDDATA_P(data)) return false;
    const char *name = name_of(RTYPEDDATA_TYPE(data));
    return reads_itself(name) || strncmp(name, "HeapDump::", 10) == 0 ||
           strcmp(name, "heapdump/allocations") == 0;
}

/* The same as is_of_interpreter, which is asked once for most functions. */
static bool
belongs_to_ruby(RUBY_DATA_FUNC function) {
    static struct {
        RUBY_DATA_FUNC function;
        bool answer;
    } known[TYPES];
    size_t slot = (uintptr_t)function / 16 % TYPES;
    if (known[slot].function != function) {
        known[slot].function = function;
        known[slot].answer = is_of_interpreter((const void *)(uintptr_t)function);
    }
    return known[slot].answer;
}

/* Whether closing a file is left to the GC: an extension may have given it a function for that. */
static bool
is_open(VALUE file) {
    struct hd_file known;
    return hd_mri_file(file, &known) && known.fd >= 0;
}

bool
hd_mri_may_let_go(VALUE dying) {
    if (RB_FL_TEST_RAW(dying, RUBY_FL_FINALIZE)) return true;
    switch (RB_BUILTIN_TYPE(dying)) {
    case RUBY_T_FILE:
        return is_open(dying);
    case RUBY_T_SYMBOL:
        return true;
    case RUBY_T_DATA: {
        RUBY_DATA_FUNC function = free_function(dying);
        if (!function) return false;
        return !belongs_to_ruby(function) && !only_frees(dying);
    }
    default:
        return false;
    }
}

size_t
hd_mri_memsize_dying(VALUE obj) {
    switch (RB_BUILTIN_TYPE(obj)) {
    case RUBY_T_DATA:
        return may_be_asked(obj) ? hd_mri_memsize(obj) : hd_mri_slot_size(obj);
    case RUBY_T_NODE:
        return hd_mri_slot_size(obj);
    case RUBY_T_IMEMO: {
        enum hd_imemo kind = hd_mri_imemo(obj);
        return kind == HD_IMEMO_ENV || kind == HD_IMEMO_MENT ? hd_mri_memsize(obj)
                                                             : hd_mri_slot_size(obj);
    }
    default:
        return hd_mri_memsize(obj);
    }
}
