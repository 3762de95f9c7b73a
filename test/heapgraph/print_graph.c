/*
 * Prints the graph of a dump as text, for tests that know what it should be:
 *
 *     print_graph [-s] [-t THREADS] [-q] FILE|-
 *
 * One line per node, its fields and edges separated by tabs; -q prints the account alone, -s is
 * strict. Exits with the status of hg_load, whose message goes to stderr.
 */
#include "base/bytes.h"
#include "records/index.h"
#include "records/strings.h"
#include "graph/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const types[] = {
    "UNKNOWN",  "OBJECT", "CLASS",  "MODULE", "ICLASS", "FLOAT",        "STRING", "REGEXP",
    "ARRAY",    "HASH",   "STRUCT", "BIGNUM", "FILE",   "DATA",         "MATCH",  "COMPLEX",
    "RATIONAL", "SYMBOL", "IMEMO",  "NODE",   "ROOT",   "VIRTUAL_ROOT", "MISSING"};

static const char *const kinds[] = {
    "REFERENCE", "FIELD",       "IVAR",        "INDEX", "KEY",    "VALUE",  "VALUE_AT",
    "VALUE_INT", "MEMBER",      "CONSTANT",    "CVAR",  "METHOD", "GLOBAL", "CAPTURED",
    "FRAME",     "FRAME_LOCAL", "FIBER_LOCAL", "ROOT",  "WEAK"};

/* Where a node is: its address, or its number for others. */
static void
print_node(const struct hg_graph *graph, uint32_t node) {
    if (node == HG_NO_NODE) printf("-");
    else if (node < graph->objects) printf("0x%llx", (unsigned long long)hg_address(graph, node));
    else printf("#%u", node - graph->objects);
}

/* Text with what would end a field spelled out. */
static void
print_string(const struct hg_graph *graph, uint32_t string) {
    size_t size;
    const char *text = hg_string(graph, string, &size);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == '\\' || c == 0x7f) printf("\\x%02x", c);
        else putchar(c);
    }
}

static void
print_edge(const struct hg_graph *graph, uint32_t edge) {
    uint32_t name = hg_name(graph, edge), payload = hg_edge_payload(name);
    enum hg_edge_kind kind = hg_edge_kind(name);
    printf("\t%s ", kinds[kind]);
    switch (kind) {
    case HG_E_REFERENCE:
    case HG_E_ROOT:
        break;
    case HG_E_INDEX:
    case HG_E_KEY:
    case HG_E_VALUE_INT:
        printf("%u ", payload);
        break;
    case HG_E_VALUE_AT:
        print_node(graph, payload);
        printf(" ");
        break;
    default:
        if (payload != HG_PAYLOAD_NONE) print_string(graph, payload);
        printf(" ");
    }
    print_node(graph, hg_target(graph, edge));
}

static void
print_graph(const struct hg_graph *graph) {
    for (uint32_t node = 0; node < graph->nodes; node++) {
        print_node(graph, node);
        printf("\t%s\tclass=", types[hg_type(graph, node)]);
        print_node(graph, hg_class(graph, node));
        printf("\tmemsize=%llu\tflags=%u\tlabel=", (unsigned long long)hg_memsize(graph, node),
               hg_flags(graph, node));
        if (hg_label(graph, node) != HG_NO_STRING) print_string(graph, hg_label(graph, node));
        printf("\tat=");
        if (hg_has_column(&graph->location) && hg_location(graph, node) != HG_NO_STRING)
            print_string(graph, hg_location(graph, node));
        if (hg_has_column(&graph->generation) && hg_generation(graph, node) != UINT32_MAX)
            printf("@%u", hg_generation(graph, node));
        for (uint32_t e = hg_first(graph, node); e < hg_first(graph, node + 1); e++)
            print_edge(graph, e);
        putchar('\n');
    }
}

static void
print_account(const struct hg_graph *graph) {
    const struct hg_account *a = &graph->account;
#define COUNT(field) printf(#field "=%llu\n", (unsigned long long)a->field)
    COUNT(lines);
    COUNT(bad_lines);
    COUNT(bytes);
    COUNT(bad_line);
    COUNT(bad_byte);
    COUNT(unknown_types);
    COUNT(missing);
    COUNT(duplicates);
    COUNT(bad_references);
    COUNT(object_lines);
    COUNT(root_lines);
    COUNT(error_lines);
    COUNT(nul_bytes);
    COUNT(nul_byte);
    COUNT(crlf_lines);
    COUNT(headers);
    COUNT(footers);
    COUNT(before_header);
    COUNT(behind_footer);
    COUNT(second_line);
    COUNT(second_byte);
    COUNT(promise.objects);
    COUNT(damaged_byte);
    COUNT(damaged);
    COUNT(objspace_format);
#undef COUNT
#define ANSWER(name, what) printf("check_" #name "=%d\n", a->answer[HG_CHECK_##name]);
    HG_EACH_CHECK(ANSWER)
#undef ANSWER
    printf("whole=%d\n", !hg_has_failed(a));
    printf("objects=%u\nroots=%u\nedges=%llu\n", graph->objects, graph->roots,
           (unsigned long long)graph->edges);
}

/* Every node's line, read again, has to begin with the node's address. */
static int
check_lines(const struct hg_graph *graph, struct hg_task *task) {
    struct hg_buffer buffer = {0};
    int wrong = 0;
    for (uint32_t node = 0; node < graph->objects && wrong == 0; node++) {
        const char *text;
        size_t size;
        char address[40];
        if (hg_line_place(graph, node) == HG_NO_LINE) continue;
        snprintf(address, sizeof address, "\"address\":\"0x%llx\"",
                 (unsigned long long)hg_address(graph, node));
        wrong |= hg_line(graph, node, task, &buffer, &text, &size) != HG_OK;
        wrong |= !memmem(text, size < 200 ? size : 200, address, strlen(address));
        if (wrong) fprintf(stderr, "line of %s: %.*s\n", address, (int)size, text);
    }
    hg_buffer_free(&buffer);
    return wrong;
}

static double
now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv) {
    struct hg_load_options options = {0};
    struct hg_task task = {0};
    struct hg_source *source;
    struct hg_graph *graph;
    int quiet = 0, lines = 0, option;
    while ((option = getopt(argc, argv, "sqlt:")) != -1) {
        if (option == 's') options.strict = true;
        else if (option == 'q') quiet = 1;
        else if (option == 'l') lines = 1;
        else if (option == 't') options.threads = (unsigned)atoi(optarg);
        else return 64;
    }
    if (optind + 1 != argc) return 64;
    double before = now();
    enum hg_status status = strcmp(argv[optind], "-") == 0
                                ? hg_source_open_fd(0, "stdin", &task, &source)
                                : hg_source_open(argv[optind], &task, &source);
    if (status == HG_OK) {
        status = hg_load(source, &options, &task, &graph);
        if (status != HG_OK) hg_source_free(source);
    }
    if (status != HG_OK) {
        fprintf(stderr, "%s\n", task.message);
        return (int)status;
    }
    if (quiet) fprintf(stderr, "%.3f s\n", now() - before);
    int wrong = lines ? check_lines(graph, &task) : 0;
    if (!quiet) print_graph(graph);
    print_account(graph);
    hg_graph_free(graph);
    return wrong ? 100 : 0;
}
