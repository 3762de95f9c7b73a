/*
 * Any bytes as one line: what the scanner knows has to be what yajl makes of it, and the recorder
 * has to take in whatever comes out. Cut to what is worth showing it has to be JSON still.
 */
#include "fuzz.h"

#include "../same_tape.h"
#include "reading/brief.h"
#include "reading/line.h"
#include "records/record.h"
#include "records/words.h"

#include <stdlib.h>
#include <string.h>

/* In copies, with limits that a short line exceeds. */
static void
cut(const char *line, size_t size, bool good) {
    for (size_t most = 1; most < 64; most *= 3) {
        char *copy = malloc(size + 1 + HG_PAD);
        memcpy(copy, line, size + 1 + HG_PAD);
        size_t left = hg_brief(copy, size, most, 1 + most / 8);
        if (left > size) abort();
        memset(copy + left, 0, size + 1 + HG_PAD - left);
        copy[left] = '\n';
        struct hg_line_parser parser = {0};
        if (good && !hg_parse_line_slowly(&parser, copy, left)) abort();
        hg_line_parser_free(&parser);
        free(copy);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *line = malloc(size + 1 + HG_PAD);
    memcpy(line, data, size);
    for (size_t i = 0; i < size; i++) {
        if (line[i] == '\n') line[i] = ' ';
    }
    line[size] = '\n';
    memset(line + size + 1, 0, HG_PAD);

    struct hg_tape scanned = {0};
    struct hg_line_parser parser = {0};
    bool known = hg_scan_line(&scanned, line), good = hg_parse_line_slowly(&parser, line, size);
    cut(line, size, good);
    if (known && (!good || !same_tape(&scanned, &parser.tape))) abort();

    hg_words_init();
    for (int objspace = 0; objspace < 2 && good; objspace++) {
        struct hg_units units;
        struct hg_recorder recorder;
        struct hg_string_table *strings = hg_string_table_new();
        hg_units_init(&units);
        hg_recorder_init(&recorder, &units, strings, objspace);
        hg_record_line(&recorder, known ? &scanned : &parser.tape, 1);
        hg_recorder_free(&recorder);
        hg_string_table_free(strings);
        hg_units_free(&units);
    }
    hg_tape_free(&scanned);
    hg_line_parser_free(&parser);
    free(line);
    return 0;
}
