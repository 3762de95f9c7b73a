/*
 * Scanner against yajl on every line of a file: prints how many lines there are,
 * how many the scanner knew, and how many are different, the first of which it shows.
 */
#include "same_tape.h"

#include "reading/line.h"

#include <stdio.h>

int
main(int argc, char **argv) {
    if (argc != 2) return 64;
    FILE *file = fopen(argv[1], "rb");
    struct hg_tape scanned = {0};
    struct hg_line_parser parser = {0};
    struct hg_buffer buffer = {0};
    char *line = NULL;
    size_t room = 0, lines = 0, known = 0, different = 0;
    ssize_t size;
    while (file && (size = getline(&line, &room, file)) > 0) {
        if (line[size - 1] == '\n') size--;
        if (!hg_buffer_reserve(&buffer, (size_t)size + 1)) return 1;
        memcpy(buffer.bytes, line, (size_t)size);
        memset(buffer.bytes + size, 0, 1 + HG_PAD);
        buffer.bytes[size] = '\n';
        lines++;
        if (!hg_scan_line(&scanned, buffer.bytes)) continue;
        known++;
        bool good = hg_parse_line_slowly(&parser, buffer.bytes, (size_t)size);
        if (good && same_tape(&scanned, &parser.tape)) continue;
        if (different++ == 0) fprintf(stderr, "%.2000s\n", line);
    }
    printf("lines=%zu\nknown=%zu\ndifferent=%zu\n", lines, known, different);
    hg_tape_free(&scanned);
    hg_line_parser_free(&parser);
    hg_buffer_free(&buffer);
    free(line);
    if (file) fclose(file);
    return file && different == 0 ? 0 : 1;
}
