/*
 * Loads a dump: several threads make lines of the pieces of the source, and records of the lines;
 * then assemble.c makes the graph. See load.h.
 */
#include "graph/load.h"

#include "base/bytes.h"
#include "reading/line.h"
#include "records/tally.h"
#include "records/words.h"
#include "graph/assemble.h"

#include <stdlib.h>

enum { FEW = 20 }; // one line in so many

struct reader {
    struct hg_piece piece;
    struct hg_line_parser parser;
    struct hg_recorder recorder;
    struct hg_tally tally;
    enum hg_status status;
};

struct loader {
    struct hg_source *source;
    struct hg_pass *pass;
    struct hg_task *task;
    bool strict, frugal, objspace;
    unsigned threads;
    struct reader *readers;
    struct hg_units units;
    struct hg_string_table *strings;
    struct hg_tally sum;     // the sum of the readers' tallies
    _Atomic uint64_t wanted; // pieces with higher numbers need not be read: a thread has failed
};

static enum hg_status
take_line(struct reader *reader, uint64_t number, const char *line, size_t size) {
    struct hg_tally *tally = &reader->tally;
    struct hg_spot at = {
        .piece = reader->piece.number,
        .line = number,
        .byte = reader->piece.offset + (uint64_t)(line - reader->piece.text),
        .there = true,
    };
    if (size > 0 && line[size - 1] == '\r') {
        size--;
        tally->crlf_lines++;
    }
    if (size == 0) return HG_OK;
    if (at.byte / HG_LINE_UNIT >= HG_NO_LINE) return HG_TOO_LARGE;
    size_t bad;
    enum hg_line_kind kind = hg_record_text(&reader->recorder, &reader->parser, line, size,
                                            (uint32_t)(at.byte / HG_LINE_UNIT), &bad);
    if (kind == HG_LINE_BAD) hg_tally_bad_line(tally, at, line, size, bad);
    else hg_tally_line(tally, at, kind);
    if (kind == HG_LINE_FOOTER) tally->promise = reader->recorder.promise;
    return reader->recorder.failed ? HG_NO_MEMORY : HG_OK;
}

static enum hg_status
take_piece(struct loader *loader, struct reader *reader) {
    const struct hg_piece *piece = &reader->piece;
    const char *line = piece->text, *end = line + piece->size;
    uint64_t number = 0;
    if (piece->offset == 0 && piece->size >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3;
        reader->tally.byte_order_mark = true;
    }
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        enum hg_status status = take_line(reader, ++number, line, (size_t)(newline - line));
        if (status != HG_OK) return status;
        if (reader->tally.bad_lines > 0 && loader->strict) return HG_BAD_LINE;
        line = newline + 1;
    }
    reader->tally.unended |= piece->unfinished;
    hg_tally_piece(&reader->tally, piece->number, number, piece->size - piece->unfinished);
    return reader->tally.failed ? HG_NO_MEMORY : HG_OK;
}

/*
 * After a bad line, only pieces before this one are still wanted: if they have a bad line too, that
 * is the first one. After any other failure, none are.
 */
static void
want_no_more(struct loader *loader, const struct reader *reader) {
    uint64_t number = reader->status == HG_BAD_LINE ? reader->piece.number : 0;
    uint64_t before = loader->wanted;
    while (number < before && !atomic_compare_exchange_weak(&loader->wanted, &before, number)) {
    }
}

static void
read_pieces(void *data, unsigned thread) {
    struct loader *loader = data;
    struct reader *reader = &loader->readers[thread];
    for (;;) {
        if (reader->piece.size > 0 && reader->piece.number <= loader->wanted)
            reader->status = take_piece(loader, reader);
        if (reader->status != HG_OK || loader->wanted != UINT64_MAX) break;
        reader->status = hg_pass_next(loader->pass, loader->task, &reader->piece);
        if (reader->status != HG_OK || reader->piece.size == 0) break;
    }
    if (reader->status != HG_OK) want_no_more(loader, reader);
    hg_piece_free(&reader->piece);
    hg_line_parser_free(&reader->parser);
}

/*
 * Whether the first piece looks like ObjectSpace.dump_all. A dump of ours that has lost its
 * beginning can be known by its class names.
 */
static bool
looks_like_objspace(const struct hg_piece *piece) {
    static const char header[] = "{\"type\":\"HEADER\"", ours[] = "\"class_name\":";
    if (piece->size == 0) return false;
    return !memmem(piece->text, piece->size < 64 ? piece->size : 64, header, sizeof header - 1) &&
           !memmem(piece->text, piece->size, ours, sizeof ours - 1);
}

static enum hg_status
start(struct loader *loader) {
    loader->readers = calloc(loader->threads, sizeof *loader->readers);
    loader->strings = hg_string_table_new();
    if (!loader->readers || !loader->strings) return HG_NO_MEMORY;
    hg_words_init();
    enum hg_status status = hg_pass_begin(loader->source, loader->task, &loader->pass);
    if (status != HG_OK) return status;
    struct hg_piece *first = &loader->readers[0].piece;
    status = hg_pass_next(loader->pass, loader->task, first);
    if (status != HG_OK) return status;
    loader->objspace = looks_like_objspace(first);
    for (unsigned i = 0; i < loader->threads; i++) {
        if (!hg_recorder_init(&loader->readers[i].recorder, &loader->units, loader->strings,
                              loader->objspace))
            return HG_NO_MEMORY;
    }
    return HG_OK;
}

/* Whether a dump is foreign. One of ours that has lost its beginning is not. */
static bool
is_foreign(const struct loader *loader) {
    bool ours = loader->sum.headers > 0 || loader->sum.footers > 0;
    for (unsigned i = 0; i < loader->threads; i++)
        ours |= loader->readers[i].recorder.named_classes.count > 0; // only ours have "class_name"
    return loader->objspace && !ours;
}

static enum hg_status
add_up(struct loader *loader, struct hg_account *account) {
    for (unsigned i = 0; i < loader->threads; i++) {
        const struct hg_recorder *recorder = &loader->readers[i].recorder;
        hg_tally_add(&loader->sum, &loader->readers[i].tally);
        account->unknown_types += recorder->unknown_types;
        account->bad_references += recorder->bad_references;
        account->object_lines += recorder->object_lines;
        account->root_lines += recorder->root_lines.count;
        account->error_lines += recorder->error_lines;
    }
    hg_tally_tell(&loader->sum, account);
    account->objspace_format = is_foreign(loader);
    account->damaged = hg_source_damaged(loader->source, &account->damaged_byte);
    return loader->sum.failed ? HG_NO_MEMORY : HG_OK;
}

/* What failed. Any other failure comes before a bad line, whichever thread has seen it. */
static enum hg_status
failure_of(const struct loader *loader) {
    enum hg_status failure = HG_OK;
    for (unsigned i = 0; i < loader->threads; i++) {
        enum hg_status status = loader->readers[i].status;
        if (failure == HG_OK || (failure == HG_BAD_LINE && status != HG_OK)) failure = status;
    }
    return failure;
}

/*
 * Whether next to no line is one of a dump, and those that are stand among others, as in a text
 * about dumps. A dump begins with its HEADER or ends with its FOOTER, whatever is damaged between.
 */
static bool
is_other_text(const struct hg_account *account) {
    bool begins = account->headers > 0 && account->before_header == 0;
    bool ends = account->footers > 0 && account->behind_footer == 0;
    return !begins && !ends && account->bad_lines >= FEW &&
           account->bad_lines / FEW >= account->lines - account->bad_lines;
}

/* What a source is, if no line of a dump is in it. */
static enum hg_status
not_a_dump(struct hg_task *task, const struct hg_source *source, uint64_t bytes) {
    const char *name = hg_source_name(source), *promised = hg_source_promise(source);
    if (bytes == 0) return hg_fail(task, HG_NOT_A_DUMP, 0, "%s is empty", name);
    if (promised)
        return hg_fail(task, HG_NOT_A_DUMP, 0,
                       "%s is no heap dump: its name says %s, but its content is not %s", name,
                       promised, promised);
    return hg_fail(task, HG_NOT_A_DUMP, 0, "no line of a heap dump in %s", name);
}

static enum hg_status
judge(struct loader *loader, const struct hg_account *account) {
    struct hg_task *task = loader->task;
    const char *name = hg_source_name(loader->source);
    enum hg_status status = failure_of(loader);
    task->line = account->bad_line;
    task->byte = account->bad_byte;
    switch (status) {
    case HG_OK:
        break;
    case HG_BAD_LINE:
        return hg_fail(task, status, 0, "%s: line %llu is no line of a heap dump (byte %llu)", name,
                       (unsigned long long)account->bad_line,
                       (unsigned long long)account->bad_byte);
    case HG_NO_MEMORY:
        return hg_fail(task, status, 0, "out of memory while reading %s", name);
    case HG_TOO_LARGE:
        return hg_fail(task, status, 0, "%s has more than 64 GiB of text", name);
    default:
        return status;
    }
    bool found = account->object_lines > 0 || account->root_lines > 0 || account->headers > 0 ||
                 account->footers > 0;
    if (!found && account->damaged) {
        task->byte = account->damaged_byte;
        return hg_fail(task, HG_CORRUPT, 0, "%s cannot be decompressed (byte %llu)", name,
                       (unsigned long long)account->damaged_byte);
    }
    if (!found) return not_a_dump(task, loader->source, account->bytes);
    if (is_other_text(account))
        return hg_fail(task, HG_NOT_A_DUMP, 0,
                       "%s is no heap dump: %llu of its %llu lines are no lines of one", name,
                       (unsigned long long)account->bad_lines, (unsigned long long)account->lines);
    if (loader->strict && account->damaged) {
        task->byte = account->damaged_byte;
        return hg_fail(task, HG_CORRUPT, 0, "the compressed data of %s is broken at byte %llu",
                       name, (unsigned long long)account->damaged_byte);
    }
    return HG_OK;
}

/* Makes the graph of the records. Takes the recorders out of the readers. */
static enum hg_status
finish(struct loader *loader, struct hg_account *account, struct hg_graph **graph) {
    static const char unknown[sizeof "unknown" + HG_PAD] = "unknown";
    bool rootless = account->objspace_format && account->root_lines == 0;
    uint32_t root = HG_NO_STRING;
    if (rootless) root = hg_intern(&loader->readers[0].recorder.strings, unknown, strlen(unknown));
    struct hg_recorder *recorders = calloc(loader->threads, sizeof *recorders);
    if (!recorders) return HG_NO_MEMORY;
    for (unsigned i = 0; i < loader->threads; i++) {
        recorders[i] = loader->readers[i].recorder;
        recorders[i].nodes.frugal = recorders[i].edges.frugal = loader->frugal;
        loader->readers[i].recorder = (struct hg_recorder){0};
        hg_seen_units_free(&recorders[i].units);
        hg_seen_strings_free(&recorders[i].strings);
    }
    loader->task->phase = "building the graph";
    enum hg_status status = hg_assemble(recorders, loader->threads, &loader->units, loader->strings,
                                        rootless ? &root : NULL, loader->task, graph);
    for (unsigned i = 0; i < loader->threads; i++) hg_recorder_free(&recorders[i]);
    free(recorders);
    if (status != HG_OK) return status;
    account->missing = (*graph)->account.missing;
    account->duplicates = (*graph)->account.duplicates;
    if (account->objspace_format && account->duplicates > 0)
        hg_tally_tell_second(&loader->sum, account);
    hg_check_whole(account);
    (*graph)->account = *account;
    (*graph)->source = loader->source;
    return HG_OK;
}

static enum hg_status
load(struct loader *loader, struct hg_graph **graph) {
    struct hg_account account = {0};
    enum hg_status status = start(loader);
    if (status != HG_OK) return status;
    loader->task->phase = "reading";
    hg_parallel(loader->threads, read_pieces, loader);
    status = add_up(loader, &account);
    if (status == HG_OK) status = judge(loader, &account);
    return status == HG_OK ? finish(loader, &account, graph) : status;
}

enum hg_status
hg_load(struct hg_source *source, const struct hg_load_options *options, struct hg_task *task,
        struct hg_graph **graph) {
    struct loader loader = {
        .source = source,
        .task = task,
        .strict = options->strict,
        .frugal = options->frugal,
        .threads = options->threads ? options->threads : hg_processors(),
        .wanted = UINT64_MAX,
    };
    hg_units_init(&loader.units);
    task->message[0] = '\0';
    enum hg_status status = load(&loader, graph);
    if (status == HG_NO_MEMORY && !task->message[0])
        hg_note(task, 0, "out of memory while reading %s", hg_source_name(source));
    if (status == HG_TOO_LARGE && !task->message[0])
        hg_note(task, 0, "%s has too many objects or references", hg_source_name(source));
    for (unsigned i = 0; loader.readers && i < loader.threads; i++) {
        hg_recorder_free(&loader.readers[i].recorder);
        hg_tally_free(&loader.readers[i].tally);
        hg_piece_free(&loader.readers[i].piece);
    }
    hg_tally_free(&loader.sum);
    if (loader.pass) hg_pass_end(loader.pass);
    free(loader.readers);
    hg_string_table_free(loader.strings);
    hg_units_free(&loader.units);
    return status;
}

enum hg_status
hg_line(const struct hg_graph *graph, uint32_t node, struct hg_task *task, struct hg_buffer *buffer,
        const char **text, size_t *size) {
    *text = "";
    *size = 0;
    if (!graph->source || hg_line_place(graph, node) == HG_NO_LINE) return HG_OK;
    enum hg_status status = hg_source_line(graph->source, hg_line_place(graph, node), task, buffer,
                                           text, size);
    /* A byte order mark and spaces may come before the object. */
    if (status != HG_OK || memchr(*text, '{', *size < 16 ? *size : 16)) return status;
    *text = "";
    *size = 0;
    return hg_fail(task, HG_IO, 0, "%s is not what it was when it was opened; open it again",
                   hg_source_name(graph->source));
}

/* -- all lines again -- */

struct again {
    const struct hg_graph *graph;
    struct hg_pass *pass;
    struct hg_task *task;
    bool (*line)(void *, unsigned, uint64_t, const char *, size_t);
    void *data;
    _Atomic enum hg_status status;
};

/* The node to which a line belongs: the line begins with its address, or is a ROOT. */
uint32_t
hg_node_of_line(const struct hg_graph *graph, uint64_t offset, const char *line, size_t size) {
    static const char start[] = "{\"address\":\"";
    uint32_t unit = (uint32_t)(offset / HG_LINE_UNIT), node = HG_NO_NODE;
    if (size > sizeof start && memcmp(line, start, sizeof start - 1) == 0) {
        const char *digits = line + sizeof start - 1, *quote = memchr(digits, '"', 20);
        uint64_t address;
        if (quote && hg_read_address(digits, (size_t)(quote - digits), &address))
            node = hg_node_at(graph, address);
    }
    else {
        uint32_t low = graph->objects, high = graph->objects + graph->roots;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (hg_line_place(graph, middle) < unit) low = middle + 1;
            else high = middle;
        }
        if (low < graph->objects + graph->roots) node = low;
    }
    return node != HG_NO_NODE && hg_line_place(graph, node) == unit ? node : HG_NO_NODE;
}

static void
read_again(void *data, unsigned thread) {
    struct again *again = data;
    struct hg_piece piece = {0};
    while (again->status == HG_OK) {
        enum hg_status status = hg_pass_next(again->pass, again->task, &piece);
        if (status != HG_OK) again->status = status;
        if (status != HG_OK || piece.size == 0) break;
        const char *line = piece.text, *end = line + piece.size;
        while (line < end && again->status == HG_OK) {
            const char *newline = memchr(line, '\n', (size_t)(end - line));
            size_t size = (size_t)(newline - line);
            if (size > 0) {
                uint64_t offset = piece.offset + (uint64_t)(line - piece.text);
                if (!again->line(again->data, thread, offset, line, size))
                    again->status = HG_STOPPED;
            }
            line = newline + 1;
        }
    }
    hg_piece_free(&piece);
}

enum hg_status
hg_each_line(const struct hg_graph *graph, unsigned threads, struct hg_task *task,
             bool (*line)(void *data, unsigned thread, uint64_t offset, const char *text,
                          size_t size),
             void *data) {
    struct again again = {.graph = graph, .task = task, .line = line, .data = data};
    if (!graph->source) return HG_OK;
    enum hg_status status = hg_pass_begin(graph->source, task, &again.pass);
    if (status != HG_OK) return status;
    task->phase = "reading lines again";
    hg_parallel(threads, read_again, &again);
    hg_pass_end(again.pass);
    return again.status;
}
