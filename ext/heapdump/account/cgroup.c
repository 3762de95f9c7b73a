/*
 * The control group; see cgroup.h.
 */
#include "account/cgroup.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 4096 };

/* The files of one version, and where its hierarchy is usually found. */
struct version {
    const char *current, *limit, *inactive_file, *oom_group;
    const char *mounts[3];
};
static const struct version version_1 = {"memory.usage_in_bytes",
                                         "memory.limit_in_bytes",
                                         "total_inactive_file ",
                                         NULL,
                                         {"/sys/fs/cgroup/memory"}};
static const struct version version_2 = {"memory.current",
                                         "memory.max",
                                         "inactive_file ",
                                         "memory.oom.group",
                                         {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}};

/* A number of a file in `directory`, in the line that begins with `key` (NULL: the first line). */
static uint64_t
number_in(const char *directory, const char *name, const char *key) {
    char path[3 * LINE], line[LINE], *end;
    uint64_t number = HD_UNKNOWN;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "re");
    if (!file) return HD_UNKNOWN;
    size_t n = key ? strlen(key) : 0;
    while (fgets(line, sizeof line, file)) {
        if (key && strncmp(line, key, n) != 0) continue;
        unsigned long long value = strtoull(line + n, &end, 10);
        if (end != line + n) number = value;
        break;
    }
    fclose(file);
    return number;
}

/* The limit of a group itself; HD_UNKNOWN if it has none. */
static uint64_t
limit_of(const struct version *version, const char *directory) {
    enum { NONE_BITS = 62 }; // version 1 writes a number as large as this if there is no limit
    uint64_t limit = number_in(directory, version->limit, NULL);
    return limit >> NONE_BITS ? HD_UNKNOWN : limit;
}

/* Reads a group. A group above it, up to where the hierarchy is mounted, may have a lower limit. */
static bool
read_directory(struct hd_cgroup *cgroup, const struct version *version, const char *mount,
               const char *path) {
    char directory[2 * LINE];
    snprintf(directory, sizeof directory, "%s%s", mount, path);
    cgroup->current = number_in(directory, version->current, NULL);
    if (cgroup->current == HD_UNKNOWN) return false;
    cgroup->inactive_file = number_in(directory, "memory.stat", version->inactive_file);
    if (version->oom_group) cgroup->oom_group = number_in(directory, version->oom_group, NULL);
    for (;;) {
        uint64_t limit = limit_of(version, directory);
        if (limit < cgroup->limit) cgroup->limit = limit; // HD_UNKNOWN is the greatest number
        if (strlen(directory) <= strlen(mount)) return true;
        *strrchr(directory, '/') = '\0';
    }
}

/*
 * In a container the path is often that of the host, while the group itself is mounted as the root.
 */
static void
read_group(struct hd_cgroup *cgroup, const struct version *version, const char *root,
           const char *path) {
    char mount[LINE];
    if (strcmp(path, "/") == 0) path = "";
    for (const char *const *place = version->mounts; *place; place++) {
        snprintf(mount, sizeof mount, "%s%s", root, *place);
        if (read_directory(cgroup, version, mount, path)) return;
        if (read_directory(cgroup, version, mount, "")) return;
    }
}

/* Lines are like "4:memory:/PATH" (version 1) and "0::/PATH" (version 2). */
void
hd_cgroup_read(struct hd_cgroup *cgroup, const char *root) {
    char line[LINE];
    snprintf(line, sizeof line, "%s/proc/self/cgroup", root);
    FILE *file = fopen(line, "re");
    if (!file) return;
    while (cgroup->current == HD_UNKNOWN && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *path = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!path || path[1] != '/') continue;
        *path++ = '\0';
        controllers++;
        if (*controllers == '\0') read_group(cgroup, &version_2, root, path);
        else if (strcmp(controllers, "memory") == 0) read_group(cgroup, &version_1, root, path);
    }
    fclose(file);
}
