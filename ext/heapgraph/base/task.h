/*
 * Long work as its caller sees it: how far it is, whether it shall stop, and what went wrong. One
 * task is used by one piece of work at a time; `stop` may be set and the figures read by any thread.
 */
#ifndef HEAPGRAPH_TASK_H
#define HEAPGRAPH_TASK_H

#include <stdatomic.h>
#include <stdint.h>

enum hg_status {
    HG_OK,
    HG_STOPPED,    /* the caller set `stop` */
    HG_NO_MEMORY,  /* malloc or mmap failed */
    HG_IO,         /* error number in `number` */
    HG_NOT_A_DUMP, /* no line of a heap dump in it */
    HG_BAD_LINE,   /* with `strict`: line and byte tell where */
    HG_TOO_LARGE,  /* more than 2^32-2 objects or references, or 64 GiB of text */
    HG_CORRUPT,    /* compressed data or index file broken at `byte` */
};

struct hg_task {
    _Atomic int stop;
    _Atomic(const char *) phase; /* "reading", "dominators" …; static text */
    _Atomic uint64_t done, total;

    /* Filled in where a function returns anything but HG_OK. */
    int number; /* errno */
    uint64_t line, byte;
    char message[200]; /* what exactly, one line, may be empty */
};

/* Notes what went wrong; `number` is an errno or 0. */
void hg_note(struct hg_task *task, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, and is `status`: no function, so that compilers and analyzers see that it is not HG_OK. */
#define hg_fail(task, status, number, ...) (hg_note((task), (number), __VA_ARGS__), (status))

/* How many processors there are, at least 1. */
unsigned hg_processors(void);

/*
 * Calls work(data, 0) … work(data, threads-1), side by side where threads can be had, and returns
 * when all are done. The new threads take no signals.
 */
void hg_parallel(unsigned threads, void (*work)(void *data, unsigned number), void *data);

#endif
