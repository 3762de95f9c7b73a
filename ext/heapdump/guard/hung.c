/*
 * Remembers functions that have hung; see hung.h.
 */
#include "guard/hung.h"

#include "mri/mri.h"

enum { TYPES = 16 };

static struct {
    const void *type;
    enum hd_step step;
} hung[TYPES];
static int size;

bool
hd_has_hung(VALUE obj, enum hd_step step) {
    if (size == 0 || RB_BUILTIN_TYPE(obj) != RUBY_T_DATA) return false;
    const void *type = hd_mri_data_type(obj);
    for (int i = 0; i < size; i++) {
        if (hung[i].type == type && hung[i].step == step) return true;
    }
    return false;
}

void
hd_remember_hung(VALUE obj, enum hd_step step) {
    if (RB_BUILTIN_TYPE(obj) != RUBY_T_DATA || size == TYPES) return;
    hung[size].type = hd_mri_data_type(obj);
    hung[size++].step = step;
}
