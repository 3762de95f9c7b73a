/* Roots and references of which only C code can make many:
 *
 * Many.addresses(objects)      rb_gc_register_address for each of them
 * Many.mark_objects(objects)   rb_gc_register_mark_object for each of them
 * Many.on_stack(objects) { }   they lie on the machine stack while the block runs
 * Many::Holder.new(objects)    an object whose mark function marks them all */
#include <ruby.h>
#include <alloca.h>
#include <stdlib.h>
#include <string.h>

struct holder {
    long size;
    VALUE *objects;
};

static VALUE *
copy_of(VALUE array) {
    long size = RARRAY_LEN(array);
    VALUE *objects = xcalloc((size_t)size, sizeof(VALUE));
    for (long i = 0; i < size; i++) objects[i] = RARRAY_AREF(array, i);
    return objects;
}

static void
holder_mark(void *data) {
    struct holder *holder = data;
    for (long i = 0; i < holder->size; i++) rb_gc_mark(holder->objects[i]);
}

static void
holder_free(void *data) {
    struct holder *holder = data;
    xfree(holder->objects);
    xfree(holder);
}

static const rb_data_type_t holder_type = {
    .wrap_struct_name = "many/holder",
    .function = {.dmark = holder_mark, .dfree = holder_free},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

static VALUE
holder_allocate(VALUE klass) {
    struct holder *holder;
    return TypedData_Make_Struct(klass, struct holder, &holder_type, holder);
}

static VALUE
holder_initialize(VALUE self, VALUE objects) {
    struct holder *holder = rb_check_typeddata(self, &holder_type);
    holder->objects = copy_of(objects);
    holder->size = RARRAY_LEN(objects);
    RB_GC_GUARD(objects);
    return self;
}

/* The memory is for the life of the process, as the roots in it are. */
static VALUE
many_addresses(VALUE self, VALUE objects) {
    VALUE *roots = copy_of(objects);
    for (long i = 0; i < RARRAY_LEN(objects); i++) rb_gc_register_address(&roots[i]);
    return Qnil;
}

static VALUE
many_mark_objects(VALUE self, VALUE objects) {
    for (long i = 0; i < RARRAY_LEN(objects); i++) {
        rb_gc_register_mark_object(RARRAY_AREF(objects, i));
    }
    return Qnil;
}

static VALUE
many_on_stack(VALUE self, VALUE objects) {
    size_t size = (size_t)RARRAY_LEN(objects) * sizeof(VALUE);
    volatile VALUE *stack = alloca(size + sizeof(VALUE));
    stack[0] = Qnil;
    for (long i = 0; i < RARRAY_LEN(objects); i++) stack[i] = RARRAY_AREF(objects, i);
    VALUE result = rb_yield(Qnil);
    RB_GC_GUARD(objects);
    return stack[0] == Qundef ? Qnil : result;
}

void
Init_many(void) {
    VALUE many = rb_define_module("Many");
    VALUE holder = rb_define_class_under(many, "Holder", rb_cObject);

    rb_define_singleton_method(many, "addresses", many_addresses, 1);
    rb_define_singleton_method(many, "mark_objects", many_mark_objects, 1);
    rb_define_singleton_method(many, "on_stack", many_on_stack, 1);
    rb_define_alloc_func(holder, holder_allocate);
    rb_define_method(holder, "initialize", holder_initialize, 1);
}
