/*
 * Place in the flow: see binding.h. The account of a dump (account.h) for Ruby.
 */
#include "binding/binding.h"

#include "records/account.h"

static void
note(VALUE hash, const char *name, VALUE value) {
    rb_hash_aset(hash, ID2SYM(rb_intern(name)), value);
}

static VALUE
number_or_nil(bool there, uint64_t number) {
    return there ? ULL2NUM(number) : Qnil;
}

static void
note_text(VALUE hash, const struct hg_account *account) {
    note(hash, "lines", ULL2NUM(account->lines));
    note(hash, "bytes", ULL2NUM(account->bytes));
    note(hash, "bad_lines", ULL2NUM(account->bad_lines));
    note(hash, "bad_line", ULL2NUM(account->bad_line));
    note(hash, "bad_byte", ULL2NUM(account->bad_byte));
    note(hash, "nul_lines", ULL2NUM(account->nul_lines));
    note(hash, "nul_bytes", ULL2NUM(account->nul_bytes));
    note(hash, "nul_line", ULL2NUM(account->nul_line));
    note(hash, "nul_byte", ULL2NUM(account->nul_byte));
    note(hash, "crlf_lines", ULL2NUM(account->crlf_lines));
    note(hash, "headers", ULL2NUM(account->headers));
    note(hash, "footers", ULL2NUM(account->footers));
    note(hash, "before_header", ULL2NUM(account->before_header));
    note(hash, "behind_footer", ULL2NUM(account->behind_footer));
    note(hash, "second_line", ULL2NUM(account->second_line));
    note(hash, "second_byte", ULL2NUM(account->second_byte));
    note(hash, "damaged_at", number_or_nil(account->damaged, account->damaged_byte));
    note(hash, "bytes_before_footer", number_or_nil(account->footers > 0, account->footer_byte));
}

static void
note_objects(VALUE hash, const struct hg_account *account) {
    note(hash, "object_lines", ULL2NUM(account->object_lines));
    note(hash, "root_lines", ULL2NUM(account->root_lines));
    note(hash, "error_lines", ULL2NUM(account->error_lines));
    note(hash, "bad_references", ULL2NUM(account->bad_references));
    note(hash, "duplicates", ULL2NUM(account->duplicates));
    note(hash, "unknown_types", ULL2NUM(account->unknown_types));
    note(hash, "missing", ULL2NUM(account->missing));
    note(hash, "has_header", account->headers > 0 ? Qtrue : Qfalse);
    note(hash, "has_footer", account->footers > 0 ? Qtrue : Qfalse);
    note(hash, "objspace_format", account->objspace_format ? Qtrue : Qfalse);
}

static void
note_promise(VALUE hash, const struct hg_promise *promise) {
    note(hash, "promised_objects", number_or_nil(promise->has_objects, promise->objects));
    note(hash, "promised_roots", number_or_nil(promise->has_roots, promise->roots));
    note(hash, "promised_lines", number_or_nil(promise->has_lines, promise->lines));
    note(hash, "promised_bytes", number_or_nil(promise->has_bytes, promise->bytes));
}

/* true if a check has passed, false if it has failed, nil if the dump does not say it. */
static VALUE
checks(const struct hg_account *account) {
    VALUE hash = rb_hash_new();
#define NOTE(name, what)                                                                           \
    {                                                                                              \
        uint8_t answer = account->answer[HG_CHECK_##name];                                         \
        note(hash, #name, answer == HG_PASSED ? Qtrue : answer == HG_FAILED ? Qfalse : Qnil);      \
    }
    HG_EACH_CHECK(NOTE)
#undef NOTE
    return rb_obj_freeze(hash);
}

/* call-seq: graph.account -> hash */
static VALUE
graph_account(VALUE self) {
    const struct hg_account *account = &hgb_loaded(self)->analysis.graph->account;
    VALUE hash = rb_hash_new();
    note_text(hash, account);
    note_objects(hash, account);
    note_promise(hash, &account->promise);
    note(hash, "checks", checks(account));
    return hash;
}

void
hgb_define_account(VALUE class) {
    rb_define_method(class, "account", graph_account, 0);
}
