/*
 * MRI's internal objects (imemos): of which kind an object is, and what the small ones hold.
 */
#include "mri/internal.h"

#include <string.h>

enum { NUMBERS = 16 };

/*
 * MRI says which name a number has, since the numbers differ between versions. It is only asked
 * about numbers that occur in objects: some versions abort at a number that they do not use.
 */
const char *
hd_mri_imemo_name(VALUE imemo) {
    static const char *names[NUMBERS];
    int number = hd_imemo_number(imemo);
    if (!names[number]) names[number] = rb_imemo_name ? rb_imemo_name(number) : "unknown";
    return names[number];
}

static enum hd_imemo
kind_by_name(const char *name) {
    static const struct {
        const char *name;
        enum hd_imemo kind;
    } kinds[] = {
        {"env", HD_IMEMO_ENV},
        {"cref", HD_IMEMO_CREF},
        {"svar", HD_IMEMO_SVAR},
        {"ifunc", HD_IMEMO_IFUNC},
        {"memo", HD_IMEMO_MEMO},
        {"ment", HD_IMEMO_MENT},
        {"iseq", HD_IMEMO_ISEQ},
        {"callinfo", HD_IMEMO_CALLINFO},
        {"callcache", HD_IMEMO_CALLCACHE},
        {"constcache", HD_IMEMO_CONSTCACHE},
        {"fields", HD_IMEMO_FIELDS},
        {"cdhash", HD_IMEMO_CDHASH},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, name) == 0) return kinds[i].kind;
    }
    return HD_IMEMO_OTHER;
}

enum hd_imemo
hd_mri_imemo(VALUE imemo) {
    static signed char kinds[NUMBERS];       // kind + 1; 0 if not known yet
    if (!hd_layout()) return HD_IMEMO_OTHER; // what they hold is not known
    int number = hd_imemo_number(imemo);
    if (!kinds[number]) kinds[number] = (signed char)(kind_by_name(hd_mri_imemo_name(imemo)) + 1);
    return (enum hd_imemo)(kinds[number] - 1);
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
    static const struct hd_imemo_field memo[] = {
        FIELD("v1", HD_RUBY >= 401 ? 8 : 16), FIELD("v2", HD_RUBY >= 401 ? 16 : 24), {.offset = 0}};
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

ID
hd_mri_callcache_method(const struct hd_pages *pages, VALUE callcache) {
    // if MRI has made it invalid, this is no class, and the entry may be another object by now
    VALUE klass = hd_read((void *)callcache, HD_CALLCACHE_CLASS);
    VALUE entry = hd_read((void *)callcache, HD_CALLCACHE_ENTRY);
    if (!hd_is_type(pages, klass, RUBY_T_CLASS) && !hd_is_type(pages, klass, RUBY_T_ICLASS))
        return 0;
    return hd_mri_is_method_entry(pages, entry) ? hd_read((void *)entry, HD_ENTRY_CALLED) : 0;
}
