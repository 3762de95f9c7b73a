/*
 * Words of the format by hash; see words.h.
 */
#include "words.h"

#include "bytes.h"

#include <pthread.h>

enum { SLOTS = 1024 };

static const struct {
    char text[24];
    unsigned char size;
} words[HG_W_COUNT] = {{"", 0},
#define HG_WORD(word) {#word, sizeof #word - 1},
                       HG_WORDS(HG_WORD)
#undef HG_WORD
};

static unsigned char slot[SLOTS]; // enum hg_word

/* All words differ in their first eight bytes or their size, or are told apart by what follows. */
static size_t
slot_of(const char *text, size_t size) {
    uint64_t hash = (hg_load_upto8(text, size) ^ size) * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(hash >> 54);
}

static void
fill(void) {
    for (int word = HG_W_UNKNOWN + 1; word < HG_W_COUNT; word++) {
        size_t i = slot_of(words[word].text, words[word].size);
        while (slot[i]) i = (i + 1) % SLOTS;
        slot[i] = (unsigned char)word;
    }
}

void
hg_words_init(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill);
}

enum hg_word
hg_word(const char *text, size_t size) {
    for (size_t i = slot_of(text, size); slot[i]; i = (i + 1) % SLOTS) {
        if (words[slot[i]].size == size && memcmp(words[slot[i]].text, text, size) == 0)
            return (enum hg_word)slot[i];
    }
    return HG_W_UNKNOWN;
}
