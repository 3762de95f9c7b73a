/*
 * The account of a process; see account.h.
 */
#include "account/account.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account/allocator.h"
#include "account/cgroup.h"
#include "account/mappings.h"
#include "account/ranges.h"
#include "account/slots.h"
#include "account/stacks.h"
#include "mri/pages.h"
#include "out/json.h"

void
hd_account_init(void) {
    hd_allocator_find();
}

void
hd_account_begin(struct hd_account *account, pid_t process) {
    memset(account, 0xff, sizeof *account); // HD_UNKNOWN in each number
    account->process = process;
    account->code.files_size = 0;
    account->allocator.name[0] = account->allocator.version[0] = account->jit.name[0] = '\0';
}

struct wanted {
    const char *line;
    uint64_t *number;
};

/* Reads lines like "VmRSS:   1234 kB". Numbers of several lines that have one name are added. */
static void
read_lines(pid_t process, const char *name, const struct wanted *wanted, size_t size) {
    char text[256];
    snprintf(text, sizeof text, "/proc/%ld/%s", (long)process, name);
    FILE *file = fopen(text, "re");
    if (!file) return;
    while (fgets(text, sizeof text, file)) {
        for (size_t i = 0; i < size; i++) {
            size_t n = strlen(wanted[i].line);
            if (strncmp(text, wanted[i].line, n) != 0) continue;
            uint64_t bytes = strtoull(text + n, NULL, 10) * 1024;
            *wanted[i].number = *wanted[i].number == HD_UNKNOWN ? bytes : *wanted[i].number + bytes;
        }
    }
    fclose(file);
}

void
hd_account_read_status(struct hd_account *account) {
    const struct wanted wanted[] = {{"VmRSS:", &account->rss},
                                    {"VmHWM:", &account->peak_rss},
                                    {"VmSwap:", &account->swap},
                                    {"RssAnon:", &account->anonymous}};
    read_lines(account->process, "status", wanted, sizeof wanted / sizeof *wanted);
}

/* Only of the process itself: after a fork all its pages are shared with the copy. */
static void
read_shares(struct hd_account *account) {
    const struct wanted wanted[] = {{"Pss:", &account->pss},
                                    {"Private_Clean:", &account->private},
                                    {"Private_Dirty:", &account->private}};
    if (account->process != getpid()) return;
    read_lines(account->process, "smaps_rollup", wanted, sizeof wanted / sizeof *wanted);
}

/*
 * The size of a page: slots nearly fill it, and it is a power of two. 1 if these are no pages of
 * MRI's own heap.
 */
static uintptr_t
heap_page_size(const struct hd_pages *pages) {
    enum { LEAST = 1 << 12, MOST = 1 << 16 };
    uintptr_t longest = 0, size = LEAST;
    for (size_t i = 0; i < pages->size; i++) {
        uintptr_t length = pages->list[i].end - pages->list[i].start;
        if (length > longest) longest = length;
    }
    while (size < longest) size *= 2;
    return size <= MOST ? size : 1;
}

/* A page begins with a header, which hd_pages leaves out. Pages lie at multiples of their size. */
static void
take_heap_pages(struct hd_account *account, const struct hd_pages *pages) {
    struct hd_ranges ranges = {0};
    uintptr_t size = heap_page_size(pages);
    for (size_t i = 0; i < pages->size; i++) {
        const struct hd_page *page = &pages->list[i];
        hd_ranges_add(&ranges, page->start / size * size, (page->end + size - 1) / size * size);
    }
    hd_ranges_merge(&ranges);
    uint64_t touched;
    if (hd_ranges_resident(&ranges, &touched)) {
        account->heap_pages.touched = touched;
        account->heap_pages.bytes = hd_ranges_bytes(&ranges);
    }
    hd_ranges_free(&ranges);
}

/*
 * Without a JIT, memory that may be executed is a library's own, as any other that a library maps:
 * it is in no part.
 */
static void
take_mappings(struct hd_account *account, const struct hd_mappings *mappings) {
    account->code = mappings->code;
    if (mappings->transient > 0) account->heap_pages.transient = mappings->transient;
    if (account->jit.name[0]) account->jit.code = mappings->executable;
}

static uint64_t
known(uint64_t bytes) {
    return bytes == HD_UNKNOWN ? 0 : bytes;
}

static uint64_t
minus(uint64_t whole, uint64_t part) {
    return whole > part ? whole - part : 0;
}

/*
 * Large blocks of glibc's malloc have mappings of their own, which the program may never have
 * written to. What is in memory of them is what nothing else explains, at most.
 */
static void
take_untouched(struct hd_account *account, uint64_t arenas) {
    struct hd_allocator *allocator = &account->allocator;
    uint64_t stacks = known(account->stacks.allocated), large = known(allocator->untouched);
    if (allocator->in_use == HD_UNKNOWN) return;
    if (large == 0 || account->code.bytes == HD_UNKNOWN || account->rss == HD_UNKNOWN) {
        allocator->untouched = stacks; // as a stack it is counted already
        return;
    }
    uint64_t others = known(account->heap_pages.touched) + known(account->stacks.touched) +
                      known(account->heap_pages.transient) + account->code.bytes +
                      known(account->jit.code) + arenas;
    uint64_t most = minus(account->rss, others), blocks = minus(large, stacks);
    uint64_t touched = blocks < most ? blocks : most;
    allocator->untouched = large - touched;
    allocator->resident = arenas + touched;
}

void
hd_account_take(struct hd_account *account, const struct hd_pages *pages) {
    struct hd_mappings mappings;
    struct hd_slots_found found;
    hd_allocator_name(&account->allocator);
    take_heap_pages(account, pages);
    hd_slots_look(&found, pages);
    hd_mappings_read(&mappings, account->process, &found);
    take_mappings(account, &mappings);
    hd_stacks_take(&account->stacks, &found, &mappings);
    hd_slots_free(&found);
    hd_cgroup_read(&account->cgroup, "");
    read_shares(account);
    struct hd_allocator allocator = account->allocator;
    hd_allocator_ask(&allocator);
    account->allocator = allocator;
    take_untouched(account, mappings.arenas);
}

/* One number of an object that is being put; `key` is like `"rss":`. */
struct number {
    const char *key;
    uint64_t value;
};

static void
put_numbers(struct hd_sink *out, const struct number *numbers, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (numbers[i].value == HD_UNKNOWN) continue;
        hd_put_bytes(out, numbers[i].key, strlen(numbers[i].key));
        hd_put_u64(out, numbers[i].value);
        hd_put_char(out, ',');
    }
}
#define PUT_NUMBERS(out, ...)                                                                      \
    put_numbers(out, (const struct number[]){__VA_ARGS__},                                         \
                sizeof((const struct number[]){__VA_ARGS__}) / sizeof(struct number))

static void
put_text(struct hd_sink *out, const char *key, const char *text) {
    if (!text[0]) return;
    hd_put_bytes(out, key, strlen(key));
    hd_put_quoted_name(out, text, strlen(text));
    hd_put_char(out, ',');
}

/* Ends an object within the object. */
static void
end(struct hd_sink *out) {
    hd_json_close(out, '}');
    hd_put_char(out, ',');
}

static void
put_cgroup(struct hd_sink *out, const struct hd_cgroup *cgroup) {
    if (cgroup->current == HD_UNKNOWN) return;
    HD_PUT(out, "\"cgroup\":{");
    PUT_NUMBERS(out, {"\"current\":", cgroup->current},
                {"\"inactive_file\":", cgroup->inactive_file}, {"\"limit\":", cgroup->limit});
    if (cgroup->oom_group == 0) HD_PUT(out, "\"oom_group\":false,");
    else if (cgroup->oom_group == 1) HD_PUT(out, "\"oom_group\":true,");
    end(out);
}

static void
put_allocator(struct hd_sink *out, const struct hd_allocator *allocator) {
    if (!allocator->name[0]) return;
    HD_PUT(out, "\"allocator\":{");
    put_text(out, "\"name\":", allocator->name);
    put_text(out, "\"version\":", allocator->version);
    PUT_NUMBERS(out, {"\"arenas\":", allocator->arenas}, {"\"in_use\":", allocator->in_use},
                {"\"untouched\":", allocator->untouched}, {"\"free\":", allocator->free},
                {"\"mapped\":", allocator->mapped}, {"\"resident\":", allocator->resident},
                {"\"metadata\":", allocator->metadata});
    end(out);
}

static void
put_stacks(struct hd_sink *out, const struct hd_stack_figures *stacks) {
    if (stacks->touched == HD_UNKNOWN) return;
    HD_PUT(out, "\"stacks\":{");
    PUT_NUMBERS(out, {"\"threads\":", stacks->threads}, {"\"fibers\":", stacks->fibers},
                {"\"reserved\":", stacks->reserved}, {"\"touched\":", stacks->touched},
                {"\"vm_reserved\":", stacks->vm_reserved}, {"\"vm_touched\":", stacks->vm_touched},
                {"\"native_reserved\":", stacks->native_reserved},
                {"\"native_touched\":", stacks->native_touched},
                {"\"in_memsize\":", stacks->in_memsize});
    end(out);
}

static void
put_code(struct hd_sink *out, const struct hd_code_figures *code) {
    if (code->bytes == HD_UNKNOWN) return;
    HD_PUT(out, "\"code\":{\"bytes\":");
    hd_put_u64(out, code->bytes);
    HD_PUT(out, ",\"files\":[");
    for (size_t i = 0; i < code->files_size; i++) {
        HD_PUT(out, "{");
        put_text(out, "\"path\":", code->files[i].path);
        PUT_NUMBERS(out, {"\"bytes\":", code->files[i].bytes});
        end(out);
    }
    hd_json_close(out, ']');
    HD_PUT(out, "},");
}

static void
put_heap_pages(struct hd_sink *out, const struct hd_heap_figures *pages) {
    if (pages->touched == HD_UNKNOWN) return;
    HD_PUT(out, "\"heap_pages\":{");
    PUT_NUMBERS(out, {"\"bytes\":", pages->bytes}, {"\"touched\":", pages->touched},
                {"\"transient\":", pages->transient});
    end(out);
}

void
hd_account_put(struct hd_sink *out, const struct hd_account *account) {
    HD_PUT(out, ",\"memory\":{");
    PUT_NUMBERS(out, {"\"rss\":", account->rss}, {"\"peak_rss\":", account->peak_rss},
                {"\"swap\":", account->swap}, {"\"pss\":", account->pss},
                {"\"private\":", account->private}, {"\"anonymous\":", account->anonymous});
    put_cgroup(out, &account->cgroup);
    put_allocator(out, &account->allocator);
    put_stacks(out, &account->stacks);
    put_code(out, &account->code);
    put_heap_pages(out, &account->heap_pages);
    if (account->jit.name[0]) {
        HD_PUT(out, "\"jit\":{");
        put_text(out, "\"name\":", account->jit.name);
        PUT_NUMBERS(out, {"\"code\":", account->jit.code},
                    {"\"metadata\":", account->jit.metadata});
        end(out);
    }
    hd_json_close(out, '}');
}
