/*
 * Lines whose head or tail is known give the same records as lines that are parsed from their
 * beginning to their end, whatever is between these, and however the lines are mixed.
 */
#include "records/heads.h"

#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "records/record.h"
#include "records/tails.h"
#include "records/words.h"
#include "check.h"

uint64_t check_seed;

enum { MOST = 4096, CLASSES = 12 };

struct text {
    char bytes[MOST];
    size_t size;
};

static void
add(struct text *text, const char *more) {
    size_t size = strlen(more);
    if (text->size + size >= MOST) abort();
    memcpy(text->bytes + text->size, more, size);
    text->size += size;
}

static const char *
one_of(struct random *random, const char *const *words, size_t count) {
    return words[random_below(random, (uint32_t)count)];
}
#define ONE_OF(random, words) one_of(random, words, sizeof words / sizeof *words)

/* Each class mostly has the same name, of 0 to 55 bytes: some heads are too long to be kept. */
static void
add_class(struct text *text, struct random *random) {
    static const char *const odd[] = {
        ",\"class\":null",       ",\"class\":\"0x\"",
        ",\"class\":\"0x1001\"", ",\"class\":[\"a\"]",
        ",\"class_name\":\"A\"", ",\"class\":\"0x7f\\u0031\"",
        ",\"class\":\"Hash\"",   "",
        ",\"shape_id\":7",
    };
    char class[256];
    uint32_t number = random_below(random, CLASSES);
    if (random_chance(random, 8)) {
        add(text, ONE_OF(random, odd));
        return;
    }
    snprintf(class, sizeof class, ",\"class\":\"0x7f00%x\",\"class_name\":\"%.*s%s\"",
             0x1000 + 40 * number * number * 8, (int)(number * 5),
             "AnApplication::With::ARatherLong::NameOf::ItsOwn::ThatGoesOn::AndOn::UntilItEnds",
             random_chance(random, 3)   ? "\\u00e9"
             : random_chance(random, 3) ? "\xc3\xa9"
                                        : "");
    add(text, class);
}

/* What looks like a tail: mostly as the dumper writes it, but also in other orders and places. */
static void
add_tail(struct text *text, struct random *random) {
    static const char *const flags[] = {",\"embedded\":true", ",\"fstring\":true",
                                        ",\"frozen\":true", ",\"shareable\":true", ",\"old\":true"};
    static const char *const sizes[] = {
        ",\"memsize\":40}",
        ",\"memsize\":0}",
        ",\"memsize\":040}",
        ",\"memsize\":}",
        ",\"memsize\":-1}",
        ",\"memsize\":4.5}",
        ",\"memsize\":999999999999999999}",
        ",\"memsize\":9999999999999999999}",
        ",\"memsize\":18446744073709551616}",
        ",\"memsize\":4294967295}",
        ", \"memsize\":40}",
        ",\"memsize\":40}\r",
    };
    static const char *const inner[] = {",\"name\":\"a",
                                        ",\"ivars\":{\"@a\":1",
                                        ",\"elements\":[1",
                                        ",\"value\":\"\\",
                                        ",\"ivars\":{\"@a\":\"0x7f0000001000\"}",
                                        "}",
                                        ",\"ivars\":{\"@a\":\"0x7f0000001000\"}}",
                                        ",\"memsize\":40}"};
    enum { FLAGS = sizeof flags / sizeof *flags };
    if (random_chance(random, 8)) add(text, ONE_OF(random, inner));
    for (int i = 0; i < FLAGS; i++) {
        if (random_chance(random, 5)) add(text, ONE_OF(random, flags));
        else if (random_chance(random, 50)) add(text, flags[i]);
    }
    add(text, random_chance(random, 70) ? sizes[0] : ONE_OF(random, sizes));
}

static void
add_fields(struct text *text, struct random *random) {
    static const char *const fields[] = {
        ",\"value\":\"a\\nb\"",
        ",\"ivars\":{\"@a\":\"0x7f0000001000\",\"@b\":17,\"@c\":{}}",
        ",\"elements\":[1,\"0x7f0000002000\",null,true,\"0x10\"]",
        ",\"entries\":[[\":a\",\"0x7f0000003000\"],[\"0x7f0000003008\",2]]",
        ",\"memsize\":40",
        ",\"memsize\":12345678901",
        ",\"old\":true",
        ", \"frozen\":true",
        ",\"class\":\"0x7f0000009000\"",
        ",\"class_name\":\"Another\"",
        ",\"type\":\"HASH\"",
        ",\"address\":\"0x20\"",
        ",\"file\":\"a.rb\",\"line\":3,\"generation\":9",
        ",\"struct\":\"proc\"",
        ",\"name\":\"A::B\"",
        ",\"default\":\"0x7f0000004000\"",
        ",\"memsize\":18446744073709551616",
    };
    static const char *const bad[] = {"", "]", ",", ",}", ",\"a\":01}", ",\"a\"}", "} ", "}}"};
    for (uint32_t i = random_below(random, 6); i > 0; i--) add(text, ONE_OF(random, fields));
    if (random_chance(random, 40)) {
        add_tail(text, random);
        return;
    }
    add(text, random_chance(random, 3) ? ONE_OF(random, bad) : "}");
}

static void
make_line(struct text *text, struct random *random) {
    static const char *const types[] = {"OBJECT", "STRING", "CLASS", "DATA",
                                        "IMEMO",  "ARRAY",  "ROOT",  "NO_TYPE"};
    static const char *const starts[] = {"{\"address\":\"0x7f%x\"", "{\"address\":\"0x%x\"",
                                         "{\"address\":\"0x7f00000000%x\"",
                                         "{ \"address\":\"0x%x\"", "{\"address\":\"%x\""};
    char start[64];
    text->size = 0;
    const char *format = random_chance(random, 90) ? starts[0] : ONE_OF(random, starts);
    snprintf(start, sizeof start, format, 0x100000 + 8 * random_below(random, 5000));
    add(text, start);
    add(text, random_chance(random, 97) ? ",\"type\":\"" : ", \"type\":\"");
    add(text, ONE_OF(random, types));
    add(text, "\"");
    if (random_chance(random, 2)) add(text, ",\"root\":\"vm\"");
    add_class(text, random);
    add_fields(text, random);
    if (random_chance(random, 2)) text->size = random_below(random, (uint32_t)text->size + 1);
}

static void
check_lists(struct hg_list *wanted, struct hg_list *got, size_t size) {
    struct hg_list_reader a = {.list = wanted}, b = {.list = got};
    for (;;) {
        const char *one = hg_list_next(&a, size), *other = hg_list_next(&b, size);
        CHECK(!one == !other);
        if (!one) break;
        CHECK(memcmp(one, other, size) == 0);
    }
}

static void
check_recorders(struct hg_recorder *wanted, struct hg_recorder *got) {
    check_lists(&wanted->nodes, &got->nodes, sizeof(uint32_t));
    check_lists(&wanted->edges, &got->edges, sizeof(struct hg_edge_record));
    check_lists(&wanted->class_names, &got->class_names, sizeof(struct hg_class_name_record));
    check_lists(&wanted->sizes, &got->sizes, sizeof(struct hg_size_record));
    check_lists(&wanted->allocations, &got->allocations, sizeof(struct hg_allocation_record));
    CHECK_EQUAL(wanted->object_lines, got->object_lines);
    CHECK_EQUAL(wanted->root_lines.count, got->root_lines.count);
    CHECK_EQUAL(wanted->unknown_types, got->unknown_types);
    CHECK_EQUAL(wanted->bad_references, got->bad_references);
    CHECK(!wanted->failed && !got->failed);
}

/* A recorder with what it shares with others. */
struct recording {
    struct hg_units units;
    struct hg_string_table *strings;
    struct hg_recorder recorder;
    struct hg_line_parser parser;
};

static void
begin(struct recording *recording) {
    *recording = (struct recording){.strings = hg_string_table_new()};
    hg_units_init(&recording->units);
    CHECK(recording->strings &&
          hg_recorder_init(&recording->recorder, &recording->units, recording->strings, false));
}

static void
end(struct recording *recording) {
    hg_recorder_free(&recording->recorder);
    hg_line_parser_free(&recording->parser);
    hg_string_table_free(recording->strings);
    hg_units_free(&recording->units);
}

/* The line in memory of its own, so that a sanitizer sees what is read behind the pad. */
static char *
padded(const struct text *text) {
    char *line = malloc(text->size + 1 + HG_PAD);
    CHECK(line != NULL);
    memcpy(line, text->bytes, text->size);
    line[text->size] = '\n';
    memset(line + text->size + 1, 0, HG_PAD);
    return line;
}

/* How many lines had a head that was known, and how many of these a tail. */
struct found {
    uint64_t heads, tails;
};

static void
check_lines(uint64_t seed, uint32_t lines, struct found *found) {
    struct random random = {seed};
    struct recording whole, headed;
    struct text text;
    check_seed = seed;
    begin(&whole);
    begin(&headed);
    for (uint32_t at = 0; at < lines; at++) {
        make_line(&text, &random);
        char *line = padded(&text);
        enum hg_line_kind kind = HG_LINE_BAD;
        size_t bad, bad_at = 0;
        uint64_t address;
        const char *rest;
        if (hg_parse_line(&whole.parser, line, text.size))
            kind = hg_record_line(&whole.recorder, &whole.parser.tape, at);
        else bad_at = whole.parser.bad_at;
        if (hg_find_head(&headed.recorder.heads, line, text.size, &address, &rest)) {
            found->heads++;
            found->tails += hg_find_tail(rest, line + text.size).text != NULL;
        }
        CHECK_EQUAL(kind,
                    hg_record_text(&headed.recorder, &headed.parser, line, text.size, at, &bad));
        CHECK_EQUAL(bad_at, bad);
        free(line);
    }
    check_recorders(&whole.recorder, &headed.recorder);
    end(&whole);
    end(&headed);
}

/* A line that is too long for the parser is bad, whether its head is known or not. */
static void
check_too_long(void) {
    static const char known[] = "{\"address\":\"0x100000\",\"type\":\"OBJECT\","
                                "\"class\":\"0x7f001000\",\"class_name\":\"A\"}\n";
    size_t size = (size_t)INT32_MAX + 1, bad;
    struct recording headed;
    char *line = mmap(NULL, size + HG_PAD, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(line != MAP_FAILED);
    memcpy(line, known, sizeof known - 1);
    begin(&headed);
    CHECK_EQUAL(HG_LINE_OBJECT,
                hg_record_text(&headed.recorder, &headed.parser, line, sizeof known - 2, 0, &bad));
    CHECK_EQUAL(HG_LINE_BAD, hg_record_text(&headed.recorder, &headed.parser, line, size, 1, &bad));
    CHECK_EQUAL(1, headed.recorder.object_lines);
    end(&headed);
    munmap(line, size + HG_PAD);
}

int
main(void) {
    struct found found = {0, 0};
    uint64_t lines = 0;
    hg_words_init();
    for (uint64_t seed = 1; seed <= check_seeds(400); seed++) {
        uint32_t count = 1 + (uint32_t)(seed % 7) * 300;
        check_lines(seed, count, &found);
        lines += count;
    }
    CHECK(found.heads > lines / 3); // otherwise too little was tested
    CHECK(found.heads < lines);
    CHECK(found.tails > found.heads / 5);
    CHECK(found.tails < found.heads);
    check_too_long();
    return 0;
}
