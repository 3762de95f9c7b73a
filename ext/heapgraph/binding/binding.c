/* Place in the flow: see binding.h. */
#include "binding/binding.h"

#include <pthread.h>
#include <ruby/encoding.h>
#include <ruby/thread.h>
#include <signal.h>

#include "kept/indexfile.h"

static void
mark(void *data) {
    struct binding *self = data;
    rb_gc_mark(self->lock);
    rb_gc_mark(self->path);
}

static void
release(void *data) {
    struct binding *self = data;
    hg_analysis_free(&self->analysis);
    rb_gc_adjust_memory_usage(-(ssize_t)self->told);
    ruby_xfree(self);
}

/* The size of the large arrays, roughly. What an index file has counts as if it were in memory. */
static size_t
size(const void *data) {
    const struct binding *self = data;
    const struct hg_graph *graph = self->analysis.graph;
    size_t bytes = sizeof(*self);
    if (!graph) return bytes;
    bytes += graph->edges * 8 + (size_t)graph->nodes * 26;
    if (self->has[HG_PART_TREE]) bytes += (size_t)graph->nodes * 24;
    if (self->has[HG_PART_PARENTS]) bytes += (size_t)graph->nodes * 13;
    if (self->has[HG_PART_INVERSE]) bytes += (size_t)graph->nodes * 4 + graph->edges * 4;
    if (self->has[HG_PART_KINDS]) bytes += (size_t)graph->nodes * 4;
    if (self->has[HG_PART_OWN_WAYS]) bytes += (size_t)graph->nodes * 18;
    return bytes;
}

static const rb_data_type_t binding_type = {
    .wrap_struct_name = "HeapDump::Graph",
    .function = {.dmark = mark, .dfree = release, .dsize = size},
    .flags = RUBY_TYPED_FREE_IMMEDIATELY,
};

VALUE
hgb_allocate(VALUE class) {
    struct binding *self;
    VALUE graph = TypedData_Make_Struct(class, struct binding, &binding_type, self);
    self->path = Qnil;
    self->lock = Qnil;
    self->lock = rb_mutex_new();
    return graph;
}

void
hgb_tell_size(struct binding *self) {
    const struct hg_graph *graph = self->analysis.graph;
    size_t bytes = graph && graph->mapping ? sizeof(*self) : size(self);
    rb_gc_adjust_memory_usage((ssize_t)bytes - (ssize_t)self->told);
    self->told = bytes;
}

struct binding *
hgb_any(VALUE graph) {
    return rb_check_typeddata(graph, &binding_type);
}

struct binding *
hgb_loaded(VALUE graph) {
    struct binding *self = hgb_any(graph);
    if (!self->analysis.graph) rb_raise(rb_eArgError, "no dump has been loaded into this graph");
    return self;
}

static const char *const STATUS_NAMES[] = {
    [HG_STOPPED] = "stopped",       [HG_NO_MEMORY] = "no_memory", [HG_IO] = "io",
    [HG_NOT_A_DUMP] = "not_a_dump", [HG_BAD_LINE] = "bad_line",   [HG_TOO_LARGE] = "too_large",
    [HG_CORRUPT] = "corrupt",
};

/* lib/heapdump/errors.rb decides which class is raised, with which words. */
void
hgb_fail(const struct binding *self, const struct hg_task *task, enum hg_status status) {
    VALUE error = rb_path2class("HeapDump::ReadError");
    // what has run out of memory has noted nothing; the task may have a note of an earlier failure
    static const struct hg_task no_memory = {.message = "out of memory"};
    if (status == HG_NO_MEMORY) task = &no_memory;
    rb_exc_raise(rb_funcall(error, rb_intern("of"), 5, ID2SYM(rb_intern(STATUS_NAMES[status])),
                            self->path, ULL2NUM(task->line), ULL2NUM(task->byte),
                            rb_utf8_str_new_cstr(task->message)));
}

/* The work that hgb_run has handed to a thread. */
struct work {
    struct binding *self;
    enum hg_status (*function)(struct binding *, void *);
    void (*undo)(void *);
    void *argument;
    enum hg_status status;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    _Atomic bool done;
    bool woken;
};

static void *
work_thread(void *data) {
    struct work *work = data;
    work->status = work->function(work->self, work->argument);
    pthread_mutex_lock(&work->mutex);
    work->done = true;
    pthread_cond_signal(&work->changed);
    pthread_mutex_unlock(&work->mutex);
    return NULL;
}

static void *
wait_without_gvl(void *data) {
    struct work *work = data;
    pthread_mutex_lock(&work->mutex);
    while (!work->done && !work->woken) pthread_cond_wait(&work->changed, &work->mutex);
    work->woken = false;
    pthread_mutex_unlock(&work->mutex);
    return NULL;
}

static void
wake(void *data) {
    struct work *work = data;
    pthread_mutex_lock(&work->mutex);
    work->woken = true;
    pthread_cond_signal(&work->changed);
    pthread_mutex_unlock(&work->mutex);
}

static VALUE
handle_interrupts(VALUE unused) {
    rb_thread_check_ints();
    return Qnil;
}

static int
start(struct work *work, pthread_t *thread) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(thread, NULL, work_thread, work);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static VALUE
carry_out(VALUE data) {
    struct work *work = (struct work *)data;
    pthread_t thread;
    int raised = 0;
    atomic_store(&work->self->task.stop, 0);
    if (start(work, &thread) != 0) rb_raise(rb_eNoMemError, "cannot start a thread");
    while (!work->done && !raised) {
        rb_thread_call_without_gvl2(wait_without_gvl, work, wake, work);
        if (!work->done) rb_protect(handle_interrupts, Qnil, &raised);
    }
    if (raised) atomic_store(&work->self->task.stop, 1);
    pthread_join(thread, NULL);
    if (!raised) return Qnil;
    if (work->status == HG_OK && work->undo) work->undo(work->argument);
    rb_jump_tag(raised);
}

static VALUE
finish(VALUE data) {
    struct work *work = (struct work *)data;
    atomic_store(&work->self->task.phase, NULL);
    pthread_cond_destroy(&work->changed);
    pthread_mutex_destroy(&work->mutex);
    hgb_tell_size(work->self);
    return rb_mutex_unlock(work->self->lock);
}

void
hgb_run(struct binding *self, enum hg_status (*function)(struct binding *, void *), void *argument,
        void (*undo)(void *)) {
    struct work work = {.self = self, .function = function, .argument = argument, .undo = undo};
    rb_mutex_lock(self->lock);
    pthread_mutex_init(&work.mutex, NULL);
    pthread_cond_init(&work.changed, NULL);
    rb_ensure(carry_out, (VALUE)&work, finish, (VALUE)&work);
    hgb_check(self, &self->task, work.status);
}

/* Builds a part that is then kept. The first thread that needs it waits. */
static enum hg_status
build(struct binding *self, void *part) {
    enum hg_part number = *(const enum hg_part *)part;
    if (self->has[number]) return HG_OK;
    enum hg_status status = hg_analysis_need(&self->analysis, number, &self->task);
    self->has[number] = status == HG_OK;
    return status;
}

struct binding *
hgb_with(VALUE graph, enum hg_part part) {
    struct binding *self = hgb_loaded(graph);
    if (!self->has[part]) hgb_run(self, build, &part, NULL);
    return self;
}

void
hgb_keep_ways(VALUE graph) {
    const struct hg_analysis *analysis = &hgb_loaded(graph)->analysis;
    bool there = hg_index_is_kept(analysis) && hg_analysis_has(analysis, HG_PART_OWN_WAYS);
    if (there || hg_index_can_grow(analysis)) hgb_with(graph, HG_PART_OWN_WAYS);
}

struct hg_growth_source
hgb_source(const struct binding *self) {
    const struct hg_analysis *analysis = &self->analysis;
    if (!self->has[HG_PART_OWN_WAYS]) return (struct hg_growth_source){.graph = analysis->graph};
    return (struct hg_growth_source){analysis->graph, &analysis->own_ways, &analysis->parents};
}

static enum hg_status
build_all(struct binding *self, void *unused) {
    enum hg_status status = hg_analysis_need_all(&self->analysis, &self->task);
    for (int part = HG_PART_TREE; part < HG_PARTS; part++)
        self->has[part] = hg_parts[part].present(&self->analysis);
    return status;
}

void
hgb_with_all(VALUE graph) {
    hgb_run(hgb_loaded(graph), build_all, NULL, NULL);
}

uint32_t
hgb_node(const struct binding *self, VALUE number) {
    unsigned long node = NUM2ULONG(number);
    if (node >= self->analysis.graph->nodes)
        rb_raise(rb_eArgError, "there is no node %lu: this dump has %u", node,
                 self->analysis.graph->nodes);
    return (uint32_t)node;
}

uint64_t
hgb_amount(VALUE number) {
    long long amount = NUM2LL(number);
    if (amount < 0) rb_raise(rb_eArgError, "%lld is negative: give a number from 0 on", amount);
    return (uint64_t)amount;
}

uint32_t
hgb_limit(const struct binding *self, VALUE number) {
    const struct hg_graph *graph = self->analysis.graph;
    uint64_t limit = hgb_amount(number), most = graph->nodes + graph->edges;
    if (limit > most) limit = most;
    return limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit;
}

const uint32_t *
hgb_nodes(const struct binding *self, VALUE array, VALUE *buffer, size_t *count) {
    *count = 0;
    if (NIL_P(array)) return NULL;
    Check_Type(array, T_ARRAY);
    size_t length = (size_t)RARRAY_LEN(array);
    *buffer = rb_str_new(NULL, (long)((length + 1) * sizeof(uint32_t)));
    uint32_t *nodes = (uint32_t *)(void *)RSTRING_PTR(*buffer);
    for (size_t i = 0; i < length && i < (size_t)RARRAY_LEN(array); i++)
        nodes[(*count)++] = hgb_node(self, RARRAY_AREF(array, (long)i));
    return nodes;
}

VALUE
hgb_node_or_nil(uint32_t node) {
    return node == HG_NO_NODE ? Qnil : UINT2NUM(node);
}

VALUE
hgb_text(const struct hg_graph *graph, uint32_t string) {
    if (string == HG_NO_STRING) return Qnil;
    size_t length;
    const char *bytes = hg_string(graph, string, &length);
    VALUE text = rb_enc_interned_str(bytes, (long)length, rb_utf8_encoding());
    if (rb_enc_str_coderange(text) != ENC_CODERANGE_BROKEN) return text;
    return rb_str_to_interned_str(rb_str_scrub(text, rb_utf8_str_new_cstr("?")));
}

VALUE
hgb_list(struct hg_numbers *list) {
    VALUE array = rb_ary_new_capa((long)list->count);
    for (size_t i = 0; i < list->count; i++) rb_ary_push(array, UINT2NUM(list->items[i]));
    hg_numbers_free(list);
    return array;
}
