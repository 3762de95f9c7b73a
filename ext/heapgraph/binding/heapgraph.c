/*
 * HeapDump::Graph: what Ruby sees of the reader. Here are loading and single nodes; answers.c and
 * objects.c have the questions to the whole graph.
 */
#include "binding/binding.h"
#include "reading/brief.h"
#include "graph/load.h"
#include "kept/indexfile.h"

#include <ruby/thread.h>

/*
 *  call-seq: graph.node(number) -> array
 *
 * The facts of a node: its address (0 for roots), type, bytes, flags, class (a number), the name of
 * the class, the word of the node, the place and the GC count of its allocation. nil if a fact is
 * not known.
 */
static VALUE
graph_node(VALUE self, VALUE number) {
    const struct binding *binding = hgb_loaded(self);
    const struct hg_graph *graph = binding->analysis.graph;
    uint32_t node = hgb_node(binding, number);
    uint32_t class = hg_real_class(graph, node);
    VALUE facts[] = {
        ULL2NUM(hg_address(graph, node)),
        INT2FIX(hg_type(graph, node)),
        ULL2NUM(hg_memsize(graph, node)),
        INT2FIX(hg_flags(graph, node)),
        hgb_node_or_nil(class),
        class == HG_NO_NODE ? Qnil : hgb_text(graph, hg_label(graph, class)),
        hgb_text(graph, hg_label(graph, node)),
        hg_has_column(&graph->location) ? hgb_text(graph, hg_location(graph, node)) : Qnil,
        hg_has_column(&graph->generation) ? hgb_node_or_nil(hg_generation(graph, node)) : Qnil,
    };
    return rb_ary_new_from_values(sizeof(facts) / sizeof(*facts), facts);
}

/* call-seq: graph.string(number) -> string */
static VALUE
graph_string(VALUE self, VALUE number) {
    return hgb_text(hgb_loaded(self)->analysis.graph, NUM2UINT(number));
}

/* call-seq: graph.node_at(address) -> integer or nil */
static VALUE
graph_node_at(VALUE self, VALUE address) {
    return hgb_node_or_nil(hg_node_at(hgb_loaded(self)->analysis.graph, NUM2ULL(address)));
}

/*
 *  call-seq: graph.edges(node, offset, limit) -> [total, [name, target, …]]
 *
 * The references of a node with their names, as in graph.h. The class of the node comes first.
 */
static VALUE
graph_edges(VALUE self, VALUE number, VALUE offset, VALUE limit) {
    const struct binding *binding = hgb_loaded(self);
    const struct hg_graph *graph = binding->analysis.graph;
    uint32_t node = hgb_node(binding, number);
    uint32_t class = hg_class(graph, node);
    uint64_t first = hg_first(graph, node), has_class = class != HG_NO_NODE;
    uint64_t total = hg_first(graph, node + 1) - first + has_class;
    uint64_t from = hgb_amount(offset), to = from + hgb_limit(binding, limit);
    VALUE edges = rb_ary_new();
    for (uint64_t i = from; i < to && i < total; i++) {
        bool is_class = has_class && i == 0;
        uint64_t at = first + i - has_class;
        rb_ary_push(edges, UINT2NUM(is_class ? hg_edge_name(HG_E_CLASS, HG_PAYLOAD_NONE)
                                             : hg_name(graph, at)));
        rb_ary_push(edges, UINT2NUM(is_class ? class : hg_target(graph, at)));
    }
    return rb_assoc_new(ULL2NUM(total), edges);
}

struct load {
    const char *path; /* "-" is standard input */
    struct hg_load_options options;
    bool index;
};

static enum hg_status
load_dump(struct binding *self, const struct load *load) {
    struct hg_source *source;
    enum hg_status status = strcmp(load->path, "-") == 0
                                ? hg_source_open_fd(0, "standard input", &self->task, &source)
                                : hg_source_open(load->path, &self->task, &source);
    if (status != HG_OK) return status;
    status = hg_load(source, &load->options, &self->task, &self->analysis.graph);
    if (status != HG_OK) hg_source_free(source);
    return status;
}

/*
 * Loads a dump, from its index if it has one that fits. It is no error if an index cannot be
 * written.
 */
static enum hg_status
load(struct binding *self, void *data) {
    const struct load *load = data;
    struct hg_analysis *analysis = &self->analysis;
    enum hg_status status = HG_OK;
    if (load->index) status = hg_index_open(load->path, &self->task, analysis);
    if (status != HG_OK || analysis->graph) return status;
    status = load_dump(self, load);
    if (status != HG_OK || !load->index) return status;

    if (hg_index_begin(load->path, analysis, &self->task) != HG_STOPPED) return HG_OK;
    hg_analysis_free(analysis);
    return HG_STOPPED;
}

/*
 *  call-seq: graph.load(path, strict, index) -> graph
 *
 * Reads a dump; "-" is standard input. This can be done once for each graph. With index, it takes
 * what #save_index has kept, or else prepares for #save_index.
 */
static VALUE
graph_load(VALUE self, VALUE path, VALUE strict, VALUE index) {
    struct binding *binding = hgb_any(self);
    if (!NIL_P(binding->path)) rb_raise(rb_eArgError, "this graph has been loaded already");
    StringValueCStr(path);
    RB_OBJ_WRITE(self, &binding->path, rb_str_new_frozen(path));
    struct load options = {
        .path = RSTRING_PTR(binding->path),
        /*
         * The tree gets the memory of the arrays that go to the index; nothing else need be kept
         * for it.
         */
        .options = {.strict = RTEST(strict), .frugal = RTEST(index)},
        .index = RTEST(index),
    };
    hgb_run(binding, load, &options, NULL);
    return self;
}

/*
 *  call-seq: graph.build_all -> nil
 *
 * Builds all parts that answers need, but those that only comparisons need.
 */
static VALUE
graph_build_all(VALUE self) {
    hgb_with_all(self);
    return Qnil;
}

struct save {
    const char *path;
    enum hg_status status;
};

static enum hg_status
save_index(struct binding *self, void *data) {
    struct save *save = data;
    save->status = hg_index_save(save->path, &self->analysis, &self->task);
    return save->status == HG_STOPPED ? HG_STOPPED : HG_OK;
}

/*
 *  call-seq: graph.save_index -> true or false
 *
 * Keeps everything that can be computed from the dump in a file beside it. Returns false if that
 * cannot be written. A graph that came from an index has one already, and takes each part of it
 * when it is needed.
 */
static VALUE
graph_save_index(VALUE self) {
    struct binding *binding = hgb_loaded(self);
    if (hg_index_is_kept(&binding->analysis)) return Qtrue;
    hgb_with_all(self);
    struct save save = {.path = RSTRING_PTR(binding->path)};
    hgb_run(binding, save_index, &save, NULL);
    return save.status == HG_OK ? Qtrue : Qfalse;
}

/*
 * A line as text; nil if there is none. It is quick to read a line (except the first one of a file
 * that is compressed in one piece), and several threads may ask for many. So reading a line needs
 * no thread and no lock, and has its own task. If it is interrupted and nothing is raised, the line
 * is read again.
 */
struct line {
    const struct hg_graph *graph;
    uint32_t node; /* HG_NO_NODE for the line at `at` */
    uint32_t at;
    bool brief;
    struct hg_buffer buffer;
    const char *text;
    size_t size;
    struct hg_task task;
    enum hg_status status;
};

static void *
read_line(void *data) {
    struct line *line = data;
    if (line->node != HG_NO_NODE)
        line->status = hg_line(line->graph, line->node, &line->task, &line->buffer, &line->text,
                               &line->size);
    else if (line->graph->source && line->at != HG_NO_LINE)
        line->status = hg_source_line(line->graph->source, line->at, &line->task, &line->buffer,
                                      &line->text, &line->size);
    else line->status = HG_OK;
    if (line->brief && line->status == HG_OK && line->size)
        line->size = hg_brief(line->buffer.bytes + (line->text - line->buffer.bytes), line->size,
                              HG_BRIEF_TEXT, HG_BRIEF_LIST);
    return NULL;
}

/*
 * This may run in a signal handler, and Ruby is told so: otherwise it would start a thread for each
 * call.
 */
static void
stop_line(void *data) {
    struct line *line = data;
    atomic_store(&line->task.stop, 1);
}

static VALUE
text_of_line(VALUE data) {
    struct line *line = (struct line *)data;
    do {
        atomic_store(&line->task.stop, 0);
        line->status = HG_STOPPED;
        rb_nogvl(read_line, line, stop_line, line, RB_NOGVL_UBF_ASYNC_SAFE);
    } while (line->status == HG_STOPPED);
    return line->size ? rb_utf8_str_new(line->text, (long)line->size) : Qnil;
}

static VALUE
free_line(VALUE data) {
    struct line *line = (struct line *)data;
    hg_buffer_free(&line->buffer);
    return Qnil;
}

static VALUE
line_text(VALUE self, struct line *line) {
    VALUE text = rb_ensure(text_of_line, (VALUE)line, free_line, (VALUE)line);
    hgb_check(hgb_any(self), &line->task, line->status);
    return text;
}

/* call-seq: graph.line(node) -> string or nil */
static VALUE
graph_line(VALUE self, VALUE number) {
    struct binding *binding = hgb_loaded(self);
    struct line line = {.graph = binding->analysis.graph, .node = hgb_node(binding, number)};
    return line_text(self, &line);
}

/*
 *  call-seq: graph.brief(node) -> string or nil
 *
 * The line of a node, cut to what is worth showing: see brief.h.
 */
static VALUE
graph_brief(VALUE self, VALUE number) {
    struct binding *binding = hgb_loaded(self);
    struct line line = {
        .graph = binding->analysis.graph,
        .node = hgb_node(binding, number),
        .brief = true,
    };
    return line_text(self, &line);
}

static VALUE
line_of_account(VALUE self, const struct hg_graph *graph, uint64_t count, uint64_t byte) {
    struct line line = {
        .graph = graph,
        .node = HG_NO_NODE,
        .at = count > 0 ? (uint32_t)(byte / HG_LINE_UNIT) : HG_NO_LINE,
    };
    return line_text(self, &line);
}

/* call-seq: graph.header -> string or nil */
static VALUE
graph_header(VALUE self) {
    const struct hg_graph *graph = hgb_loaded(self)->analysis.graph;
    return line_of_account(self, graph, graph->account.headers, graph->account.header_byte);
}

/* call-seq: graph.footer -> string or nil */
static VALUE
graph_footer(VALUE self) {
    const struct hg_graph *graph = hgb_loaded(self)->analysis.graph;
    return line_of_account(self, graph, graph->account.footers, graph->account.footer_byte);
}

/*
 *  call-seq: graph.progress -> [phase, done, total] or nil
 *
 * How far the work is that another thread does. The total is 0 if it is not known.
 */
static VALUE
graph_progress(VALUE self) {
    struct hg_task *task = &hgb_any(self)->task;
    const char *phase = atomic_load(&task->phase);
    if (!phase) return Qnil;
    return rb_ary_new_from_args(3, rb_utf8_str_new_cstr(phase), ULL2NUM(atomic_load(&task->done)),
                                ULL2NUM(atomic_load(&task->total)));
}

/* call-seq: graph.objects -> integer */
static VALUE
graph_objects(VALUE self) {
    return UINT2NUM(hgb_loaded(self)->analysis.graph->objects);
}

/* call-seq: graph.nodes -> integer */
static VALUE
graph_nodes(VALUE self) {
    return UINT2NUM(hgb_loaded(self)->analysis.graph->nodes);
}

/* call-seq: graph.edge_count -> integer */
static VALUE
graph_edge_count(VALUE self) {
    return ULL2NUM(hgb_loaded(self)->analysis.graph->edges);
}

static enum hg_status
let_go(struct binding *self, void *unused) {
    hg_index_let_go(&self->analysis);
    return HG_OK;
}

/* call-seq: graph.let_go -> nil; of a mapped index nothing is in memory any more */
static VALUE
graph_let_go(VALUE self) {
    hgb_run(hgb_loaded(self), let_go, NULL, NULL);
    return Qnil;
}

RUBY_FUNC_EXPORTED void
Init_heapgraph(void) {
    VALUE heapdump = rb_define_module("HeapDump");
    VALUE graph = rb_define_class_under(heapdump, "Graph", rb_cObject);
    rb_define_alloc_func(graph, hgb_allocate);

    rb_define_method(graph, "load", graph_load, 3);
    rb_define_method(graph, "build_all", graph_build_all, 0);
    rb_define_method(graph, "save_index", graph_save_index, 0);
    rb_define_method(graph, "progress", graph_progress, 0);
    rb_define_method(graph, "header", graph_header, 0);
    rb_define_method(graph, "footer", graph_footer, 0);

    rb_define_method(graph, "objects", graph_objects, 0);
    rb_define_method(graph, "nodes", graph_nodes, 0);
    rb_define_method(graph, "edge_count", graph_edge_count, 0);
    rb_define_method(graph, "let_go", graph_let_go, 0);
    rb_define_method(graph, "node", graph_node, 1);
    rb_define_method(graph, "node_at", graph_node_at, 1);
    rb_define_method(graph, "line", graph_line, 1);
    rb_define_method(graph, "brief", graph_brief, 1);
    rb_define_method(graph, "string", graph_string, 1);
    rb_define_method(graph, "edges", graph_edges, 3);

    hgb_define_account(graph);
    hgb_define_answers(graph);
    hgb_define_ends(graph);
    hgb_define_held_ways(graph);
    hgb_define_histogram(graph);
    hgb_define_objects(graph);
    hgb_define_procs(graph);
    hgb_define_search(graph);
    hgb_define_sums(graph);
    hgb_define_ways(graph);
    hgb_define_growth(heapdump);
    hgb_define_rows(heapdump, graph);
}
