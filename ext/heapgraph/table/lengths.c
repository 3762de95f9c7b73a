/* Place in the flow: see lengths.h. */
#include "table/lengths.h"

#include "base/bytes.h"
#include "graph/load.h"

struct reading {
    const struct hg_graph *graph;
    uint64_t *lengths;
};

/* The name of the field that has the length, by type; NULL if objects of that type have none. */
static const char *
field_of(uint8_t type) {
    switch (type) {
    case HG_T_STRING:
    case HG_T_SYMBOL:
        return "\"bytesize\":";
    case HG_T_ARRAY:
        return "\"length\":";
    case HG_T_HASH:
        return "\"size\":";
    default:
        return NULL;
    }
}

/*
 * For hg_each_line. No text within a line can look like the name of a field, as its quotes are
 * escaped, and the maps in lines of these types have other names. Each object has one line.
 */
static bool
look(void *data, unsigned thread, uint64_t offset, const char *line, size_t size) {
    struct reading *reading = data;
    uint32_t node = hg_node_of_line(reading->graph, offset, line, size);
    if (node >= reading->graph->objects) return true;
    const char *field = field_of(hg_type(reading->graph, node));
    if (!field) return true;
    size_t length = strlen(field), digits = 0;
    const char *found = memmem(line, size, field, length);
    if (!found) return true;
    const char *number = found + length, *end = line + size;
    while (number < end && *number == ' ') number++;
    while (number + digits < end && number[digits] >= '0' && number[digits] <= '9') digits++;
    hg_read_natural(number, digits, &reading->lengths[node]);
    return true;
}

enum hg_status
hg_read_lengths(const struct hg_graph *graph, struct hg_task *task, uint64_t *lengths) {
    struct reading reading = {.graph = graph, .lengths = lengths};
    memset(lengths, 0xff, graph->objects * sizeof(*lengths));
    return hg_each_line(graph, hg_processors(), task, look, &reading);
}
