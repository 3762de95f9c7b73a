/*
 * An array that grows; see list.h.
 */
#include "base/list.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

void *
hd_list_grow(void *list, size_t *capacity, size_t entry) {
    size_t wanted = *capacity ? *capacity * 2 : FIRST_CAPACITY;
    void *grown = realloc(list, wanted * entry);
    if (grown) *capacity = wanted;
    return grown;
}
