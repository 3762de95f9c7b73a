/*
 * Included by layout.c in a build of the tests alone: an offset is moved by what the environment
 * says, as in HEAPDUMP_TEST_MOVE=HD_BODY_PATH:-8, before anything is read.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define HD_AS_DEFINITION(name, offset) int name = (offset);
HD_OFFSETS(HD_AS_DEFINITION)

#define HD_AS_ENTRY(name, offset) {#name, &name},
static const struct {
    const char *name;
    int *offset;
} constants[] = {HD_OFFSETS(HD_AS_ENTRY)};

#define FIELD(name)                                                                                \
    { #name, offsetof(struct hd_layout, name) }
static const struct {
    const char *name;
    size_t at;
} fields[] = {
    FIELD(iseq_local_table), FIELD(iseq_parent),
    FIELD(iseq_local_iseq),  FIELD(iseq_local_table_size),
    FIELD(thread_context),   FIELD(context_local_storage),
    FIELD(frame_size),       FIELD(fiber_context),
    FIELD(hash_default),     FIELD(iseq_calls_size),
};

/* How far the offset of that name is to be moved. */
static int
distance(const char *name) {
    const char *move = getenv("HEAPDUMP_TEST_MOVE");
    size_t length = strlen(name);
    if (!move || strncmp(move, name, length) != 0 || move[length] != ':') return 0;
    return atoi(move + length + 1);
}

__attribute__((constructor)) static void
move_constants(void) {
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        *constants[i].offset += distance(constants[i].name);
    }
}

static const struct hd_layout *
moved_layout(const struct hd_layout *layout) {
    static struct hd_layout moved;
    if (moved.version) return &moved;
    moved = *layout;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        short *offset = (short *)((char *)&moved + fields[i].at);
        *offset = (short)(*offset + distance(fields[i].name));
    }
    return &moved;
}
