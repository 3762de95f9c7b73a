/*
 * report.c: what is written is read again, and what is no line of it is refused.
 */
#include "process/report.h"

#include <string.h>

#include "../../heapgraph/check.h"

uint64_t check_seed;

static void
check_same(const struct hd_report *wanted, const char *text) {
    char line[HD_REPORT_SIZE];
    struct hd_report got;
    CHECK_EQUAL(strlen(text), hd_report_write(wanted, line));
    CHECK(strcmp(line, text) == 0);
    CHECK(hd_report_read(line, &got));
    CHECK_EQUAL((uint64_t)wanted->error, (uint64_t)got.error);
    CHECK_EQUAL((uint64_t)wanted->signal, (uint64_t)got.signal);
    CHECK_EQUAL(wanted->objects, got.objects);
    CHECK_EQUAL(wanted->bytes, got.bytes);
    CHECK(wanted->seconds == got.seconds);
    CHECK_EQUAL((uint64_t)wanted->processes, (uint64_t)got.processes);
    CHECK(strcmp(wanted->where ? wanted->where : "", got.where) == 0);
}

static void
test_lines(void) {
    check_same(&(struct hd_report){.objects = 3, .bytes = 711, .seconds = 0.25, .processes = 4},
               "done 3 711 250000 4\n");
    check_same(&(struct hd_report){.objects = UINT64_MAX, .bytes = UINT64_MAX, .processes = 1},
               "done 18446744073709551615 18446744073709551615 0 1\n");
    check_same(&(struct hd_report){.error = 28, .objects = 7, .where = "renaming it"},
               "failed 28 0 7 renaming it\n");
    check_same(&(struct hd_report){.signal = 9, .where = "checking what was written"},
               "failed 0 9 0 checking what was written\n");
}

static void
test_others(void) {
    static const char *const others[] = {"", "\n", "done", "done 1 2\n", "failed 1\n", "nothing"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char line[HD_REPORT_SIZE];
        struct hd_report got;
        strcpy(line, others[i]);
        CHECK(!hd_report_read(line, &got));
    }
}

/* What does not fit is cut off. */
static void
test_long_line(void) {
    char where[2 * HD_REPORT_SIZE], line[HD_REPORT_SIZE];
    memset(where, 'x', sizeof where - 1);
    where[sizeof where - 1] = '\0';
    CHECK_EQUAL(HD_REPORT_SIZE - 1,
                hd_report_write(&(struct hd_report){.error = 1, .where = where}, line));
    CHECK_EQUAL(HD_REPORT_SIZE - 1, strlen(line));
}

int
main(void) {
    test_lines();
    test_others();
    test_long_line();
    return 0;
}
