/*
 * Mutates seeds at random, for compilers without libFuzzer, and as fast:
 *
 *     TARGET [-runs=N] [-max_total_time=SECONDS] [-seed=N] DIRECTORY
 *
 * A crash is a sanitizer's report; the input that caused it lies in ./crash then.
 */
#include "fuzz.h"

#include "../check.h"

#include <dirent.h>
#include <string.h>
#include <time.h>

uint64_t check_seed;

struct seed {
    uint8_t *bytes;
    size_t size;
};

enum { MOST = 4096, ROOM = 1 << 16 };

static struct seed seeds[MOST];
static uint32_t count;

static void
read_seeds(const char *directory) {
    DIR *entries = opendir(directory);
    if (!entries) exit(64);
    for (struct dirent *entry; (entry = readdir(entries)) && count < MOST;) {
        char path[1024];
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        FILE *file = fopen(path, "rb");
        if (!file) continue;
        seeds[count].bytes = malloc(ROOM);
        seeds[count].size = fread(seeds[count].bytes, 1, ROOM / 2, file);
        fclose(file);
        count++;
    }
    closedir(entries);
    if (count == 0) exit(64);
}

/* A part of a seed, over or into what is there. */
static size_t
splice(struct random *random, uint8_t *bytes, size_t size) {
    const struct seed *from = &seeds[random_below(random, count)];
    if (from->size == 0) return size;
    size_t start = random_below(random, (uint32_t)from->size);
    size_t n = 1 + random_below(random, 64), at = random_below(random, (uint32_t)size + 1);
    if (n > from->size - start) n = from->size - start;
    if (random_chance(random, 50) && size + n <= ROOM) {
        memmove(bytes + at + n, bytes + at, size - at);
        size += n;
    }
    if (n > size - at) n = size - at;
    memcpy(bytes + at, from->bytes + start, n);
    return size;
}

static size_t
mutate(struct random *random, uint8_t *bytes, size_t size) {
    static const char tokens[] = "{}[],:\"\"\\\\0x01-.eEu\n\r\t tfn\x80\xc3\xe2\xf0\xff";
    uint32_t at = random_below(random, (uint32_t)size + 1);
    switch (random_below(random, 7)) {
    case 0: // flip a bit
        if (at < size) bytes[at] ^= (uint8_t)(1 << random_below(random, 8));
        return size;
    case 1: // any byte
        if (at < size) bytes[at] = (uint8_t)random_next(random);
        return size;
    case 2: // a byte that means something
        if (at < size) bytes[at] = (uint8_t)tokens[random_below(random, sizeof tokens)];
        return size;
    case 3: // cut
        return random_chance(random, 20) ? at : size;
    case 4: { // remove
        size_t n = 1 + random_below(random, 16);
        if (n > size - at) n = size - at;
        memmove(bytes + at, bytes + at + n, size - at - n);
        return size - n;
    }
    case 5: // double
        if (size < ROOM) {
            memmove(bytes + at + 1, bytes + at, size - at);
            size++;
        }
        return size;
    default:
        return splice(random, bytes, size);
    }
}

static void
keep(const uint8_t *bytes, size_t size) {
    FILE *file = fopen("crash", "wb");
    if (!file) return;
    fwrite(bytes, 1, size, file);
    fclose(file);
}

static const uint8_t *running;
static size_t running_size;

/* Called by the sanitizers before they end the process. */
void __sanitizer_set_death_callback(void (*callback)(void));

static void
keep_running(void) {
    if (running) keep(running, running_size);
}

int
main(int argc, char **argv) {
    unsigned long long runs = 0, limit = 0, seconds = 0, seed = 1;
    const char *directory = NULL;
    for (int i = 1; i < argc; i++) {
        if (sscanf(argv[i], "-runs=%llu", &limit) == 1) continue;
        if (sscanf(argv[i], "-max_total_time=%llu", &seconds) == 1) continue;
        if (sscanf(argv[i], "-seed=%llu", &seed) == 1) continue;
        directory = argv[i];
    }
    if (!directory) return 64;
    read_seeds(directory);
    __sanitizer_set_death_callback(keep_running);
    struct random random = {seed};
    uint8_t *bytes = malloc(ROOM);
    time_t until = time(NULL) + (time_t)seconds;
    while ((limit == 0 || runs < limit) && (seconds == 0 || time(NULL) < until)) {
        const struct seed *from = &seeds[random_below(&random, count)];
        size_t size = from->size;
        memcpy(bytes, from->bytes, size);
        for (uint32_t n = runs < count ? 0 : 1 + random_below(&random, 8); n > 0; n--)
            size = mutate(&random, bytes, size);
        uint8_t *exact = malloc(size ? size : 1); // so that reading behind its end is seen
        memcpy(exact, bytes, size);
        running = exact;
        running_size = size;
        LLVMFuzzerTestOneInput(exact, size);
        running = NULL;
        free(exact);
        runs++;
    }
    printf("%llu runs\n", runs);
    for (uint32_t i = 0; i < count; i++) free(seeds[i].bytes);
    free(bytes);
    return 0;
}
