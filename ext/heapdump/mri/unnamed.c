/*
 * Instance variables that MRI keeps under IDs that it has made without a name. Which ID is which is
 * seen from objects whose content is known.
 */
#include "mri/internal.h"

#include <string.h>

static ID ids[HD_UNNAMED];

static enum hd_unnamed
which(VALUE value, VALUE receiver) {
    if (value == receiver) return HD_UNNAMED_RECEIVER;
    if (RB_SPECIAL_CONST_P(value)) return HD_UNNAMED;
    if (RB_BUILTIN_TYPE(value) == RUBY_T_ARRAY) return HD_UNNAMED_ASSOCIATED;
    bool iseq = RB_BUILTIN_TYPE(value) == RUBY_T_DATA &&
                strcmp(rb_obj_classname(value), "RubyVM::InstructionSequence") == 0;
    return iseq ? HD_UNNAMED_ISEQ : HD_UNNAMED;
}

static int
learn_i(ID id, VALUE value, st_data_t receiver) {
    if (RTEST(rb_id2str(id))) return ST_CONTINUE;
    enum hd_unnamed found = which(value, (VALUE)receiver);
    if (found != HD_UNNAMED) ids[found] = id;
    return ST_CONTINUE;
}

void
hd_unnamed_learn(VALUE error, VALUE packed, VALUE receiver) {
    if (!NIL_P(error)) rb_ivar_foreach(error, learn_i, (st_data_t)receiver);
    rb_ivar_foreach(packed, learn_i, (st_data_t)receiver);
}

enum hd_unnamed
hd_mri_unnamed(ID id) {
    int found = 0;
    while (found < HD_UNNAMED && ids[found] != id) found++;
    return (enum hd_unnamed)found;
}
