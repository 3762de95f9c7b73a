/*
 * What the walk promises about Ruby, checked in a build with assertions (check.h): the dumper's own
 * code allocates no object while it reads objects, as calls and exceptions would. Functions of
 * extensions may; they are marked as foreign. In any other build all of this is empty.
 */
#ifndef HEAPDUMP_PURITY_H
#define HEAPDUMP_PURITY_H

#include <stdbool.h>

#include "base/check.h"

#if HD_CHECKED
/* From now on, in this process. */
void hd_purity_begin(void);
void hd_purity_end(void);
/* Behind each object. */
void hd_purity_check(void);
/* Whether what runs now belongs to somebody else. */
void hd_purity_foreign(bool is);
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
hd_purity_foreign(bool is) {
    (void)is;
}
#endif

#endif
