/*
 * What one thread collects; see recorder.h.
 */
#include "records/recorder.h"

bool
hg_recorder_init(struct hg_recorder *recorder, struct hg_units *units,
                 struct hg_string_table *strings, bool objspace) {
    *recorder = (struct hg_recorder){.objspace = objspace};
    return hg_seen_units_init(&recorder->units, units) &&
           hg_seen_strings_init(&recorder->strings, strings) && hg_heads_init(&recorder->heads);
}

void
hg_recorder_free(struct hg_recorder *recorder) {
    struct hg_list *lists[] = {&recorder->nodes,      &recorder->edges,  &recorder->allocations,
                               &recorder->sizes,      &recorder->shapes, &recorder->shaped,
                               &recorder->class_names};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) hg_list_free(lists[i]);
    hg_seen_units_free(&recorder->units);
    hg_seen_strings_free(&recorder->strings);
    hg_heads_free(&recorder->heads);
    hg_buffer_free(&recorder->scratch);
    hg_numbers_free(&recorder->named_classes);
    hg_numbers_free(&recorder->root_lines);
    hg_slots_free(&recorder->named_slots);
}
