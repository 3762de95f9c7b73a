/*
 * Place in the flow: behind the sink. Full blocks go to a thread of their own, which compresses
 * and writes them while the next block is being filled. The thread runs no Ruby code, takes no
 * lock but the writer's, and has every signal blocked. Where none can be made, the caller writes.
 */
#ifndef HEAPDUMP_WRITER_H
#define HEAPDUMP_WRITER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "out/codec.h"

enum { HD_BLOCK_SIZE = 1 << 18, HD_BLOCKS = 3 };

/* Whether blocks are written by a thread beside the caller's, or by the caller alone. */
enum hd_write { HD_WRITE_BESIDE, HD_WRITE_ALONE };

struct hd_writer {
    int fd;                 /* not owned */
    struct hd_codec *codec; /* owned; NULL for plain output */
    unsigned char *packed;  /* owned; where a compressed frame is built */
    size_t packed_size;
    unsigned char *memory; /* owned: all blocks */

    bool alone; /* the caller writes, at places of its own */
    pthread_t thread;
    bool threaded;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    struct hd_block_queue {
        unsigned char *block;
        size_t size;
    } queue[HD_BLOCKS];
    int queued; /* blocks to be written, the first may be under way */
    unsigned char *spare[HD_BLOCKS];
    int spares;
    bool finished;
    struct hd_text_sum text; /* of the blocks that were written, where the writer is not alone */
    int error;               /* errno of the first failure; later blocks are thrown away */
    uint64_t written;        /* bytes that reached the descriptor */
};

/*
 * Prepares to write to fd. Returns 0, ENOMEM, ENOSYS where the compression library is missing, or,
 * where the file begins with a head, what write(2) fails with. hd_writer_free in any case.
 */
int hd_writer_open(struct hd_writer *writer, int fd, enum hd_compression compression,
                   enum hd_write how);

/* A block of HD_BLOCK_SIZE to fill; waits until one is free. */
unsigned char *hd_writer_block(struct hd_writer *writer);

/* Hands over a block with `size` bytes in it. Returns the errno of the first failure so far, or 0. */
int hd_writer_submit(struct hd_writer *writer, unsigned char *block, size_t size);

/* A block as it is to be written. */
struct hd_packed {
    const unsigned char *bytes;
    size_t size;
    struct hd_text_sum text;
};

/*
 * The two steps of a writer that is alone; who drives it knows the head and tail of the file too
 * (codec.h). Compresses a block of `size` bytes, at most HD_BLOCK_SIZE; false on failure.
 */
bool hd_writer_pack(struct hd_writer *writer, const unsigned char *block, size_t size,
                    struct hd_packed *packed);
/* Writes all of `size` bytes at an offset of the file. Returns 0 or an errno. */
int hd_writer_write_at(struct hd_writer *writer, const unsigned char *bytes, size_t size,
                       uint64_t offset);

/*
 * Waits until everything is written, and unless the writer is alone ends the file. Returns 0 or the
 * errno of the first failure. Once.
 */
int hd_writer_finish(struct hd_writer *writer);

void hd_writer_free(struct hd_writer *writer);

#endif
