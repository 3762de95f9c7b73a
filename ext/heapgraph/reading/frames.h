/*
 * A zstd file that is a chain of small frames: a table of them, and text at any place.
 */
#ifndef HEAPGRAPH_FRAMES_H
#define HEAPGRAPH_FRAMES_H

#include "base/task.h"
#include "reading/decode.h"

struct hg_frames;

/* One thread's decoder, with the frame that it decoded last. */
struct hg_frame_reader;

/*
 * Makes the table. HG_OK with *frames NULL where the file is no such chain and has to be decoded in
 * one go. Where the chain ends in a frame that is not whole, *broken_at is where that begins.
 */
enum hg_status hg_frames_find(int fd, uint64_t size, struct hg_frames **frames,
                              uint64_t *broken_at);
void hg_frames_free(struct hg_frames *frames);

/* Span `number` of the text, one or more frames, and their size in the file. False at the end. */
bool hg_frames_span(const struct hg_frames *frames, uint64_t number, uint64_t *start, uint64_t *end,
                    uint64_t *packed);

/*
 * Up to n bytes of text from offset on, less at the end only. *reader is made where it is NULL. A
 * frame that cannot be decoded reads as newlines from there on, and *broken_at is where it begins
 * in the file.
 */
enum hg_status hg_frames_read(const struct hg_frames *frames, int fd,
                              struct hg_frame_reader **reader, uint64_t offset, char *to, size_t n,
                              size_t *got, uint64_t *broken_at);
void hg_frame_reader_free(struct hg_frame_reader *reader);

#endif
