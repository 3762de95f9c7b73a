/*
 * Place in the flow: see leaks.h. What grows without more objects: an array of numbers, a text, a
 * hash of symbols, the names of a module. The size of such an object changes only when it needs
 * more room, and it gets room in large pieces. So the length of its line in the dump is compared as
 * well.
 */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/task.h"
#include "reading/piece.h"
#include "growth/leak.h"

/* Where lines begin in the text of a dump: one bit for each HG_LINE_UNIT bytes. */
struct lines {
    uint64_t *begins;
    uint32_t units;
};

/* Where the line of node `number` begins; for the last node, which has none, that of the FOOTER. */
static uint32_t
line_of(const struct hg_graph *graph, uint32_t number) {
    if (number + 1 < graph->nodes) return hg_line_place(graph, number);
    if (graph->account.footers == 0) return HG_NO_LINE;
    return (uint32_t)(graph->account.footer_byte / HG_LINE_UNIT);
}

static bool
find_lines(const struct hg_graph *graph, struct lines *lines) {
    *lines = (struct lines){0};
    if (!hg_has_column(&graph->line)) return true;
    for (uint32_t i = 0; i < graph->nodes; i++) {
        uint32_t line = line_of(graph, i);
        if (line != HG_NO_LINE && line >= lines->units) lines->units = line + 1;
    }
    lines->begins = hg_array((size_t)lines->units / 64 + 1, sizeof(*lines->begins));
    if (!lines->begins) return false;
    for (uint32_t i = 0; i < graph->nodes; i++) {
        uint32_t line = line_of(graph, i);
        if (line != HG_NO_LINE) lines->begins[line / 64] |= UINT64_C(1) << line % 64;
    }
    return true;
}

/*
 * The length of a line, rounded to HG_LINE_UNIT. 0 for the last line of the text, and if there is
 * no line.
 */
static uint64_t
length_of(const struct lines *lines, uint32_t line) {
    if (!lines->begins || line == HG_NO_LINE) return 0;
    for (uint64_t next = (uint64_t)line + 1; next < lines->units; next++) {
        uint64_t word = lines->begins[next / 64] >> next % 64;
        if (word) return (next + (uint64_t)__builtin_ctzll(word) - line) * HG_LINE_UNIT;
        next |= 63;
    }
    return 0;
}

/*
 * The first dump from which on a trail has the same number of objects in all dumps, in two at
 * least; HG_MAX_DUMPS if there is none, or if these are none or too many.
 */
static uint32_t
same_from(const struct hg_growth *growth, uint32_t trail) {
    uint32_t last = growth->dumps - 1, from = 0;
    while (from + 1 < last && !hg_growth_count(growth, from, trail)) from++;
    uint64_t count = hg_growth_count(growth, from, trail);
    for (uint32_t dump = from + 1; dump <= last; dump++)
        if (hg_growth_count(growth, dump, trail) != count) return HG_MAX_DUMPS;
    return count && count <= HG_MAX_SAMPLES ? from : HG_MAX_DUMPS;
}

/* Marks the trails of which the lengths of lines are asked for. */
static void
find_asked(const struct hg_growth *growth, uint8_t *asked) {
    for (uint32_t trail = 1; trail < growth->trails.count; trail++) {
        bool content = growth->facts[trail].marks & (HG_TRAIL_CONTENT | HG_TRAIL_NAMES);
        asked[trail] = content && same_from(growth, trail) < HG_MAX_DUMPS;
    }
}

/*
 * Adds up by trail the lengths of the lines of its objects, of those that are asked for. The line
 * of a shared buffer does not count for its array. Returns false if there is no memory.
 */
static bool
sum_lines(const struct hg_growth_dump *dump, const uint8_t *asked, uint64_t *sums) {
    struct lines lines;
    if (!find_lines(dump->graph, &lines)) return false;
    for (uint32_t node = 0; node < dump->graph->objects && lines.begins; node++) {
        uint32_t trail = dump->trail[node];
        if (trail != HG_NO_TRAIL && asked[trail])
            sums[trail] += length_of(&lines, hg_line_place(dump->graph, node));
    }
    hg_array_free(lines.begins);
    return true;
}

/* The dumps, which do not depend on each other. */
struct summing {
    const struct hg_growth *growth;
    uint8_t *asked;                /* by trail: whether lines are asked for */
    uint64_t *lines[HG_MAX_DUMPS]; /* by dump, by trail: bytes */
    _Atomic uint32_t next;
    _Atomic bool failed;
};

static void
sum_some(void *data, unsigned thread) {
    struct summing *summing = data;
    const struct hg_growth *growth = summing->growth;
    for (uint32_t i; (i = summing->next++) < growth->dumps && !summing->failed;) {
        uint64_t *sums = calloc(growth->trails.count, sizeof(*sums));
        summing->lines[i] = sums;
        if (!sums || !sum_lines(&growth->dump[i], summing->asked, sums)) summing->failed = true;
    }
}

/* By how much a trail grew: 0 unless its number of objects is the same (same_from). */
static uint64_t
growth_of(const struct hg_growth *growth, uint64_t *const *lines, uint32_t trail) {
    uint32_t last = growth->dumps - 1, from = same_from(growth, trail);
    if (from == HG_MAX_DUMPS) return 0;
    struct hg_trail_sum first = hg_growth_sum(growth, from, trail), before = first;
    bool shrank = false;
    for (uint32_t dump = from + 1; dump <= last; dump++) {
        struct hg_trail_sum sum = hg_growth_sum(growth, dump, trail);
        if (sum.bytes < before.bytes) shrank = true;
        before = sum;
    }
    uint64_t bytes = shrank ? 0 : before.bytes - first.bytes, longer = 0;
    if (lines[last][trail] > lines[from][trail]) longer = lines[last][trail] - lines[from][trail];
    if (longer < growth->rules.line_bytes) longer = 0;
    if (bytes < growth->rules.content_bytes) bytes = 0;
    return bytes > longer ? bytes : longer;
}

static void
add(struct hg_leaks *leaks, struct hg_leak_content content) {
    uint32_t at = leaks->contents;
    if (at == HG_MAX_CONTENTS && leaks->content[at - 1].growth >= content.growth) return;
    if (at < HG_MAX_CONTENTS) leaks->contents++;
    else at--;
    for (; at > 0 && leaks->content[at - 1].growth < content.growth; at--)
        leaks->content[at] = leaks->content[at - 1];
    leaks->content[at] = content;
}

/*
 * Marks the containers in which something grows: they are shown by that. Names in a container are
 * not meant.
 */
static void
find_told(const struct hg_growth *growth, const struct hg_leaks *leaks, uint8_t *told) {
    for (uint32_t trail = 1; trail < growth->trails.count; trail++) {
        uint32_t above = growth->trails.items[trail].parent;
        if (leaks->part_of[trail] && growth->facts[above].marks & HG_TRAIL_CONTENT) told[above] = 1;
    }
}

/*
 * Whether a trail has DATA that a root holds without a name. That belongs to the VM, as the tables
 * of a tool that traces allocations do.
 */
static bool
is_of_root(const struct hg_growth *growth, uint32_t trail) {
    uint32_t above = growth->trails.items[trail].parent;
    const struct hg_trail_facts *facts = &growth->facts[trail];
    return facts->type == HG_T_DATA && facts->marks & HG_TRAIL_CONTENT &&
           facts->kind == HG_E_REFERENCE && growth->facts[above].type == HG_T_ROOT;
}

static void
find(const struct hg_growth *growth, uint64_t *const *lines, const uint8_t *told,
     struct hg_leaks *leaks) {
    for (uint32_t trail = 1; trail < growth->trails.count; trail++) {
        const struct hg_trail_facts *facts = &growth->facts[trail];
        if (!(facts->marks & (HG_TRAIL_CONTENT | HG_TRAIL_NAMES)) || told[trail]) continue;
        if (facts->marks & (HG_TRAIL_CODE | HG_TRAIL_VM) || facts->rank >= HG_RANK_CACHE) continue;
        if (is_of_root(growth, trail)) continue;
        uint64_t grew = growth_of(growth, lines, trail);
        if (grew) add(leaks, (struct hg_leak_content){.trail = trail, .growth = grew});
    }
}

enum hg_status
hg_leaks_contents(const struct hg_growth *growth, struct hg_leaks *leaks) {
    enum { MOST = 2 }; /* each thread needs a bit for each HG_LINE_UNIT of the text */
    struct summing summing = {.growth = growth};
    uint8_t *told = calloc(growth->trails.count, 1);
    summing.asked = calloc(growth->trails.count, 1);
    if (!told || !summing.asked) {
        free(told);
        free(summing.asked);
        return HG_NO_MEMORY;
    }
    find_asked(growth, summing.asked);
    unsigned threads = hg_processors();
    hg_parallel(threads < MOST ? threads : MOST, sum_some, &summing);
    if (!summing.failed) {
        find_told(growth, leaks, told);
        find(growth, summing.lines, told, leaks);
    }
    for (uint32_t dump = 0; dump < growth->dumps; dump++) free(summing.lines[dump]);
    free(told);
    free(summing.asked);
    return summing.failed ? HG_NO_MEMORY : HG_OK;
}
