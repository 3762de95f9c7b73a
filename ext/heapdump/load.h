/*
 * Loads the extension: for lib/heapdump.rb, or without it, as a debugger does by calling
 * rb_require("…/heapdump.so") at any moment, in a process that does not know heapdump. In that case
 * nobody would catch an exception, and it would unwind whatever code the program was running.
 */
#ifndef HEAPDUMP_LOAD_H
#define HEAPDUMP_LOAD_H

#include <ruby.h>

/* The classes of errors that the extension itself raises; lib/heapdump defines the others. */
struct hd_errors {
    VALUE error, unsupported, write, busy;
};
extern struct hd_errors hd_errors;

/*
 * The two parts of loading. `prepare` is called until it has succeeded once in the life of the
 * library; `define` gives the module its methods. Both may raise.
 */
struct hd_face {
    void (*prepare)(void);
    void (*define)(void);
};

/*
 * Loads the extension; may be called again. An exception that is raised meanwhile leaves this
 * function only if lib/heapdump/extension.rb expects it (it has set @loading of HeapDump).
 * Otherwise a notice on stderr says what was raised, HeapDump has no methods (the module itself and
 * its errors may be defined), $! is what it was, and lib/heapdump/extension.rb can load the library
 * again. In a thread that does not hold the GVL nothing is done but a notice is written.
 *
 * RubyGems installs two copies of the extension, and the other one may be loaded already. If this
 * one is loaded without lib/heapdump.rb, it does not replace the methods of the other copy.
 */
void hd_load(const struct hd_face *face);

#endif
