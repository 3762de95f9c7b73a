/*
 * Finds the words of the format by a hash; see words.h.
 */
#include "records/words.h"

#include <pthread.h>

static const struct {
    char text[24];
    unsigned char size;
} words[HG_W_COUNT] = {{"", 0},
#define HG_WORD(word) {#word, sizeof #word - 1},
                       HG_WORDS(HG_WORD)
#undef HG_WORD
};

struct hg_word_slot hg_word_slots[HG_WORD_SLOTS];

static void
fill(void) {
    for (int word = HG_W_UNKNOWN + 1; word < HG_W_COUNT; word++) {
        const char *text = words[word].text;
        size_t size = words[word].size;
        size_t i = hg_word_slot_of(hg_load_upto8(text, size), size);
        while (hg_word_slots[i].word) i = (i + 1) % HG_WORD_SLOTS;
        hg_word_slots[i] = (struct hg_word_slot){
            .head = hg_load_upto8(text, size),
            .middle = size > 16 ? hg_load8(text + 8) : 0,
            .tail = size > 8 ? hg_load8(text + size - 8) : 0,
            .size = (unsigned char)size,
            .word = (unsigned char)word,
        };
    }
}

void
hg_words_init(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill);
}
