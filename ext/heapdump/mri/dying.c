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

/* True if the function belongs to Ruby or to one of the extensions that come with it. */
static bool
is_of_ruby(const void *function) {
    Dl_info own, of_ruby;
    if (!dladdr(function, &own) || !dladdr((const void *)(uintptr_t)rb_gc_start, &of_ruby))
        return false;
    if (own.dli_fbase == of_ruby.dli_fbase) return true;
    return library[0] && own.dli_fname && strncmp(own.dli_fname, library, strlen(library)) == 0;
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
        known[slot].answer = reads_itself(type->wrap_struct_name) ||
                             (!reads_code(type->wrap_struct_name) && is_of_ruby(function));
    }
    return known[slot].answer;
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
