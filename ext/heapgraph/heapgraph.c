/*
 * HeapDump::Graph: what Ruby sees of the reader. The only file here that includes ruby.h.
 */
#include <ruby.h>

RUBY_FUNC_EXPORTED void
Init_heapgraph(void) {
    VALUE heapdump = rb_define_module("HeapDump");
    VALUE graph = rb_define_class_under(heapdump, "Graph", rb_cObject);
    rb_undef_alloc_func(graph);
}
