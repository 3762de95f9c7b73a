/*
 * Place in the flow: see binding.h. The first and the last line of a dump, which say what it is and
 * whether it is whole. For whoever wants to know no more: nothing is kept of the lines between.
 */
#include "binding/binding.h"

#include "reading/source.h"

#include <stdlib.h>
#include <string.h>

/* Headers and footers are shorter by far; a longer line is neither. */
enum { LONGEST = 4 << 20 };

struct line {
    char *text; /* NULL: there is none */
    size_t size;
};

struct ends {
    const char *path;
    struct line first, last;
};

static bool
keep(struct line *line, const char *text, size_t size) {
    free(line->text);
    *line = (struct line){0};
    if (size > LONGEST) return true;
    line->text = malloc(size + 1);
    if (!line->text) return false;
    memcpy(line->text, text, size);
    line->size = size;
    return true;
}

/* A line without its newline is not whole: then the piece has been given one (`unfinished`). */
static bool
keep_first(struct ends *ends, const struct hg_piece *piece) {
    const char *end = memchr(piece->text, '\n', piece->size);
    size_t size = (size_t)(end - piece->text);
    if (piece->unfinished && size + 1 == piece->size) return true;
    return keep(&ends->first, piece->text, size);
}

/* The last line of a piece may be the last of all. */
static bool
keep_last(struct ends *ends, const struct hg_piece *piece) {
    if (piece->unfinished) return keep(&ends->last, NULL, SIZE_MAX);
    size_t end = piece->size - 1, start = end;
    while (start > 0 && piece->text[start - 1] != '\n') start--;
    return keep(&ends->last, piece->text + start, end - start);
}

static enum hg_status
look_at_pieces(struct ends *ends, struct hg_pass *pass, struct hg_task *task) {
    struct hg_piece piece = {0};
    enum hg_status status;
    while ((status = hg_pass_next(pass, task, &piece)) == HG_OK && piece.size > 0) {
        bool kept = piece.offset > 0 || keep_first(ends, &piece);
        if (kept && keep_last(ends, &piece)) continue;
        status = HG_NO_MEMORY;
        break;
    }
    hg_piece_free(&piece);
    return status;
}

static void
free_ends(void *data) {
    struct ends *ends = data;
    free(ends->first.text);
    free(ends->last.text);
    ends->first = ends->last = (struct line){0};
}

static enum hg_status
read_ends(struct binding *self, void *data) {
    struct ends *ends = data;
    struct hg_source *source;
    struct hg_pass *pass;
    enum hg_status status = hg_source_open(ends->path, &self->task, &source);
    if (status != HG_OK) return status;
    status = hg_pass_begin(source, &self->task, &pass);
    if (status == HG_OK) {
        status = look_at_pieces(ends, pass, &self->task);
        hg_pass_end(pass);
        uint64_t byte;
        if (status == HG_OK && hg_source_damaged(source, &byte)) keep(&ends->last, NULL, SIZE_MAX);
    }
    hg_source_free(source);
    if (status != HG_OK) free_ends(ends);
    return status;
}

static VALUE
line_or_nil(const struct line *line) {
    return line->text ? rb_utf8_str_new(line->text, (long)line->size) : Qnil;
}

static VALUE
both(VALUE data) {
    const struct ends *ends = (const struct ends *)data;
    return rb_assoc_new(line_or_nil(&ends->first), line_or_nil(&ends->last));
}

static VALUE
ensured_free(VALUE data) {
    free_ends((void *)data);
    return Qnil;
}

/*
 *  call-seq: Graph.ends(path) -> [first, last]
 *
 * The first and the last line of a file as text, decompressed. The last is nil if the file is cut
 * off or damaged, so that it has no end. Either is nil if it is not whole or longer than LONGEST.
 */
static VALUE
graph_ends(VALUE class, VALUE path) {
    VALUE self = hgb_allocate(class);
    struct binding *binding = hgb_any(self);
    StringValueCStr(path);
    RB_OBJ_WRITE(self, &binding->path, rb_str_new_frozen(path));
    struct ends ends = {.path = RSTRING_PTR(binding->path)};
    hgb_run(binding, read_ends, &ends, free_ends);
    VALUE lines = rb_ensure(both, (VALUE)&ends, ensured_free, (VALUE)&ends);
    RB_GC_GUARD(self);
    return lines;
}

void
hgb_define_ends(VALUE class) {
    rb_define_singleton_method(class, "ends", graph_ends, 1);
}
