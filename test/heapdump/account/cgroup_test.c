/*
 * cgroup.c on trees of files as Linux shows them: both versions, groups in groups, containers.
 */
#include "account/cgroup.h"

#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../heapgraph/check.h"

uint64_t check_seed;

static char root[] = "/tmp/heapdump-cgroup-XXXXXX";

/* Writes a file below the root, and makes the directories above it. */
static void
put(const char *path, const char *text) {
    char full[512];
    snprintf(full, sizeof full, "%s%s", root, path);
    for (char *at = full + strlen(root) + 1; (at = strchr(at, '/')); at++) {
        *at = '\0';
        mkdir(full, 0700);
        *at = '/';
    }
    FILE *file = fopen(full, "w");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static struct hd_cgroup
read_all(const char *membership) {
    struct hd_cgroup cgroup;
    memset(&cgroup, 0xff, sizeof cgroup);
    put("/proc/self/cgroup", membership);
    hd_cgroup_read(&cgroup, root);
    return cgroup;
}

static void
check(const char *membership, uint64_t current, uint64_t inactive, uint64_t limit, uint64_t oom) {
    struct hd_cgroup cgroup = read_all(membership);
    CHECK_EQUAL(current, cgroup.current);
    CHECK_EQUAL(inactive, cgroup.inactive_file);
    CHECK_EQUAL(limit, cgroup.limit);
    CHECK_EQUAL(oom, cgroup.oom_group);
}

static void
put_group_2(const char *group, const char *current, const char *max) {
    char path[256];
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.current", group);
    put(path, current);
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", group);
    put(path, max);
}

static void
test_version_2(void) {
    check("0::/app.slice/web\n", HD_UNKNOWN, HD_UNKNOWN, HD_UNKNOWN, HD_UNKNOWN);
    put_group_2("/app.slice/web", "1000\n", "max\n");
    check("0::/app.slice/web\n", 1000, HD_UNKNOWN, HD_UNKNOWN, HD_UNKNOWN);
    put("/sys/fs/cgroup/app.slice/web/memory.stat", "anon 5\ninactive_file 300\n");
    put("/sys/fs/cgroup/app.slice/web/memory.oom.group", "1\n");
    put_group_2("/app.slice", "5000\n", "7000\n");
    check("0::/app.slice/web\n", 1000, 300, 7000, 1);
    put_group_2("/app.slice/web", "1000\n", "6000\n");
    check("0::/app.slice/web\n", 1000, 300, 6000, 1);
    put_group_2("/app.slice/web", "1000\n", "9000\n");
    check("0::/app.slice/web\n", 1000, 300, 7000, 1);
}

/* The path is that of the host, and what is mounted is the group itself. */
static void
test_a_container(void) {
    put_group_2("", "2000\n", "8000\n");
    check("0::/not/there\n", 2000, HD_UNKNOWN, 8000, HD_UNKNOWN);
    check("0::/\n", 2000, HD_UNKNOWN, 8000, HD_UNKNOWN);
    check("0::/../elsewhere\n", 2000, HD_UNKNOWN, 8000, HD_UNKNOWN);
}

static void
test_version_1(void) {
    put("/sys/fs/cgroup/memory/a/b/memory.usage_in_bytes", "400\n");
    put("/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
    put("/sys/fs/cgroup/memory/a/b/memory.stat", "inactive_file 7\ntotal_inactive_file 60\n");
    const char *membership = "9:name=systemd:/x\n4:memory:/a/b\n0::/\n";
    check(membership, 400, 60, HD_UNKNOWN, HD_UNKNOWN);
    put("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "500\n");
    check(membership, 400, 60, 500, HD_UNKNOWN);
}

static void
test_what_is_no_membership(void) {
    static const char *const texts[] = {"", "\n", "::\n", "0:\n", "4:memory\n", "0::relative\n",
                                        "x"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check(texts[i], HD_UNKNOWN, HD_UNKNOWN, HD_UNKNOWN, HD_UNKNOWN);
}

int
main(void) {
    char command[sizeof root + 16];
    CHECK(mkdtemp(root));
    test_version_2();
    test_a_container();
    test_version_1();
    test_what_is_no_membership();
    snprintf(command, sizeof command, "rm -r %s", root);
    return system(command);
}
