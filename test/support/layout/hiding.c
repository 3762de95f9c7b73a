/*
 * Included by layout.c in a build of the tests alone: an MRI that does not mark regular
 * expressions. The build gives MRI's own function the name below.
 */
#include <dlfcn.h>

#define HD_AS_DEFINITION(name, offset) int name = (offset);
HD_OFFSETS(HD_AS_DEFINITION) /* where they are */
#define moved_layout(layout) (layout)

struct asking {
    void (*fn)(VALUE, void *);
    void *data;
};

static void
tell_others(VALUE ref, void *data) {
    const struct asking *asking = data;
    if (RB_BUILTIN_TYPE(ref) != RUBY_T_REGEXP) asking->fn(ref, asking->data);
}

void
hd_hiding_references(VALUE obj, void (*fn)(VALUE, void *), void *data) {
    static void (*real)(VALUE, void (*)(VALUE, void *), void *);
    if (!real) real = dlsym(RTLD_DEFAULT, "rb_objspace_reachable_objects_from");
    struct asking asking = {fn, data};
    real(obj, tell_others, &asking);
}
