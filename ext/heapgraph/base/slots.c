/* Place in the flow: below everything. See slots.h. */
#include "base/slots.h"

#include "base/array.h"

#include <stdlib.h>

bool
hg_slots_grow_now(struct hg_slots *slots, size_t count, size_t first, hg_hash_of *hash,
                  const void *things) {
    struct hg_slots larger = {.room = slots->room ? 2 * slots->room : first};
    larger.slot = hg_zeroed(larger.room, sizeof(*larger.slot));
    if (!larger.slot) return false;
    for (uint32_t number = 0; number < count; number++) {
        size_t at = hg_slots_first(&larger, hash(things, number));
        while (larger.slot[at]) at = hg_slots_next(&larger, at);
        larger.slot[at] = number + 1;
    }
    free(slots->slot);
    *slots = larger;
    return true;
}

void
hg_slots_free(struct hg_slots *slots) {
    free(slots->slot);
    *slots = (struct hg_slots){0};
}
