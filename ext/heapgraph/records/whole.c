/* Place in the flow: at the end of load, when all is counted. See whole.h. */
#include "records/account.h"

static enum hg_answer
passed_if(bool good) {
    return good ? HG_PASSED : HG_FAILED;
}

static enum hg_answer
kept(bool promised, uint64_t number, uint64_t there) {
    return promised ? passed_if(number == there) : HG_UNTOLD;
}

/* The checks that apply to every dump. */
static void
check_text(struct hg_account *account) {
    uint8_t *answer = account->answer;
    answer[HG_CHECK_compression] = passed_if(!account->damaged);
    answer[HG_CHECK_no_byte_order_mark] = passed_if(!account->byte_order_mark);
    answer[HG_CHECK_valid_lines] = passed_if(account->bad_lines == 0);
    answer[HG_CHECK_no_holes] = passed_if(account->nul_bytes == 0);
    answer[HG_CHECK_one_dump] = passed_if(account->second_line == 0);
    answer[HG_CHECK_distinct_objects] = passed_if(account->duplicates == 0);
    answer[HG_CHECK_known_types] = passed_if(account->unknown_types == 0);
}

/* The checks of what only dumps of ours have, or are known to be like. */
static void
check_ours(struct hg_account *account) {
    uint8_t *answer = account->answer;
    answer[HG_CHECK_line_ends] = passed_if(account->crlf_lines == 0);
    answer[HG_CHECK_ended] = passed_if(!account->unended);
    answer[HG_CHECK_header_first] = passed_if(account->headers > 0 && account->before_header == 0);
    answer[HG_CHECK_footer_last] = passed_if(account->footers > 0 && account->behind_footer == 0);
    answer[HG_CHECK_roots] = passed_if(account->root_lines > 0);
    answer[HG_CHECK_known_references] = passed_if(account->missing == 0);
    if (account->footers == 0) return;

    const struct hg_promise *promise = &account->promise;
    answer[HG_CHECK_one_footer] = passed_if(account->footers == 1);
    answer[HG_CHECK_complete] = passed_if(promise->complete);
    answer[HG_CHECK_gc_idle] = kept(promise->has_gc_runs, promise->gc_runs, 0);
    answer[HG_CHECK_promised_objects] = passed_if(promise->has_objects &&
                                                  promise->objects == account->object_lines);
    answer[HG_CHECK_promised_roots] = kept(promise->has_roots, promise->roots, account->root_lines);
    answer[HG_CHECK_promised_lines] = kept(promise->has_lines, promise->lines, account->lines);
    answer[HG_CHECK_promised_bytes] = kept(promise->has_bytes, promise->bytes,
                                           account->footer_byte);
}

void
hg_check_whole(struct hg_account *account) {
    for (int i = 0; i < HG_CHECKS; i++) account->answer[i] = HG_UNTOLD;
    check_text(account);
    if (!account->objspace_format) check_ours(account);
}

bool
hg_has_failed(const struct hg_account *account) {
    for (int i = 0; i < HG_CHECKS; i++) {
        if (account->answer[i] == HG_FAILED) return true;
    }
    return false;
}
