/*
 * Checks a promise of the walk in a build with assertions (check.h): while objects are read, the
 * dumper's own code allocates no Ruby object. Calls of Ruby methods and exceptions would allocate
 * some, so the check finds them too. Functions of extensions may allocate; while one runs, the
 * check is told so (hd_purity_foreign_begin). In any other build these functions are empty.
 */
#ifndef HEAPDUMP_PURITY_H
#define HEAPDUMP_PURITY_H

#include <stdbool.h>

#include "base/check.h"

#if HD_CHECKED
/* Begin the check in this process, also anew after reading an object has failed; and end it. */
void hd_purity_begin(void);
void hd_purity_end(void);
/* Call after each object: fails if one was allocated. */
void hd_purity_check(void);
/*
 * Call before and after a function of an extension: what that one allocates does not count. Between
 * the two none of the other functions may be called.
 */
void hd_purity_foreign_begin(void);
void hd_purity_foreign_end(void);
#else
static inline void
hd_purity_begin(void) {
}
static inline void
hd_purity_end(void) {
}
static inline void
hd_purity_check(void) {
}
static inline void
hd_purity_foreign_begin(void) {
}
static inline void
hd_purity_foreign_end(void) {
}
#endif

#endif
