/*
 * Long work as its caller sees it: how far it is, whether it shall stop, and what went wrong. A
 * task serves one piece of work at a time. Any thread may set `stop` and read `phase`, `done` and
 * `total`.
 */
#ifndef HEAPGRAPH_TASK_H
#define HEAPGRAPH_TASK_H

#include <stdatomic.h>
#include <stdint.h>

enum hg_status {
    HG_OK,
    HG_STOPPED,    /* somebody set `stop` */
    HG_NO_MEMORY,  /* malloc or mmap failed, or the dump has objects in more than 32 GiB of slots */
    HG_IO,         /* `number` is the errno; 0 if it was another fault than that of a system call */
    HG_NOT_A_DUMP, /* the file has no line of a heap dump */
    HG_BAD_LINE,   /* with `strict`: `line` and `byte` say where */
    HG_TOO_LARGE,  /* too many nodes or edges for 32 bits, 64 GiB of text, or too many dumps */
    HG_CORRUPT,    /* compressed data is broken at `byte`, or its library is not installed */
};

struct hg_task {
    _Atomic int stop;
    _Atomic(const char *) phase; /* "reading", "dominators" …; static text */
    _Atomic uint64_t done, total;

    /*
     * What went wrong, where a function returns HG_IO, HG_NOT_A_DUMP, HG_BAD_LINE, HG_TOO_LARGE or
     * HG_CORRUPT. After any other status they may say anything: what a function before has noted.
     */
    int number;          /* an errno or 0 */
    uint64_t line, byte; /* filled in by hg_load alone */
    char message[200];   /* one line, cut off if it is longer */
};

/* Fills in `number` and `message`. `number` is an errno or 0. */
void hg_note(struct hg_task *task, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * The same as an expression with the value `status`. It is a macro, so that compilers and analyzers
 * see that the value is not HG_OK.
 */
#define hg_fail(task, status, number, ...) (hg_note((task), (number), __VA_ARGS__), (status))

/* How many processors there are, at least 1. */
unsigned hg_processors(void);

/*
 * Calls work(data, 0) … work(data, threads-1), each in a thread of its own if that can be started,
 * and returns when all calls have returned. The calling thread does the first call, and those for
 * which there is no thread. The new threads take no signals.
 */
void hg_parallel(unsigned threads, void (*work)(void *data, unsigned number), void *data);

#endif
