/*
 * The names of MRI's types; see types.h.
 */
#include "base/types.h"

#define HD_TYPE(name)                                                                              \
    [RUBY_T_##name] = {"T_" #name, ",\"type\":\"" #name "\"", sizeof ",\"type\":\"" #name "\"" - 1}

const struct hd_type hd_types[RUBY_T_MASK + 1] = {
    HD_TYPE(OBJECT),   HD_TYPE(CLASS),  HD_TYPE(MODULE), HD_TYPE(ICLASS), HD_TYPE(FLOAT),
    HD_TYPE(STRING),   HD_TYPE(REGEXP), HD_TYPE(ARRAY),  HD_TYPE(HASH),   HD_TYPE(STRUCT),
    HD_TYPE(BIGNUM),   HD_TYPE(FILE),   HD_TYPE(DATA),   HD_TYPE(MATCH),  HD_TYPE(COMPLEX),
    HD_TYPE(RATIONAL), HD_TYPE(SYMBOL), HD_TYPE(IMEMO),  HD_TYPE(NODE),   HD_TYPE(ZOMBIE),
    HD_TYPE(MOVED),
};
