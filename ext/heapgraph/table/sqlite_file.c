/*
 * Place in the flow: see sqlite_file.h. Each table and each index is a tree of pages. Its leaves
 * are written as they become full; which pages these are is kept, and at the end the pages above
 * them are written, level by level.
 */
#include "table/sqlite_file.h"

#include "base/array.h"
#include "base/progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PAGE = 8192,
    LOCK_PAGE = (1 << 30) / PAGE + 1, /* here SQLite takes its locks, and nothing else may be */
    PAGES_AT_ONCE = 128,
    LEAF_HEAD = 8,
    INNER_HEAD = 12,
    POINTER = 2, /* bytes, to a cell of the page */
    CHILD = 4,   /* bytes, the number of a page */
    LONGEST_VARINT = 9,
    INNER_TABLE = 5,
    LEAF_TABLE = 13,
    INNER_INDEX = 2,
    LEAF_INDEX = 10,
    MOST_PARTS = 16, /* tables and indexes */
};

/* A page, and what separates it from the next one: the last key in it, or the entry behind it. */
struct child {
    uint32_t page;
    struct hg_sqlite_entry key;
};

struct children {
    struct child *items;
    size_t count, room;
};

/* A page that is being filled: pointers from the front, cells from the end. */
struct page {
    unsigned char bytes[PAGE];
    size_t head, cells, content;
};

struct part {
    const char *type, *name, *table, *sql;
    uint32_t root;
};

struct hg_sqlite {
    int fd;
    struct hg_task *task;
    uint32_t pages;         /* the number of the last page; 1 is written at the end */
    unsigned char *waiting; /* pages that are not written yet */
    size_t waits;
    struct page leaf;
    struct children leaves;
    struct hg_buffer payload;
    struct part parts[MOST_PARTS];
    size_t part_count;
};

static void
put16(unsigned char *to, size_t number) {
    to[0] = (unsigned char)(number >> 8);
    to[1] = (unsigned char)number;
}

static void
put32(unsigned char *to, uint32_t number) {
    put16(to, number >> 16);
    put16(to + 2, number & 0xffff);
}

static size_t
varint_size(uint64_t number) {
    size_t size = 1;
    while (size < LONGEST_VARINT && number >= 0x80) {
        number >>= 7;
        size++;
    }
    return size;
}

/* Numbers below 2^56 alone have this form; larger ones are never written as varints. */
static size_t
put_varint(unsigned char *to, uint64_t number) {
    size_t size = varint_size(number);
    for (size_t i = 0; i < size; i++)
        to[size - 1 - i] = (unsigned char)((number >> 7 * i & 0x7f) | (i ? 0x80 : 0));
    return size;
}

/* -- pages -- */

static enum hg_status
write_error(struct hg_sqlite *db) {
    int number = errno;
    return hg_fail(db->task, HG_IO, number, "the database cannot be written: %s", strerror(number));
}

static enum hg_status
write_all(struct hg_sqlite *db, const unsigned char *bytes, size_t size, off_t at) {
    while (size > 0) {
        ssize_t written = pwrite(db->fd, bytes, size, at);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return write_error(db);
        bytes += written;
        size -= (size_t)written;
        at += written;
    }
    return HG_OK;
}

static enum hg_status
write_waiting(struct hg_sqlite *db) {
    off_t at = (off_t)(db->pages - db->waits) * PAGE;
    enum hg_status status = write_all(db, db->waiting, db->waits * PAGE, at);
    db->waits = 0;
    return status;
}

/* The number of the page behind another one. */
static uint32_t
number_behind(uint32_t page) {
    return page + 1 == LOCK_PAGE ? page + 2 : page + 1;
}

/* Adds a page, whose number is number_behind(db->pages). */
static enum hg_status
put_page(struct hg_sqlite *db, const unsigned char *bytes) {
    static const unsigned char empty[PAGE];
    if (db->pages >= UINT32_MAX - 2)
        return hg_fail(db->task, HG_TOO_LARGE, 0, "the database would have too many pages");
    bool lock = db->pages + 1 == LOCK_PAGE;
    for (int i = 0; i < (lock ? 2 : 1); i++) {
        if (db->waits == PAGES_AT_ONCE) {
            enum hg_status status = write_waiting(db);
            if (status != HG_OK) return status;
        }
        memcpy(db->waiting + db->waits * PAGE, lock && i == 0 ? empty : bytes, PAGE);
        db->waits++;
        db->pages++;
    }
    return HG_OK;
}

static void
clear_page(struct page *page, int type) {
    page->head = type == INNER_TABLE || type == INNER_INDEX ? INNER_HEAD : LEAF_HEAD;
    page->cells = 0;
    page->content = PAGE;
    memset(page->bytes, 0, PAGE);
    page->bytes[0] = (unsigned char)type;
}

static bool
has_room(const struct page *page, size_t size) {
    return page->head + (page->cells + 1) * POINTER + size <= page->content;
}

/* The place of a new cell, for which there is room. */
static unsigned char *
add_cell(struct page *page, size_t size) {
    page->content -= size;
    put16(page->bytes + page->head + page->cells++ * POINTER, page->content);
    return page->bytes + page->content;
}

/* Writes a page. *number is its number. */
static enum hg_status
end_page(struct hg_sqlite *db, struct page *page, uint32_t *number) {
    put16(page->bytes + 3, page->cells);
    put16(page->bytes + 5, page->content);
    enum hg_status status = put_page(db, page->bytes);
    *number = db->pages;
    return status;
}

static enum hg_status
add_child(struct children *children, uint32_t page, struct hg_sqlite_entry key) {
    if (!hg_grow(&children->items, children->count, &children->room, 64, sizeof(struct child)))
        return HG_NO_MEMORY;
    children->items[children->count++] = (struct child){page, key};
    return HG_OK;
}

/* -- records -- */

/* The serial type of an integer, and how many bytes it takes. */
static unsigned
integer_type(uint64_t number, size_t *size) {
    static const unsigned char BITS[] = {7, 15, 23, 31, 47, 63}, SIZES[] = {1, 2, 3, 4, 6, 8};
    *size = 0;
    if (number <= 1) return 8 + (unsigned)number;
    unsigned i = 0;
    while (i < 5 && number >> BITS[i]) i++;
    *size = SIZES[i];
    return i + 1;
}

static unsigned char *
put_integer(unsigned char *to, uint64_t number, size_t size) {
    for (size_t i = size; i > 0; i--) *to++ = (unsigned char)(number >> 8 * (i - 1));
    return to;
}

static uint64_t
cell_type(const struct hg_cell *cell, size_t *size) {
    *size = 0;
    if (cell->kind == HG_CELL_NULL) return 0;
    if (cell->kind != HG_CELL_TEXT) return integer_type(cell->number, size);
    *size = cell->text.size;
    return 2 * (uint64_t)*size + 13;
}

/* Makes the record of a row in db->payload. Returns its size; 0 if there is no memory. */
static size_t
make_record(struct hg_sqlite *db, const struct hg_cell *cells, size_t count, size_t key_at) {
    uint64_t types[HG_MOST_COLUMNS];
    size_t sizes[HG_MOST_COLUMNS], head = 0, body = 0;
    for (size_t i = 0; i < count; i++) {
        types[i] = cell_type(&cells[i], &sizes[i]);
        if (i == key_at) types[i] = sizes[i] = 0;
        head += varint_size(types[i]);
        body += sizes[i];
    }
    head += varint_size(head + 2); // its own size; it never has more than 2 bytes
    if (!hg_buffer_reserve(&db->payload, head + body)) return 0;
    unsigned char *to = (unsigned char *)db->payload.bytes;
    to += put_varint(to, head);
    for (size_t i = 0; i < count; i++) to += put_varint(to, types[i]);
    for (size_t i = 0; i < count; i++) {
        if (!sizes[i]) continue;
        if (cells[i].kind == HG_CELL_TEXT) {
            memcpy(to, cells[i].text.bytes, sizes[i]);
            to += sizes[i];
        }
        else to = put_integer(to, cells[i].number, sizes[i]);
    }
    return head + body;
}

/* -- tables -- */

void
hg_sqlite_begin_table(struct hg_sqlite *db, const char *name, const char *sql) {
    db->parts[db->part_count] = (struct part){"table", name, name, sql, 0};
    db->leaves.count = 0;
    clear_page(&db->leaf, LEAF_TABLE);
}

/* How many bytes of a record are on the leaf; the others are on pages of their own. */
static size_t
size_on_leaf(size_t size) {
    size_t most = PAGE - 35, least = (PAGE - 12) * 32 / 255 - 23;
    if (size <= most) return size;
    size_t on_leaf = least + (size - least) % (PAGE - CHILD);
    return on_leaf <= most ? on_leaf : least;
}

/* Writes the rest of a record, a list of pages. */
static enum hg_status
put_rest(struct hg_sqlite *db, const char *bytes, size_t size) {
    unsigned char page[PAGE];
    while (size > 0) {
        size_t part = size < PAGE - CHILD ? size : PAGE - CHILD;
        uint32_t next = number_behind(number_behind(db->pages));
        put32(page, size > part ? next : 0);
        memcpy(page + CHILD, bytes, part);
        memset(page + CHILD + part, 0, PAGE - CHILD - part);
        enum hg_status status = put_page(db, page);
        if (status != HG_OK) return status;
        bytes += part;
        size -= part;
    }
    return HG_OK;
}

/* Ends the leaf, whose last key this is, and begins another one. */
static enum hg_status
end_leaf(struct hg_sqlite *db, uint64_t key) {
    uint32_t page;
    enum hg_status status = end_page(db, &db->leaf, &page);
    if (status == HG_OK)
        status = add_child(&db->leaves, page, (struct hg_sqlite_entry){.row = key});
    clear_page(&db->leaf, LEAF_TABLE);
    return status;
}

enum hg_status
hg_sqlite_row(struct hg_sqlite *db, uint64_t key, const struct hg_cell *cells, size_t count,
              size_t key_at) {
    size_t size = make_record(db, cells, count, key_at), on_leaf = size_on_leaf(size);
    if (!size) return HG_NO_MEMORY;
    size_t cell = varint_size(size) + varint_size(key) + on_leaf + (on_leaf < size ? CHILD : 0);
    if (!has_room(&db->leaf, cell)) {
        enum hg_status status = end_leaf(db, key - 1); // any key from the last one on separates
        if (status != HG_OK) return status;
    }
    uint32_t rest = number_behind(db->pages);
    if (on_leaf < size) {
        enum hg_status status = put_rest(db, db->payload.bytes + on_leaf, size - on_leaf);
        if (status != HG_OK) return status;
    }
    unsigned char *to = add_cell(&db->leaf, cell);
    to += put_varint(to, size);
    to += put_varint(to, key);
    memcpy(to, db->payload.bytes, on_leaf);
    if (on_leaf < size) put32(to + on_leaf, rest);
    return HG_OK;
}

/* -- the pages above -- */

/* The cell of an inner page for a child that is not its last one. */
static void
put_inner_table(struct page *page, const struct child *child) {
    unsigned char *to = add_cell(page, CHILD + varint_size(child->key.row));
    put32(to, child->page);
    put_varint(to + CHILD, child->key.row);
}

/* Bytes of the record of an entry, and the record. */
static size_t
entry_size(struct hg_sqlite_entry entry) {
    size_t number = 0, row;
    if (entry.number != HG_NO_NODE) integer_type(entry.number, &number);
    integer_type(entry.row, &row);
    return 3 + number + row;
}

static void
put_entry(unsigned char *to, struct hg_sqlite_entry entry) {
    bool null = entry.number == HG_NO_NODE;
    size_t number = 0, row;
    *to++ = (unsigned char)entry_size(entry);
    *to++ = 3;
    *to++ = (unsigned char)(null ? 0 : integer_type(entry.number, &number));
    *to++ = (unsigned char)integer_type(entry.row, &row);
    to = put_integer(to, entry.number, number);
    put_integer(to, entry.row, row);
}

static void
put_inner_index(struct page *page, const struct child *child) {
    unsigned char *to = add_cell(page, CHILD + 1 + entry_size(child->key));
    put32(to, child->page);
    put_entry(to + CHILD, child->key);
}

/*
 * Writes the pages above `children`, and above these, up to the root. They get equal numbers of
 * children: a page with a single one would be no valid page. `cell` is the most bytes that a cell
 * takes with its pointer.
 */
static enum hg_status
end_tree(struct hg_sqlite *db, struct children *children, bool index, size_t cell) {
    const size_t most = (PAGE - INNER_HEAD) / cell + 1;
    struct page *page = malloc(sizeof(*page));
    enum hg_status status = page ? HG_OK : HG_NO_MEMORY;
    while (status == HG_OK && children->count > 1) {
        size_t count = children->count, pages = (count + most - 1) / most;
        for (size_t i = 0; i < pages && status == HG_OK; i++) {
            size_t from = count * i / pages, last = count * (i + 1) / pages - 1;
            clear_page(page, index ? INNER_INDEX : INNER_TABLE);
            for (size_t k = from; k < last; k++) {
                if (index) put_inner_index(page, &children->items[k]);
                else put_inner_table(page, &children->items[k]);
            }
            put32(page->bytes + 8, children->items[last].page);
            children->items[i].key = children->items[last].key;
            status = end_page(db, page, &children->items[i].page);
        }
        children->count = pages;
    }
    free(page);
    if (status == HG_OK) db->parts[db->part_count++].root = children->items[0].page;
    return status;
}

enum hg_status
hg_sqlite_end_table(struct hg_sqlite *db) {
    if (db->leaf.cells || !db->leaves.count) {
        enum hg_status status = end_leaf(db, 0); // the last child has no key
        if (status != HG_OK) return status;
    }
    return end_tree(db, &db->leaves, false, POINTER + CHILD + LONGEST_VARINT);
}

/* -- indexes -- */

enum hg_status
hg_sqlite_index(struct hg_sqlite *db, const char *name, const char *table, const char *sql,
                uint64_t count, uint32_t most_number, uint64_t most_row,
                struct hg_sqlite_entry (*next)(void *data), void *data) {
    struct hg_sqlite_entry most_entry = {most_number, most_row}, entry = {0};
    size_t cell = POINTER + 1 + entry_size(most_entry), most = (PAGE - LEAF_HEAD) / cell;
    // between two leaves there is an entry that is on neither
    uint64_t leaves = (count + 1 + most) / (most + 1), on_leaves = count - (leaves - 1);
    enum hg_status status = HG_OK;
    db->parts[db->part_count] = (struct part){"index", name, table, sql, 0};
    db->leaves.count = 0;
    for (uint64_t i = 0; i < leaves && status == HG_OK; i++) {
        uint32_t page;
        clear_page(&db->leaf, LEAF_INDEX);
        for (uint64_t k = on_leaves * i / leaves; k < on_leaves * (i + 1) / leaves; k++) {
            entry = next(data);
            put_entry(add_cell(&db->leaf, 1 + entry_size(entry)), entry);
        }
        if (i + 1 < leaves) entry = next(data);
        status = end_page(db, &db->leaf, &page);
        if (status == HG_OK) status = add_child(&db->leaves, page, entry);
        if (!hg_step(db->task, i)) status = HG_STOPPED;
    }
    return status == HG_OK ? end_tree(db, &db->leaves, true, CHILD + cell) : status;
}

/* -- the file -- */

enum hg_status
hg_sqlite_begin(int fd, struct hg_task *task, struct hg_sqlite **db) {
    *db = calloc(1, sizeof(**db));
    if (!*db) return HG_NO_MEMORY;
    (*db)->fd = fd;
    (*db)->task = task;
    (*db)->pages = 1;
    (*db)->waiting = malloc((size_t)PAGES_AT_ONCE * PAGE);
    if ((*db)->waiting) return HG_OK;
    hg_sqlite_free(*db);
    *db = NULL;
    return HG_NO_MEMORY;
}

void
hg_sqlite_free(struct hg_sqlite *db) {
    if (!db) return;
    free(db->waiting);
    free(db->leaves.items);
    hg_buffer_free(&db->payload);
    free(db);
}

static void
put_head(unsigned char *to, uint32_t pages) {
    memcpy(to, "SQLite format 3", 16);
    put16(to + 16, PAGE);
    memcpy(to + 18, "\1\1\0\100\40\40", 6); // no journal of its own; shares that are always so
    put32(to + 24, 1);                      // changes
    put32(to + 28, pages);
    put32(to + 40, 1);       // of the schema
    put32(to + 44, 4);       // the latest form of it
    put32(to + 56, 1);       // UTF-8
    put32(to + 92, 1);       // `pages` is that of so many changes
    put32(to + 96, 3037000); // the version of SQLite that it might be from
}

/* Lists the parts on the first page, behind the head of the file. */
static enum hg_status
put_parts(struct hg_sqlite *db, struct page *page) {
    clear_page(page, LEAF_TABLE);
    memmove(page->bytes + 100, page->bytes, LEAF_HEAD);
    page->head += 100;
    for (size_t i = 0; i < db->part_count; i++) {
        const struct part *part = &db->parts[i];
        struct hg_cell cells[5];
        hg_put_text(&cells[0], part->type, strlen(part->type));
        hg_put_text(&cells[1], part->name, strlen(part->name));
        hg_put_text(&cells[2], part->table, strlen(part->table));
        hg_put_number(&cells[3], part->root);
        hg_put_text(&cells[4], part->sql, strlen(part->sql));
        size_t size = make_record(db, cells, 5, SIZE_MAX), cell = varint_size(size) + 1 + size;
        if (!size) return HG_NO_MEMORY;
        if (!has_room(page, cell))
            return hg_fail(db->task, HG_TOO_LARGE, 0, "the tables have too many columns");
        unsigned char *to = add_cell(page, cell);
        to += put_varint(to, size);
        to += put_varint(to, i + 1);
        memcpy(to, db->payload.bytes, size);
    }
    put16(page->bytes + 103, page->cells);
    put16(page->bytes + 105, page->content);
    return HG_OK;
}

enum hg_status
hg_sqlite_finish(struct hg_sqlite *db) {
    enum hg_status status = write_waiting(db);
    struct page *page = malloc(sizeof(*page));
    if (!page) return HG_NO_MEMORY;
    if (status == HG_OK) status = put_parts(db, page);
    put_head(page->bytes, db->pages);
    if (status == HG_OK) status = write_all(db, page->bytes, PAGE, 0);
    free(page);
    return status;
}
