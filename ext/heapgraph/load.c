/*
 * Reading a dump: pieces of the source to lines, lines to records, on several threads; then
 * assemble.c makes the graph. See load.h.
 */
#include "load.h"

#include "assemble.h"
#include "bytes.h"
#include "line.h"
#include "words.h"

#include <stdlib.h>

/* How many lines a piece has, to number lines when all is read. */
struct piece_lines {
    uint64_t piece, lines;
};

struct reader {
    struct hg_piece piece;
    struct hg_line_parser parser;
    struct hg_recorder recorder;
    struct hg_list pieces; // struct piece_lines
    uint64_t lines, bad_lines, bytes;
    struct {
        uint64_t piece, line, byte; // line from 1 within the piece
    } bad;                          // the first one; valid if bad_lines > 0
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
    _Atomic bool over; // a thread has failed
};

static void
note_bad(struct reader *reader, uint64_t line, uint64_t byte) {
    if (reader->bad_lines++ > 0) return; // a thread's pieces come in the order of the text
    reader->bad.piece = reader->piece.number;
    reader->bad.line = line;
    reader->bad.byte = byte;
}

static enum hg_status
take_line(struct reader *reader, uint64_t number, const char *line, size_t size) {
    uint64_t offset = reader->piece.offset + (uint64_t)(line - reader->piece.text);
    if (size > 0 && line[size - 1] == '\r') size--;
    if (size == 0) return HG_OK;
    reader->lines++;
    if (offset / HG_LINE_UNIT >= HG_NO_LINE) return HG_TOO_LARGE;
    if (!hg_parse_line(&reader->parser, line, size))
        note_bad(reader, number, offset + reader->parser.bad_at);
    else if (!hg_record_line(&reader->recorder, &reader->parser.tape,
                             (uint32_t)(offset / HG_LINE_UNIT)))
        note_bad(reader, number, offset);
    return reader->recorder.failed ? HG_NO_MEMORY : HG_OK;
}

static enum hg_status
take_piece(struct loader *loader, struct reader *reader) {
    const char *line = reader->piece.text, *end = line + reader->piece.size;
    uint64_t number = 0;
    if (reader->piece.offset == 0 && reader->piece.size >= 3 &&
        memcmp(line, "\xef\xbb\xbf", 3) == 0)
        line += 3; // a byte order mark
    while (line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        enum hg_status status = take_line(reader, ++number, line, (size_t)(newline - line));
        if (status != HG_OK) return status;
        if (reader->bad_lines > 0 && loader->strict) return HG_BAD_LINE;
        line = newline + 1;
    }
    struct piece_lines *lines = hg_list_add(&reader->pieces, sizeof *lines);
    if (!lines) return HG_NO_MEMORY;
    *lines = (struct piece_lines){reader->piece.number, number};
    reader->bytes += reader->piece.size - reader->piece.unfinished;
    return HG_OK;
}

static void
read_pieces(void *data, unsigned thread) {
    struct loader *loader = data;
    struct reader *reader = &loader->readers[thread];
    while (reader->status == HG_OK && !loader->over) {
        if (reader->piece.size > 0) reader->status = take_piece(loader, reader);
        if (reader->status == HG_OK)
            reader->status = hg_pass_next(loader->pass, loader->task, &reader->piece);
        if (reader->piece.size == 0) break;
    }
    if (reader->status != HG_OK) loader->over = true;
    hg_piece_free(&reader->piece);
    hg_line_parser_free(&reader->parser);
}

/* What kind of dump it is, by its first piece. Ours that lost its head still names classes. */
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

/* The number in the whole text of a line of a piece. */
static uint64_t
line_number(const struct loader *loader, uint64_t piece, uint64_t line) {
    for (unsigned i = 0; i < loader->threads; i++) {
        struct hg_list_reader pieces = {.list = &loader->readers[i].pieces};
        const struct piece_lines *lines;
        while ((lines = hg_list_next(&pieces, sizeof *lines))) {
            if (lines->piece < piece) line += lines->lines;
        }
    }
    return line;
}

static void
add_up(const struct loader *loader, struct hg_account *account) {
    const struct reader *first_bad = NULL;
    bool complete = false;
    account->header_line = account->footer_line = HG_NO_LINE;
    for (unsigned i = 0; i < loader->threads; i++) {
        const struct reader *reader = &loader->readers[i];
        const struct hg_recorder *recorder = &reader->recorder;
        account->lines += reader->lines;
        account->bad_lines += reader->bad_lines;
        account->bytes += reader->bytes;
        account->unknown_types += recorder->unknown_types;
        account->bad_references += recorder->bad_references;
        account->object_lines += recorder->object_lines;
        if (recorder->has_header) account->header_line = recorder->header_line;
        account->has_header |= recorder->has_header;
        account->has_footer |= recorder->has_footer;
        if (recorder->has_footer) {
            account->promised_objects = recorder->promised_objects;
            account->footer_line = recorder->footer_line;
            complete = recorder->footer_complete;
        }
        if (reader->bad_lines > 0 && (!first_bad || reader->bad.byte < first_bad->bad.byte))
            first_bad = reader;
    }
    if (first_bad) {
        account->bad_line = line_number(loader, first_bad->bad.piece, first_bad->bad.line);
        account->bad_byte = first_bad->bad.byte;
    }
    account->objspace_format = loader->objspace;
    account->damaged = hg_source_damaged(loader->source, &account->damaged_byte);
    account->complete = complete && account->promised_objects == account->object_lines;
}

static enum hg_status
failure_of(struct loader *loader) {
    enum hg_status status = HG_OK;
    for (unsigned i = 0; i < loader->threads && status == HG_OK; i++)
        status = loader->readers[i].status;
    return status;
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
    bool found = account->object_lines > 0 || account->has_header || account->has_footer;
    for (unsigned i = 0; i < loader->threads; i++)
        found |= loader->readers[i].recorder.root_count > 0;
    if (!found && account->damaged) {
        task->byte = account->damaged_byte;
        return hg_fail(task, HG_CORRUPT, 0, "%s cannot be decompressed (byte %llu)", name,
                       (unsigned long long)account->damaged_byte);
    }
    if (!found) return hg_fail(task, HG_NOT_A_DUMP, 0, "no line of a heap dump in %s", name);
    if (loader->strict && account->damaged) {
        task->byte = account->damaged_byte;
        return hg_fail(task, HG_CORRUPT, 0, "the compressed data of %s is broken at byte %llu",
                       name, (unsigned long long)account->damaged_byte);
    }
    return HG_OK;
}

/* From records to the graph. Takes the recorders out of the readers. */
static enum hg_status
finish(struct loader *loader, const struct hg_account *account, struct hg_graph **graph) {
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
                                        loader->task, graph);
    for (unsigned i = 0; i < loader->threads; i++) hg_recorder_free(&recorders[i]);
    free(recorders);
    if (status == HG_OK) {
        uint64_t missing = (*graph)->account.missing, duplicates = (*graph)->account.duplicates;
        (*graph)->account = *account;
        (*graph)->account.missing = missing;
        (*graph)->account.duplicates = duplicates;
        (*graph)->source = loader->source;
    }
    return status;
}

static enum hg_status
load(struct loader *loader, struct hg_graph **graph) {
    struct hg_account account = {0};
    enum hg_status status = start(loader);
    if (status != HG_OK) return status;
    loader->task->phase = "reading";
    hg_parallel(loader->threads, read_pieces, loader);
    add_up(loader, &account);
    status = judge(loader, &account);
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
    };
    hg_units_init(&loader.units);
    task->message[0] = '\0';
    enum hg_status status = load(&loader, graph);
    if (status == HG_NO_MEMORY && !task->message[0])
        hg_fail(task, status, 0, "out of memory while reading %s", hg_source_name(source));
    if (status == HG_TOO_LARGE && !task->message[0])
        hg_fail(task, status, 0, "%s has too many objects or references", hg_source_name(source));
    for (unsigned i = 0; loader.readers && i < loader.threads; i++) {
        hg_recorder_free(&loader.readers[i].recorder);
        hg_list_free(&loader.readers[i].pieces);
        hg_piece_free(&loader.readers[i].piece);
    }
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
    if (!graph->source || graph->line[node] == HG_NO_LINE) return HG_OK;
    enum hg_status status = hg_source_line(graph->source, graph->line[node], task, buffer, text,
                                           size);
    /* A byte order mark and spaces may come first. */
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
    bool (*line)(void *, unsigned, uint32_t, const char *, size_t);
    void *data;
    _Atomic enum hg_status status;
};

/* The node that a line is of: its address comes first in it, or the line is a ROOT. */
static uint32_t
node_of(const struct hg_graph *graph, uint64_t offset, const char *line, size_t size) {
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
            if (graph->line[middle] < unit) low = middle + 1;
            else high = middle;
        }
        if (low < graph->objects + graph->roots) node = low;
    }
    return node != HG_NO_NODE && graph->line[node] == unit ? node : HG_NO_NODE;
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
                uint32_t node = node_of(again->graph, offset, line, size);
                if (!again->line(again->data, thread, node, line, size)) again->status = HG_STOPPED;
            }
            line = newline + 1;
        }
    }
    hg_piece_free(&piece);
}

enum hg_status
hg_each_line(const struct hg_graph *graph, unsigned threads, struct hg_task *task,
             bool (*line)(void *data, unsigned thread, uint32_t node, const char *text,
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
