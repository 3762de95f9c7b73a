/*
 * One run of the dumper: its state, and what the writers share.
 *
 * A run goes in file order: header (context.c), roots (roots.c), one line per object (object.c and
 * the writers by type), footer. From hd_dump_run on the GC is disabled, and the dumper runs no Ruby
 * code and allocates no Ruby object. What it calls may do both, and raise: the mark and size
 * functions of extensions. So each object is read under a guard (guard.h), and the rest under one,
 * too; nothing raised leaves hd_dump_run and the processes of fork.c.
 */
#ifndef HEAPDUMP_DUMP_H
#define HEAPDUMP_DUMP_H

#include <ruby.h>

#include "request/context.h"
#include "lines/finalizers.h"
#include "guard/hung.h"
#include "out/json.h"
#include "mri/mri.h"
#include "lines/names.h"
#include "request/options.h"
#include "lines/refs.h"
#include "out/shared.h"
#include "mri/pages.h"

enum { HD_WEAK_FIELDS = 8 };

struct hd_dump {
    struct hd_sink out;
    const struct hd_options *options;
    struct hd_context *context;
    struct hd_pages pages;
    struct hd_refs refs;     /* of the object being written */
    struct hd_names *names;  /* owned */
    size_t usual_slot;       /* the smallest slot size; lines tell only others */
    const void *allocations; /* objspace's table, NULL while nothing is traced */
    struct hd_finalizers finalizers;

    /* fields of the current object that point to what MRI does not mark */
    struct hd_weak {
        const char *key; /* `"key":` */
        size_t key_size;
        VALUE ref;
    } weak[HD_WEAK_FIELDS];
    int weak_size;

    volatile enum hd_step step;

    struct hd_tally *tally; /* not owned: what this process has written */
};

/* What a finished run tells. */
struct hd_summary {
    uint64_t objects, bytes;
    double seconds;
};

/*
 * Writes a whole dump to `fd`, in this process. The caller holds the GVL and has collected the
 * context; the GC is disabled. Returns 0 or an errno; `where` then says at what it failed. Raises
 * nothing.
 */
int hd_dump_run(struct hd_context *context, const struct hd_options *options, int fd,
                struct hd_summary *summary, const char **where);

/* The same by a process that has prepared a dump, and guards this call. */
int hd_dump_run_as(struct hd_dump *dump, int fd, struct hd_summary *summary, const char **where);

/*
 * The same in steps, for processes that share the work (fork.c). Open and close a dump in each
 * process; `shared` is NULL for one alone. The pages, and what hd_dump_look finds in them, may be
 * those that another process has collected before the fork.
 */
int hd_dump_open(struct hd_dump *dump, int fd, struct hd_shared *shared);
void hd_dump_look(struct hd_dump *dump);       /* before anything is written */
void hd_dump_write_head(struct hd_dump *dump); /* header and roots */
void hd_dump_write_pages(struct hd_dump *dump, size_t from, size_t to);
void hd_dump_write_found_roots(struct hd_dump *dump); /* once its pages are written */
void hd_dump_write_footer(struct hd_dump *dump, const struct hd_tally *sum, double seconds);
int hd_dump_close(struct hd_dump *dump, uint64_t *written); /* 0 or the first error */
void hd_dump_end(struct hd_dump *dump); /* closed, it keeps its pages, to be opened again */
void hd_dump_free(struct hd_dump *dump);
void hd_tally_add(struct hd_tally *sum, const struct hd_tally *tally);
double hd_now(void); /* seconds of the monotonic clock */

/* True where the tally tells of a dump that is whole: every line is the one of something. */
bool hd_tally_adds_up(const struct hd_tally *sum, enum hd_format format);

/* The errno for what became of a guarded call outside of any object. */
int hd_error_of(int outcome);

/* Call behind each line of a root. */
void hd_end_root(struct hd_dump *dump);

/* object.c: the line of one object. */
void hd_write_object(struct hd_dump *dump, VALUE obj, size_t slot_size);

/* What MRI says that an object takes; calls its size function. */
size_t hd_memsize(VALUE obj);

/* unreadable.c: the line of an object that failed, or the end of the line that had begun. */
void hd_write_unreadable(struct hd_dump *dump, VALUE obj, int outcome);
/* The field `error`, counted. */
void hd_write_error(struct hd_dump *dump, int outcome, const char *doing);

/* roots.c: the lines of what holds objects from outside the heap. */
void hd_write_roots(struct hd_dump *dump);

/* objspace_format.c: the same two in the format of ObjectSpace.dump_all. */
void hd_write_objspace_object(struct hd_dump *dump, VALUE obj, size_t slot_size);
void hd_write_objspace_roots(struct hd_dump *dump);

/* The writers by type put the fields that only their type has, each with its leading comma. */
void hd_write_object_fields(struct hd_dump *dump, VALUE obj);
void hd_write_string(struct hd_dump *dump, VALUE obj);
void hd_write_symbol(struct hd_dump *dump, VALUE obj);
void hd_write_regexp(struct hd_dump *dump, VALUE obj);
void hd_write_match(struct hd_dump *dump, VALUE obj);
void hd_write_array(struct hd_dump *dump, VALUE obj);
void hd_write_hash(struct hd_dump *dump, VALUE obj);
void hd_write_struct(struct hd_dump *dump, VALUE obj);
void hd_write_module(struct hd_dump *dump, VALUE obj);
void hd_write_iclass(struct hd_dump *dump, VALUE obj);
void hd_write_float(struct hd_dump *dump, VALUE obj);
void hd_write_bignum(struct hd_dump *dump, VALUE obj);
void hd_write_rational(struct hd_dump *dump, VALUE obj);
void hd_write_complex(struct hd_dump *dump, VALUE obj);
void hd_write_file(struct hd_dump *dump, VALUE obj);
void hd_write_data(struct hd_dump *dump, VALUE obj);
void hd_write_imemo(struct hd_dump *dump, VALUE obj);
void hd_write_thread(struct hd_dump *dump, VALUE obj);
void hd_write_fiber(struct hd_dump *dump, VALUE obj);

/* Instance variables of any object, as the field `ivars`. */
void hd_write_ivars(struct hd_dump *dump, VALUE obj);
/* Those of a module or class, apart from its class variables: `ivars`, `class_variables`. */
void hd_write_variables(struct hd_dump *dump, VALUE obj, bool singleton);

/* The content of a String by the policy for text that comes from data: `value` or its kin. */
void hd_write_text(struct hd_dump *dump, VALUE string);

/* value.c: values and references inside a line. */
void hd_put_immediate(struct hd_dump *dump, VALUE v);

/* A value and the character behind it; its reference is not taken, or was before. */
static inline void
hd_put_plain_value(struct hd_dump *dump, VALUE v, char behind) {
    unsigned char *to;
    if (!RB_SPECIAL_CONST_P(v)) {
        to = hd_at_address(hd_sink_reserve(&dump->out, HD_ADDRESS_SIZE + 1), v);
    }
    else if (RB_FIXNUM_P(v)) {
        to = hd_at_i64(hd_sink_reserve(&dump->out, HD_NUMBER_SIZE + 2), RB_FIX2LONG(v));
    }
    else {
        hd_put_immediate(dump, v); // the rarer ones
        to = hd_sink_reserve(&dump->out, 1);
    }
    *to = (unsigned char)behind;
    dump->out.pos = to + 1;
}

/*
 * A value that MRI itself has told as a reference, which is taken, and the character behind it. What
 * has been read in any other way passes through hd_take_value first.
 */
static inline void
hd_put_value(struct hd_dump *dump, VALUE v, char behind) {
    if (!RB_SPECIAL_CONST_P(v)) hd_refs_take(&dump->refs, v);
    hd_put_plain_value(dump, v, behind);
}

/*
 * True if a value may stand under a name: an immediate, or a reference that MRI marks (it is taken).
 * What was read by layout passes here, so that a name never adds an edge.
 */
static inline bool
hd_take_value(struct hd_dump *dump, VALUE v) {
    if (RB_SPECIAL_CONST_P(v)) return v != RUBY_Qundef;
    return hd_refs_take(&dump->refs, v);
}

/* The field with a reference: taken, or kept for `weak` where MRI does not mark it. */
void hd_write_ref(struct hd_dump *dump, struct hd_field field, VALUE ref);
/* The same without `weak`: nothing where MRI does not mark it. */
void hd_write_held(struct hd_dump *dump, struct hd_field field, VALUE ref);
/* The field with a value that MRI marks, or nothing. */
void hd_write_value(struct hd_dump *dump, struct hd_field field, VALUE v);
/* The field with the text of a String, by the rules for names; nothing for 0 and nil. */
void hd_write_name(struct hd_dump *dump, struct hd_field field, VALUE string);
/* The field with the name of an ID; nothing where it has none. */
void hd_write_id(struct hd_dump *dump, struct hd_field field, ID id);
/* The field with a C string, by the rules for names; nothing for NULL. */
void hd_write_word(struct hd_dump *dump, struct hd_field field, const char *word);
/* The fields `label` and `file` that say where code is written. */
void hd_write_place(struct hd_dump *dump, const struct hd_code *code);
/* Keeps a reference for the map `weak` of the current object. */
void hd_add_weak(struct hd_dump *dump, struct hd_field field, VALUE ref);
/* The map `locals`: an iseq's table of names beside the words they stand for. */
void hd_write_locals(struct hd_dump *dump, const ID *names, const VALUE *values, unsigned size);

#endif
