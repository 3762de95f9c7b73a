/*
 * Chains of zstd frames; see frames.h.
 */
#include "reading/frames.h"

#include "base/array.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

// A frame that is larger than FRAME_MAX takes too long to decode for one line. A span, the work of
// one thread, has many frames, since its last line may reach into the next frame, which is then
// decoded twice.
enum { FRAME_MAX = 64 << 20, SPAN = 8 << 20, FIRST_WINDOW = 4 << 20 };

struct frame {
    uint64_t at;   // in the file
    uint64_t text; // in the text
};

struct hg_frames {
    struct frame *frame; // as many as `count`, and one more for the end
    size_t count, room;
    size_t *span; // the first frame of each span; spans + 1 of them
    size_t spans;
};

struct hg_frame_reader {
    struct hg_decoder *decoder;
    size_t frame; // the number of the frame whose text is in `text`, if `holds`
    bool holds;
    unsigned char *text, *packed;
    size_t text_room, packed_room;
};

static bool
add_frame(struct hg_frames *frames, uint64_t at, uint64_t text) {
    if (!hg_grow(&frames->frame, frames->count, &frames->room, 256, sizeof *frames->frame))
        return false;
    frames->frame[frames->count++] = (struct frame){at, text};
    return true;
}

static bool
make_spans(struct hg_frames *frames) {
    frames->span = malloc((frames->count + 1) * sizeof *frames->span);
    if (!frames->span) return false;
    for (size_t i = 0; i < frames->count; frames->spans++) {
        frames->span[frames->spans] = i;
        uint64_t start = frames->frame[i++].text;
        while (i < frames->count && frames->frame[i + 1].text - start <= SPAN) i++;
    }
    frames->span[frames->spans] = frames->count;
    return true;
}

/* The part of the file in which frames are being looked for. */
struct window {
    unsigned char *bytes;
    size_t room, size;
    uint64_t at;
};

static enum hg_status
move_window(struct window *window, int fd, uint64_t at, size_t room) {
    if (room > window->room) {
        unsigned char *bytes = realloc(window->bytes, room);
        if (!bytes) return HG_NO_MEMORY;
        window->bytes = bytes;
        window->room = room;
    }
    ssize_t got = hg_read_at(fd, window->bytes, window->room, at);
    if (got < 0) return HG_IO;
    window->size = (size_t)got;
    window->at = at;
    return HG_OK;
}

enum found { FRAME_FOUND, FRAME_BROKEN, FRAME_TOO_LARGE };

/* Finds the frame at `at`, and makes the window as large as the frame needs. */
static enum hg_status
find_frame(struct window *window, int fd, uint64_t file_size, uint64_t at, size_t *size,
           uint64_t *content, enum found *found) {
    for (;;) {
        size_t skip = (size_t)(at - window->at);
        *found = FRAME_FOUND;
        if (skip < window->size &&
            hg_zstd_frame(window->bytes + skip, window->size - skip, size, content)) {
            if (*content > FRAME_MAX) *found = FRAME_TOO_LARGE;
            return HG_OK;
        }
        size_t room = skip > 0 ? window->room : 2 * window->room;
        bool all = window->at + window->size >= file_size;
        *found = all ? FRAME_BROKEN : FRAME_TOO_LARGE;
        if (all || room > FRAME_MAX) return HG_OK;
        enum hg_status status = move_window(window, fd, at, room);
        if (status != HG_OK) return status;
    }
}

enum hg_status
hg_frames_find(int fd, uint64_t size, struct hg_frames **to, uint64_t *broken_at) {
    struct hg_frames *frames = calloc(1, sizeof *frames);
    struct window window = {0};
    *to = NULL;
    if (!frames) return HG_NO_MEMORY;
    enum hg_status status = move_window(&window, fd, 0, FIRST_WINDOW);
    enum found found = FRAME_FOUND;
    uint64_t at = 0, text = 0, content;
    while (status == HG_OK && at < size) {
        size_t packed = 0;
        status = find_frame(&window, fd, size, at, &packed, &content, &found);
        if (status != HG_OK || found != FRAME_FOUND) break;
        if (!add_frame(frames, at, text)) status = HG_NO_MEMORY;
        at += packed;
        text += content;
    }
    free(window.bytes);
    bool chain = frames->count > 0 && found != FRAME_TOO_LARGE;
    if (status == HG_OK && chain) {
        size_t count = frames->count;
        if (!add_frame(frames, at, text)) status = HG_NO_MEMORY;
        frames->count = count;
        if (status == HG_OK && !make_spans(frames)) status = HG_NO_MEMORY;
    }
    if (status != HG_OK || !chain) {
        hg_frames_free(frames);
        return status;
    }
    if (found == FRAME_BROKEN) *broken_at = at;
    *to = frames;
    return HG_OK;
}

void
hg_frames_free(struct hg_frames *frames) {
    if (!frames) return;
    free(frames->frame);
    free(frames->span);
    free(frames);
}

bool
hg_frames_span(const struct hg_frames *frames, uint64_t number, uint64_t *start, uint64_t *end,
               uint64_t *packed) {
    if (number >= frames->spans) return false;
    const struct frame *first = &frames->frame[frames->span[number]];
    const struct frame *behind = &frames->frame[frames->span[number + 1]];
    *start = first->text;
    *end = behind->text;
    *packed = behind->at - first->at;
    return true;
}

static bool
reserve(unsigned char **bytes, size_t *room, size_t need) {
    if (*bytes && *room >= need) return true;
    unsigned char *larger = realloc(*bytes, need);
    if (!larger) return false;
    *bytes = larger;
    *room = need;
    return true;
}

/* Decodes frame `i` into the reader. */
static enum hg_status
decode_frame(const struct hg_frames *frames, int fd, struct hg_frame_reader *reader, size_t i,
             uint64_t *broken_at) {
    const struct frame *frame = &frames->frame[i];
    size_t packed = (size_t)(frame[1].at - frame->at),
           content = (size_t)(frame[1].text - frame->text);
    reader->holds = false;
    if (!reserve(&reader->packed, &reader->packed_room, packed) ||
        !reserve(&reader->text, &reader->text_room, content + 1))
        return HG_NO_MEMORY;
    ssize_t got = hg_read_at(fd, reader->packed, packed, frame->at);
    if (got < 0) return HG_IO;
    const unsigned char *from = reader->packed;
    unsigned char *to = reader->text;
    size_t n = (size_t)got, room = content;
    enum hg_decoded decoded = HG_DECODED_MORE;
    hg_decoder_reset(reader->decoder);
    while (decoded == HG_DECODED_MORE && n > 0) {
        size_t before_n = n, before_room = room;
        decoded = hg_decode(reader->decoder, &from, &n, &to, &room);
        if (n == before_n && room == before_room) break;
    }
    if (decoded != HG_DECODED_FRAME || room > 0) *broken_at = frame->at;
    memset(to, '\n', room);
    reader->frame = i;
    reader->holds = true;
    return HG_OK;
}

static size_t
frame_of(const struct hg_frames *frames, uint64_t offset) {
    size_t low = 0, high = frames->count; // the last frame that begins at or before the offset
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (frames->frame[middle].text <= offset) low = middle;
        else high = middle;
    }
    return low;
}

enum hg_status
hg_frames_read(const struct hg_frames *frames, int fd, struct hg_frame_reader **reader,
               uint64_t offset, char *to, size_t n, size_t *got, uint64_t *broken_at) {
    if (!*reader) *reader = calloc(1, sizeof **reader);
    if (!*reader) return HG_NO_MEMORY;
    if (!(*reader)->decoder) (*reader)->decoder = hg_decoder_new(HG_ZSTD);
    if (!(*reader)->decoder) return HG_NO_MEMORY;
    *got = 0;
    size_t i = frame_of(frames, offset);
    for (; *got < n && i < frames->count; i++) {
        const struct frame *frame = &frames->frame[i];
        if (offset >= frame[1].text) continue;
        if (!(*reader)->holds || (*reader)->frame != i) {
            enum hg_status status = decode_frame(frames, fd, *reader, i, broken_at);
            if (status != HG_OK) return status;
        }
        size_t skip = (size_t)(offset - frame->text), part = (size_t)(frame[1].text - offset);
        if (part > n - *got) part = n - *got;
        memcpy(to + *got, (*reader)->text + skip, part);
        *got += part;
        offset += part;
    }
    return HG_OK;
}

void
hg_frame_reader_free(struct hg_frame_reader *reader) {
    if (!reader) return;
    hg_decoder_free(reader->decoder);
    free(reader->text);
    free(reader->packed);
    free(reader);
}
