/*
 * Loading the extension: by lib/heapdump.rb, or alone, as a debugger does with
 * rb_require("…/heapdump.so"), at any moment and in a process that knows nothing of heapdump.
 * There nobody can catch an exception, which would unwind the program that happens to run.
 */
#ifndef HEAPDUMP_LOAD_H
#define HEAPDUMP_LOAD_H

#include <ruby.h>

/* The classes of errors that the extension itself raises; the rest is made by lib/heapdump. */
struct hd_errors {
    VALUE error, unsupported, write, busy;
};
extern struct hd_errors hd_errors;

/*
 * What loading is made of: `prepare` is done once in the life of the library, `define` gives the
 * module its methods. Both may raise.
 */
struct hd_face {
    void (*prepare)(void);
    void (*define)(void);
};

/*
 * Loads it, as often as it is asked to. What is raised meanwhile goes out of it only where
 * lib/heapdump.rb waits for it (it has set @loading of HeapDump). Otherwise one line on stderr tells
 * what was raised, the library does nothing, and lib/heapdump.rb can have it loaded again.
 *
 * Loaded alone, it leaves alone the methods of another copy of it that is there already, of which
 * RubyGems installs two.
 */
void hd_load(const struct hd_face *face);

#endif
