/*
 * A zstd file that is a chain of small frames: with a table of its frames, text can be read at any
 * place.
 */
#ifndef HEAPGRAPH_FRAMES_H
#define HEAPGRAPH_FRAMES_H

#include "base/task.h"
#include "reading/decode.h"

struct hg_frames;

/* The decoder of one thread, and the frame that it decoded last. */
struct hg_frame_reader;

/*
 * Makes the table of frames. Returns HG_OK with *frames NULL if the file is no such chain and has
 * to be decoded in one go. If the chain ends in a frame that is not whole, *broken_at is where that
 * frame begins. Otherwise HG_IO or HG_NO_MEMORY.
 */
enum hg_status hg_frames_find(int fd, uint64_t size, struct hg_frames **frames,
                              uint64_t *broken_at);
void hg_frames_free(struct hg_frames *frames);

/*
 * Span `number` of the text: it is made of one or more whole frames, which take *packed bytes of
 * the file. Returns false behind the last span.
 */
bool hg_frames_span(const struct hg_frames *frames, uint64_t number, uint64_t *start, uint64_t *end,
                    uint64_t *packed);

/*
 * Reads up to n bytes of text from `offset` on. *got is less than n only at the end of the text. If
 * *reader is NULL a reader is made, which the caller frees. A frame that cannot be decoded reads as
 * newlines from the place of the damage on, and *broken_at is where the frame begins in the file.
 */
enum hg_status hg_frames_read(const struct hg_frames *frames, int fd,
                              struct hg_frame_reader **reader, uint64_t offset, char *to, size_t n,
                              size_t *got, uint64_t *broken_at);
void hg_frame_reader_free(struct hg_frame_reader *reader);

#endif
