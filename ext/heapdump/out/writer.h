/*
 * Place in the flow: after the sink. The writer has a thread, which compresses and writes full
 * blocks while the caller fills the next one. The thread runs no Ruby code, takes no lock but the
 * writer's (a compression library may allocate memory, which takes malloc's), and blocks all
 * signals. If no thread can be created, the caller writes the blocks. A writer that is alone has no
 * thread.
 */
#ifndef HEAPDUMP_WRITER_H
#define HEAPDUMP_WRITER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "out/codec.h"
#include "out/identity.h"

enum { HD_BLOCK_SIZE = 1 << 18, HD_BLOCKS = 3 };

/* Who writes the blocks: a thread of the writer, or the caller alone. */
enum hd_write { HD_WRITE_BESIDE, HD_WRITE_ALONE };

struct hd_writer {
    int fd; /* not owned */
    struct hd_identity identity;
    struct hd_codec *codec; /* owned; NULL for plain output */
    unsigned char *packed;  /* owned; where a block is compressed to */
    size_t packed_size;
    unsigned char *memory; /* owned: all blocks */

    bool alone; /* the caller writes, and chooses the offsets */
    pthread_t thread;
    bool threaded;
    pthread_mutex_t mutex; /* protects the fields below, as far as they say nothing else */
    pthread_cond_t changed;
    struct hd_block_queue {
        unsigned char *block;
        size_t size;
    } queue[HD_BLOCKS];
    int queued; /* number of blocks to be written; the first may be being written now */
    unsigned char *spare[HD_BLOCKS];
    int spares;
    bool finished;
    int error; /* errno of the first failure; later blocks are dropped */

    /* For whoever writes the blocks, without the mutex; others read it after hd_writer_finish. */
    struct hd_text_sum text; /* the sum of the blocks written; unused if `alone` */
    uint64_t written;        /* bytes that have reached the descriptor */
};

/*
 * Prepares to write to fd, and writes the head of a compressed file unless the writer is alone.
 * Returns 0, ENOMEM, ENOSYS if the compression library is missing, or the errno of write(2). Call
 * hd_writer_free afterwards, also after an error.
 */
int hd_writer_open(struct hd_writer *writer, int fd, enum hd_compression compression,
                   enum hd_write how);

/* Returns an empty block of HD_BLOCK_SIZE bytes for the caller to fill; waits until one is free. */
unsigned char *hd_writer_block(struct hd_writer *writer);

/*
 * Hands over a block with `size` bytes in it. Returns the errno of the first failure so far, or 0.
 */
int hd_writer_submit(struct hd_writer *writer, unsigned char *block, size_t size);

/* A block as it will be written: compressed, or unchanged in a plain file. */
struct hd_packed {
    const unsigned char *bytes;
    size_t size;
    struct hd_text_sum text;
};

/*
 * hd_writer_pack and hd_writer_write_at are the two steps of writing a block with a writer that is
 * alone. Its caller writes head and tail of the file too (codec.h). hd_writer_pack compresses a
 * block of `size` bytes, from 1 to HD_BLOCK_SIZE. `packed` is valid until the next call, and while
 * the block is unchanged. Returns false on failure.
 */
bool hd_writer_pack(struct hd_writer *writer, const unsigned char *block, size_t size,
                    struct hd_packed *packed);
/* Writes all of `size` bytes at an offset of the file. Returns 0 or an errno. */
int hd_writer_write_at(struct hd_writer *writer, const unsigned char *bytes, size_t size,
                       uint64_t offset);

/*
 * Waits until everything is written, then writes the tail of the file unless the writer is alone.
 * Returns 0 or the errno of the first failure. Call it once.
 */
int hd_writer_finish(struct hd_writer *writer);

void hd_writer_free(struct hd_writer *writer);

#endif
