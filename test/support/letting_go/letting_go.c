/*
 * Objects that hold another one until they are freed, not by a reference but by a global list, as
 * handles of libraries do. So the other one can only be freed by the next GC.
 *
 *   LettingGo::Immediate.new(held)   freed while MRI sweeps
 *   LettingGo::Later.new(held)       freed after the GC
 *   LettingGo::Untyped.new(held)     of the old kind of T_DATA
 *   LettingGo::Nameless.new(held)    its type has no name
 *
 * Two of them also say that they are larger than any memory:
 *
 *   LettingGo::Huge.new(held)        of as many bytes as a number can say
 *   LettingGo::HalfHuge.new(held)    of half as many
 */
#include <ruby.h>

static VALUE *
keep(VALUE held) {
    VALUE *kept = ALLOC(VALUE);
    *kept = held;
    rb_gc_register_address(kept);
    return kept;
}

static void
let_go(void *data) {
    rb_gc_unregister_address(data);
    xfree(data);
}

static const rb_data_type_t immediate = {
    .wrap_struct_name = "letting_go/immediate",
    .function = {.dfree = let_go},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

static const rb_data_type_t later = {
    .wrap_struct_name = "letting_go/later",
    .function = {.dfree = let_go},
};

static size_t
size_of_nameless(const void *data) {
    return data ? sizeof(VALUE) : 0;
}

static const rb_data_type_t nameless = {
    .function = {.dfree = let_go, .dsize = size_of_nameless},
};

static size_t
size_of_huge(const void *data) {
    return data ? SIZE_MAX : 0;
}

static const rb_data_type_t huge = {
    .wrap_struct_name = "letting_go/huge",
    .function = {.dfree = let_go, .dsize = size_of_huge},
};

static size_t
size_of_half_huge(const void *data) {
    return data ? SIZE_MAX / 2 : 0;
}

static const rb_data_type_t half_huge = {
    .wrap_struct_name = "letting_go/half huge",
    .function = {.dfree = let_go, .dsize = size_of_half_huge},
};

static VALUE
new_huge(VALUE klass, VALUE held) {
    return TypedData_Wrap_Struct(klass, &huge, keep(held));
}

static VALUE
new_half_huge(VALUE klass, VALUE held) {
    return TypedData_Wrap_Struct(klass, &half_huge, keep(held));
}

static VALUE
new_immediate(VALUE klass, VALUE held) {
    return TypedData_Wrap_Struct(klass, &immediate, keep(held));
}

static VALUE
new_later(VALUE klass, VALUE held) {
    return TypedData_Wrap_Struct(klass, &later, keep(held));
}

static VALUE
new_untyped(VALUE klass, VALUE held) {
    return Data_Wrap_Struct(klass, NULL, let_go, keep(held));
}

static VALUE
new_nameless(VALUE klass, VALUE held) {
    return TypedData_Wrap_Struct(klass, &nameless, keep(held));
}

static void
define(VALUE module, const char *name, VALUE (*new)(VALUE, VALUE)) {
    VALUE klass = rb_define_class_under(module, name, rb_cObject);
    rb_undef_alloc_func(klass);
    rb_define_singleton_method(klass, "new", new, 1);
}

void
Init_letting_go(void) {
    VALUE module = rb_define_module("LettingGo");
    define(module, "Immediate", new_immediate);
    define(module, "Later", new_later);
    define(module, "Untyped", new_untyped);
    define(module, "Nameless", new_nameless);
    define(module, "Huge", new_huge);
    define(module, "HalfHuge", new_half_huge);
}
