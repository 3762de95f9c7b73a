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
int hd_hung_types;

bool
hd_is_of_hung_type(VALUE obj, enum hd_step step) {
    if (RB_BUILTIN_TYPE(obj) != RUBY_T_DATA) return false;
    const void *type = hd_mri_data_type(obj);
    for (int i = 0; i < hd_hung_types; i++) {
        if (hung[i].type == type && hung[i].step == step) return true;
    }
    return false;
}

void
hd_remember_hung(VALUE obj, enum hd_step step) {
    if (RB_BUILTIN_TYPE(obj) != RUBY_T_DATA || hd_hung_types == TYPES) return;
    hung[hd_hung_types].type = hd_mri_data_type(obj);
    hung[hd_hung_types++].step = step;
}
