/*
 * MRI's internal objects: which kind one is, and what the small ones hold.
 */
#include "internal.h"

enum hd_imemo
hd_mri_imemo(VALUE imemo) {
    static const enum hd_imemo kinds[16] = {
        [0] = HD_IMEMO_ENV,
        [1] = HD_IMEMO_CREF,
        [2] = HD_IMEMO_SVAR,
        [4] = HD_IMEMO_IFUNC,
        [5] = HD_IMEMO_MEMO,
        [6] = HD_IMEMO_MENT,
        [7] = HD_IMEMO_ISEQ,
#if HD_RUBY >= 400
        [10] = HD_IMEMO_CALLINFO,
        [11] = HD_IMEMO_CALLCACHE,
        [12] = HD_IMEMO_CONSTCACHE,
        [13] = HD_IMEMO_FIELDS,
#else
        [11] = HD_IMEMO_CALLINFO,
        [12] = HD_IMEMO_CALLCACHE,
        [13] = HD_IMEMO_CONSTCACHE,
#endif
    };
    return kinds[hd_imemo_number(imemo)];
}

const char *
hd_mri_imemo_name(VALUE imemo) {
#if HD_RUBY >= 400
    static const char *const last[] = {"cvar_entry", "callinfo", "callcache", "constcache",
                                       "fields",     "unknown",  "unknown"};
#else
    static const char *const last[] = {"ast",        "parser_strterm", "callinfo", "callcache",
                                       "constcache", "unknown",        "unknown"};
#endif
    static const char *const first[] = {"env",  "cref", "svar", "throw_data", "ifunc",
                                        "memo", "ment", "iseq", "tmpbuf"};
    int number = hd_imemo_number(imemo);
    return number < 9 ? first[number] : last[number - 9];
}

const struct hd_imemo_field *
hd_mri_imemo_fields(enum hd_imemo kind) {
#define FIELD(key, offset)                                                                         \
    { HD_FIELD_INIT(key), offset }
    static const struct hd_imemo_field cref[] = {
        FIELD("klass", 16), FIELD("next", 24), FIELD("refinements", 8), {.offset = 0}};
    static const struct hd_imemo_field svar[] = {
        FIELD("lastline", 16), FIELD("backref", 24), FIELD("others", 32), {.offset = 0}};
    static const struct hd_imemo_field ifunc[] = {FIELD("data", 24), {.offset = 0}};
    static const struct hd_imemo_field memo[] = {FIELD("v1", 16), FIELD("v2", 24), {.offset = 0}};
    static const struct hd_imemo_field callcache[] = {
        FIELD("receiver_class", 8), FIELD("entry", 16), {.offset = 0}};
    static const struct hd_imemo_field constcache[] = {FIELD("value", 8), {.offset = 0}};
    static const struct hd_imemo_field none[] = {{.offset = 0}};
#undef FIELD
    switch (kind) {
    case HD_IMEMO_CREF:
        return cref;
    case HD_IMEMO_SVAR:
        return svar;
    case HD_IMEMO_IFUNC:
        return ifunc;
    case HD_IMEMO_MEMO:
        return memo;
    case HD_IMEMO_CALLCACHE:
        return callcache;
    case HD_IMEMO_CONSTCACHE:
        return constcache;
    default:
        return none;
    }
}

VALUE
hd_mri_word(VALUE obj, size_t offset) {
    return hd_read((void *)obj, (ptrdiff_t)offset);
}

ID
hd_mri_callinfo_method(VALUE callinfo) {
    return hd_read((void *)callinfo, 16);
}
