/* Place in the flow: see texts.h. */
#include "search/texts.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/best.h"
#include "base/bytes.h"
#include "base/progress.h"
#include "graph/load.h"

/* A string that was seen, and the hash of its content. */
struct seen {
    uint64_t hash;
    uint32_t node;
};

/* The strings that one thread has found. */
struct harvest {
    struct seen *items;
    size_t count, room;
    uint64_t strings, with_text;
    bool failed;
};

static void
add(struct harvest *harvest, uint64_t hash, uint32_t node) {
    if (hg_grow(&harvest->items, harvest->count, &harvest->room, 1024, sizeof(*harvest->items)))
        harvest->items[harvest->count++] = (struct seen){hash, node};
    else harvest->failed = true;
}

/* One pass over the lines by several threads. */
struct reading {
    const struct hg_graph *graph;
    const struct hg_tree *tree; /* NULL if garbage counts too */
    const char *needle;
    size_t needle_size;
    struct harvest *harvests; /* by thread */
};

/* The fields of a line that are looked for: those with the content come first. */
enum field { VALUE, VALUE_BASE64, VALUE_HASH, BYTESIZE, ENCODING, FIELDS, CONTENTS = BYTESIZE };

static const struct {
    const char *name;
    size_t length;
} FIELD[FIELDS] = {
#define NAMED(name)                                                                                \
    { name, sizeof(name) - 1 }
    NAMED("value"),    NAMED("value_base64"), NAMED("value_hash"),
    NAMED("bytesize"), NAMED("encoding"),
#undef NAMED
};

/* The length of a JSON text up to the quote that ends it. */
static size_t
text_length(const char *text, size_t size) {
    const char *end = text + size;
    for (const char *at = text; at < end; at++) {
        at = memchr(at, '"', (size_t)(end - at));
        if (!at) break;
        const char *before = at;
        while (before > text && before[-1] == '\\') before--;
        if ((at - before) % 2 == 0) return (size_t)(at - text);
    }
    return size;
}

/* Whether a colon follows the name of this field, and a text if the field has the content. */
static bool
is_field(enum field field, const char *line, const char *colon, const char *end) {
    size_t length = FIELD[field].length;
    if ((size_t)(colon - line) < length + 3) return false; // a brace and two quotes
    const char *name = colon - 1 - length;
    if (name[-1] != '"' || name[-2] == '\\') return false;
    if (memcmp(name, FIELD[field].name, length) != 0) return false;
    return field >= CONTENTS || (end - colon >= 2 && colon[1] == '"');
}

/*
 * Finds where the values of the fields begin, NULL for those that are not there, in one pass from
 * colon to colon. No text can look like a name, as its quotes are escaped. It ends with the last
 * field that a string has.
 */
static void
find_fields(const char *line, size_t size, const char *found[FIELDS]) {
    const char *end = line + size, *colon = line;
    bool content = false;
    memset(found, 0, FIELDS * sizeof(*found));
    for (; (colon = memchr(colon, ':', (size_t)(end - colon))); colon++) {
        if (colon == line || colon[-1] != '"') continue;
        for (int field = 0; field < FIELDS; field++) {
            if (found[field] || !is_field((enum field)field, line, colon, end)) continue;
            found[field] = colon + (field < CONTENTS ? 2 : 1);
            content |= field < CONTENTS;
        }
        if (content && found[BYTESIZE] && found[ENCODING]) return;
    }
}

/* The content of a string as it is in its line. *kind is the number of the field that has it. */
static const char *
content(const char *const found[FIELDS], const char *end, size_t *length, uint64_t *kind) {
    for (*kind = 0; *kind < CONTENTS; ++*kind) {
        if (!found[*kind]) continue;
        *length = text_length(found[*kind], (size_t)(end - found[*kind]));
        return found[*kind];
    }
    return NULL;
}

/*
 * The hash of a string. It includes length and encoding: strings that differ in these are
 * different, even if their contents were cut off and look equal.
 */
static uint64_t
hash_of(const char *const found[FIELDS], const char *end, const char *text, size_t length,
        uint64_t kind) {
    uint64_t hash = hg_hash(text, length) ^ kind;
    for (int i = BYTESIZE; i <= ENCODING; i++) {
        if (!found[i]) continue;
        size_t rest = (size_t)(end - found[i]);
        const char *comma = memchr(found[i], ',', rest);
        hash = hg_mix(hash ^ hg_hash(found[i], comma ? (size_t)(comma - found[i]) : rest),
                      HG_GOLDEN);
    }
    return hash;
}

static bool
is_text(uint8_t type) {
    return type == HG_T_STRING || type == HG_T_SYMBOL || type == HG_T_REGEXP;
}

/*
 * Whether the beginning of a line says that its object has another type than those with a text, so
 * that its node needs not be looked up.
 */
static bool
is_other(const char *line, size_t size) {
    enum { ADDRESS = sizeof "{\"address\":\"" - 1, MOST = 20 };
    static const char type[] = "\",\"type\":\"";
    if (size < ADDRESS + MOST + sizeof type) return false;
    const char *behind = memchr(line + ADDRESS, '"', MOST);
    if (!behind || memcmp(behind, type, sizeof type - 1) != 0) return false;
    char initial = behind[sizeof type - 1];
    return initial != 'S' && initial != 'R';
}

/* For hg_each_line. Returns false only if there is no memory. */
static bool
look(void *data, unsigned thread, uint64_t offset, const char *line, size_t size) {
    struct reading *reading = data;
    struct harvest *harvest = &reading->harvests[thread];
    if (is_other(line, size)) return true;
    uint32_t node = hg_node_of_line(reading->graph, offset, line, size);
    if (node == HG_NO_NODE || !is_text(hg_type(reading->graph, node))) return true;
    size_t length;
    uint64_t kind;
    const char *found[FIELDS], *end = line + size;
    find_fields(line, size, found);
    const char *text = content(found, end, &length, &kind);

    if (!reading->tree) {
        bool other = kind == 0 && reading->needle_size &&
                     !memmem(line, size, reading->needle, reading->needle_size);
        if (text && kind != 2 && !other) add(harvest, 0, node);
    }
    else if (hg_type(reading->graph, node) == HG_T_STRING && hg_is_reachable(reading->tree, node)) {
        harvest->strings++;
        harvest->with_text += text != NULL;
        if (text) add(harvest, hash_of(found, end, text, length, kind), node);
    }
    return !harvest->failed;
}

static int
by_hash(const void *a, const void *b) {
    const struct seen *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

/*
 * Hashes are sorted by their upper bits first, into buckets, and these by several threads. Of 10
 * million objects, about 70 strings are in a bucket. To insert one among up to 128 took less time
 * than qsort (43 to 69 ns), which has to call a function for each comparison; among 256, more.
 */
enum { BUCKET_BITS = 16, BUCKETS = 1 << BUCKET_BITS, FEW = 128 };

static inline size_t
bucket_of(const struct seen *seen) {
    return (size_t)(seen->hash >> (64 - BUCKET_BITS));
}

/* Sorts what is in one bucket, where mostly few are. */
static void
sort_bucket(struct seen *items, size_t count) {
    if (count > FEW) {
        qsort(items, count, sizeof(*items), by_hash);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct seen moved = items[i];
        size_t at = i;
        for (; at && by_hash(&items[at - 1], &moved) > 0; at--) items[at] = items[at - 1];
        items[at] = moved;
    }
}

/* Puts all harvests into one, by buckets. Then `ends` says where each of these ends. */
static void
put_into_buckets(const struct harvest *harvests, unsigned threads, size_t *ends,
                 struct harvest *all) {
    for (unsigned i = 0; i < threads; i++)
        for (size_t k = 0; k < harvests[i].count; k++) ends[bucket_of(&harvests[i].items[k]) + 1]++;
    for (size_t bucket = 0; bucket < BUCKETS; bucket++) ends[bucket + 1] += ends[bucket];
    all->count = ends[BUCKETS];
    for (unsigned i = 0; i < threads; i++)
        for (size_t k = 0; k < harvests[i].count; k++) {
            const struct seen *seen = &harvests[i].items[k];
            all->items[ends[bucket_of(seen)]++] = *seen;
        }
}

/* Buckets that are sorted: where each ends, and the next that no thread has. */
struct sorting {
    struct seen *items;
    const size_t *ends;
    _Atomic size_t next;
};

enum { AT_ONCE = 256 }; /* buckets */

static void
sort_some(void *data, unsigned thread) {
    struct sorting *sorting = data;
    for (size_t from; (from = atomic_fetch_add(&sorting->next, AT_ONCE)) < BUCKETS;)
        for (size_t bucket = from; bucket < from + AT_ONCE; bucket++) {
            size_t begin = bucket ? sorting->ends[bucket - 1] : 0;
            sort_bucket(sorting->items + begin, sorting->ends[bucket] - begin);
        }
}

/* Puts all harvests into one, sorted by hash and node. */
static enum hg_status
gather(const struct harvest *harvests, unsigned threads, struct harvest *all) {
    for (unsigned i = 0; i < threads; i++) {
        all->room += harvests[i].count;
        all->strings += harvests[i].strings;
        all->with_text += harvests[i].with_text;
    }
    all->items = malloc((all->room + 1) * sizeof(*all->items));
    size_t *ends = calloc(BUCKETS + 1, sizeof(*ends));
    if (all->items && ends) {
        put_into_buckets(harvests, threads, ends, all);
        struct sorting sorting = {.items = all->items, .ends = ends};
        hg_parallel(threads, sort_some, &sorting);
    }
    bool memory = all->items && ends;
    free(ends);
    return memory ? HG_OK : HG_NO_MEMORY;
}

/* Reads all lines and fills `all`. After HG_OK its items belong to the caller. */
static enum hg_status
read_all(struct reading *reading, struct hg_task *task, struct harvest *all) {
    unsigned threads = hg_processors();
    struct harvest *harvests = calloc(threads, sizeof(*harvests));
    if (!harvests) return HG_NO_MEMORY;
    reading->harvests = harvests;
    hg_phase(task, "comparing texts", 0);
    enum hg_status status = hg_each_line(reading->graph, threads, task, look, reading);
    for (unsigned i = 0; i < threads; i++)
        if (harvests[i].failed) status = HG_NO_MEMORY;
    if (status == HG_OK) status = gather(harvests, threads, all);
    for (unsigned i = 0; i < threads; i++) free(harvests[i].items);
    free(harvests);
    return status;
}

enum hg_status
hg_texts_with(const struct hg_graph *graph, const char *bytes, size_t size, struct hg_task *task,
              struct hg_numbers *nodes) {
    struct reading reading = {.graph = graph, .needle = bytes, .needle_size = size};
    struct harvest all = {0};
    enum hg_status status = read_all(&reading, task, &all);
    for (size_t i = 0; status == HG_OK && i < all.count; i++)
        hg_numbers_add(nodes, all.items[i].node);
    free(all.items);
    return status == HG_OK && nodes->failed ? HG_NO_MEMORY : status;
}

/* One run of equal hashes. */
static struct hg_repeat
measure(const struct hg_graph *graph, const struct harvest *all, size_t from, size_t to) {
    struct hg_repeat repeat = {.first = from, .count = (uint32_t)(to - from)};
    uint64_t largest = 0;
    for (size_t i = from; i < to; i++) {
        uint64_t size = hg_memsize(graph, all->items[i].node);
        repeat.bytes += size;
        if (size > largest) largest = size;
    }
    repeat.wasted = repeat.bytes - largest;
    return repeat;
}

static size_t
run_end(const struct harvest *all, size_t from) {
    size_t to = from + 1;
    while (to < all->count && all->items[to].hash == all->items[from].hash) to++;
    return to;
}

/* Finds the runs that waste most; a run is known by where it begins. */
static enum hg_status
rank_runs(const struct hg_graph *graph, const struct harvest *all, struct hg_best *best,
          struct hg_repeats *repeats) {
    for (size_t from = 0, to; from < all->count; from = to) {
        to = run_end(all, from);
        if (to - from < 2) continue;
        struct hg_repeat repeat = measure(graph, all, from, to);
        repeats->groups++;
        repeats->copies += repeat.count;
        repeats->wasted += repeat.wasted;
        if (!hg_best_offer(best, repeat.wasted, (uint32_t)from)) return HG_NO_MEMORY;
    }
    hg_best_sort(best);
    return HG_OK;
}

static enum hg_status
copy_runs(const struct hg_graph *graph, const struct harvest *all, const struct hg_best *best,
          struct hg_repeats *repeats) {
    size_t total = 0;
    for (size_t i = 0; i < best->count; i++)
        total += run_end(all, best->items[i].node) - best->items[i].node;
    repeats->items = malloc((best->count + 1) * sizeof(*repeats->items));
    repeats->nodes = malloc((total + 1) * sizeof(*repeats->nodes));
    if (!repeats->items || !repeats->nodes) return HG_NO_MEMORY;

    size_t at = 0;
    for (size_t i = 0; i < best->count; i++) {
        size_t from = best->items[i].node, to = run_end(all, from);
        struct hg_repeat repeat = measure(graph, all, from, to);
        repeat.first = at;
        repeats->items[repeats->count++] = repeat;
        for (size_t k = from; k < to; k++) repeats->nodes[at++] = all->items[k].node;
    }
    return HG_OK;
}

enum hg_status
hg_repeats_find(const struct hg_graph *graph, const struct hg_tree *tree, uint32_t limit,
                struct hg_task *task, struct hg_repeats *repeats) {
    struct reading reading = {.graph = graph, .tree = tree};
    struct harvest all = {0};
    struct hg_best best = {.room = limit};
    memset(repeats, 0, sizeof(*repeats));
    enum hg_status status = read_all(&reading, task, &all);
    repeats->strings = all.strings;
    repeats->compared = all.with_text;
    if (status == HG_OK) status = rank_runs(graph, &all, &best, repeats);
    if (status == HG_OK) status = copy_runs(graph, &all, &best, repeats);
    hg_best_free(&best);
    free(all.items);
    if (status != HG_OK) hg_repeats_free(repeats);
    return status;
}

void
hg_repeats_free(struct hg_repeats *repeats) {
    free(repeats->items);
    free(repeats->nodes);
    memset(repeats, 0, sizeof(*repeats));
}
