/*
 * Objects that could not be read; see unreadable.h.
 */
#include "lines/unreadable.h"

#include <errno.h>
#include <string.h>

#include "base/types.h"
#include "guard/guard.h"
#include "guard/purity.h"
#include "out/json.h"

void
hd_write_error(struct hd_dump *dump, int outcome, const char *doing) {
    struct hd_sink *out = &dump->out;
    dump->tally->errors++;
    HD_PUT(out, ",\"error\":\"");
    switch (outcome) {
    case HD_RAISED:
        HD_PUT(out, "raised");
        break;
    case HD_OUT_OF_MEMORY:
        HD_PUT(out, "out of memory");
        break;
    case HD_HUNG:
        HD_PUT(out, "hung");
        break;
    case HD_EXITED:
        HD_PUT(out, "called exit");
        break;
    default:
        HD_PUT(out, "signal ");
        hd_put_u64(out, (uint64_t)outcome);
        break;
    }
    hd_put_bytes(out, doing, strlen(doing));
    hd_put_char(out, '"');
}

/* Puts all references that MRI marks, without names. */
static void
put_references(struct hd_dump *dump) {
    struct hd_sink *out = &dump->out;
    HD_PUT(out, ",\"references\":[");
    for (size_t i = 0; i < dump->refs.size; i++) {
        hd_put_address(out, dump->refs.list[i] & ~(VALUE)1);
        hd_put_char(out, ',');
    }
    hd_json_close(out, ']');
}

void
hd_write_unreadable(struct hd_dump *dump, VALUE obj, int outcome) {
    struct hd_sink *out = &dump->out;
    enum hd_step step = dump->step;
    hd_purity_begin(); // the walk goes on after what was raised, or a jump
    if (outcome == HD_HUNG) hd_remember_hung(obj, step);
    hd_tally_object(dump->tally);
    if (step == HD_SIZING) {
        hd_write_error(dump, outcome, " while reading its size");
    }
    else {
        if (!hd_sink_drop_line(out)) {
            if (!out->error) out->error = EFAULT;
            return;
        }
        HD_PUT(out, "{\"address\":");
        hd_put_address(out, obj);
        const struct hd_type *type = &hd_types[RB_BUILTIN_TYPE(obj)];
        HD_CHECK(type->name);
        hd_put_bytes(out, type->field, type->size);
        if (step == HD_NAMING && dump->refs.complete) put_references(dump);
        hd_write_error(dump, outcome, " while reading it");
    }
    HD_PUT(out, "}\n");
    hd_sink_end_line(out);
}
