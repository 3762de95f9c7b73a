/*
 * Place in the flow: see layout.h. Packs columns into an index: each thread takes one column after
 * the other. First it finds their frames, and from these follows where everything will be.
 */
#include "kept/layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "base/progress.h"

enum { FRAMES = 2048 }; /* frames that are packed at once */

struct packing {
    struct hg_index_file *file;
    struct hg_analysis analysis; /* a copy of what is written */
    enum hg_part part;
    struct hg_task *task;
    struct hg_frame *frames[HG_COLUMN_COUNT];
    _Atomic int next;
    _Atomic uint64_t done;
    _Atomic int error;
    _Atomic enum hg_status status;
};

/* The next column of the part for a thread. Returns false when there are no more. */
static bool
take_column(struct packing *packing, enum hg_column_number *column) {
    while (packing->status == HG_OK) {
        int i = packing->next++;
        if (i >= HG_COLUMN_COUNT) return false;
        *column = (enum hg_column_number)i;
        int section = hg_frame_section(*column);
        if (hg_section_part(section) != packing->part) continue;
        if (hg_section_count(&packing->file->header, section)) return true;
    }
    return false;
}

static bool
goes_on(struct packing *packing, uint64_t bytes) {
    packing->done += bytes;
    if (hg_step(packing->task, packing->done)) return true;
    packing->status = HG_STOPPED;
    return false;
}

static enum hg_status
find_frames(struct packing *packing, enum hg_column_number column) {
    const void *array = hg_column_of(&packing->analysis, column)->array;
    struct hg_number_kind kind = hg_column_kind(column);
    int section = hg_frame_section(column);
    uint64_t count = hg_section_count(&packing->file->header, section);
    uint64_t total = hg_frames(count), words = 0;
    struct hg_frame *frames = hg_array_raw(total + 1, sizeof(*frames));
    packing->frames[column] = frames;
    if (!frames) return HG_NO_MEMORY;
    for (uint64_t from = 0; from < total; from += FRAMES) {
        uint64_t to = total - from < FRAMES ? total : from + FRAMES;
        hg_find_frames(array, kind, count, from, to, frames);
        if (!goes_on(packing, 0)) return HG_STOPPED;
    }
    words = hg_place_frames(frames, total);
    if (words == UINT64_MAX) return HG_TOO_LARGE;
    packing->file->header.section[section].size = (total + 1) * sizeof(*frames);
    packing->file->header.section[section + 1].size = (words + 1) * sizeof(uint64_t);
    return HG_OK;
}

static void
find_some(void *data, unsigned thread) {
    struct packing *packing = data;
    for (enum hg_column_number column; take_column(packing, &column);) {
        enum hg_status status = find_frames(packing, column);
        if (status != HG_OK) packing->status = status;
    }
}

/* Lets the sections of the part be one behind the other, at the end of the file. */
static void
place_sections(struct packing *packing) {
    struct hg_index_file *file = packing->file;
    for (int i = HG_ARRAY_COUNT; i < HG_SECTION_COUNT; i++) {
        struct hg_section *section = &file->header.section[i];
        if (hg_section_part(i) != packing->part) continue;
        if (!hg_section_count(&file->header, i)) *section = (struct hg_section){0};
        section->offset = (file->end + HG_INDEX_PAGE - 1) / HG_INDEX_PAGE * HG_INDEX_PAGE;
        file->end = section->offset + section->size;
    }
}

/* A section that is written piece by piece. */
struct output {
    struct packing *packing;
    struct hg_sum sum;
    uint64_t offset;
};

static bool
put(struct output *output, const void *bytes, size_t size) {
    struct packing *packing = output->packing;
    hg_sum_add(&output->sum, bytes, size);
    if (!hg_write_at(packing->file->fd, bytes, size, output->offset)) {
        packing->error = errno;
        packing->status = HG_IO;
        return false;
    }
    output->offset += size;
    return goes_on(packing, size);
}

static struct output
begin_section(struct packing *packing, int section) {
    const struct hg_index_header *header = &packing->file->header;
    return (struct output){
        .packing = packing,
        .sum.size = hg_section_count(header, section),
        .offset = header->section[section].offset,
    };
}

/* Packs and writes the words of a column. All pieces but the last one are whole blocks of a sum. */
static bool
write_words(struct packing *packing, enum hg_column_number column, uint64_t *words) {
    enum { BLOCK = 8 };
    const struct hg_frame *frames = packing->frames[column];
    const void *array = hg_column_of(&packing->analysis, column)->array;
    int section = hg_frame_section(column) + 1;
    uint64_t count = hg_section_count(&packing->file->header, section), total = hg_frames(count);
    struct output output = begin_section(packing, section);
    size_t kept = 0;
    for (uint64_t from = 0; from < total; from += FRAMES) {
        uint64_t to = total - from < FRAMES ? total : from + FRAMES;
        hg_pack_frames(array, hg_column_kind(column), count, from, to, frames, words + kept);
        kept += frames[to].begin - frames[from].begin;
        size_t whole = kept / BLOCK * BLOCK;
        if (!put(&output, words, whole * sizeof(*words))) return false;
        memmove(words, words + whole, (kept - whole) * sizeof(*words));
        kept -= whole;
    }
    words[kept++] = 0; // what is read with the last number
    if (!put(&output, words, kept * sizeof(*words))) return false;
    packing->file->header.section[section].checksum = hg_sum_end(&output.sum);
    return true;
}

static bool
write_frames(struct packing *packing, enum hg_column_number column) {
    int number = hg_frame_section(column);
    struct hg_section *section = &packing->file->header.section[number];
    struct output output = begin_section(packing, number);
    if (!put(&output, packing->frames[column], (size_t)section->size)) return false;
    section->checksum = hg_sum_end(&output.sum);
    return true;
}

static void
write_some(void *data, unsigned thread) {
    struct packing *packing = data;
    uint64_t *words = malloc(((size_t)FRAMES + 1) * HG_FRAME * sizeof(*words));
    if (!words) {
        packing->status = HG_NO_MEMORY;
        return;
    }
    for (enum hg_column_number column; take_column(packing, &column);) {
        if (!write_frames(packing, column) || !write_words(packing, column, words)) break;
    }
    free(words);
}

enum hg_status
hg_write_columns(struct hg_index_file *file, const struct hg_analysis *analysis, enum hg_part part,
                 struct hg_task *task) {
    enum { MOST = 4 };
    unsigned threads = hg_processors();
    if (threads > MOST) threads = MOST;
    struct packing packing = {
        .file = file, .analysis = *analysis, .part = part, .task = task, .done = file->end};
    hg_parallel(threads, find_some, &packing);
    if (packing.status == HG_OK) {
        place_sections(&packing);
        packing.next = 0;
        hg_parallel(threads, write_some, &packing);
    }
    for (int i = 0; i < HG_COLUMN_COUNT; i++) hg_array_free(packing.frames[i]);
    if (packing.status == HG_IO)
        return hg_fail(task, HG_IO, packing.error, "cannot write %.100s: %s",
                       file->name ? file->name : file->final, strerror(packing.error));
    return packing.status;
}
