/*
 * Which objects a sampler takes: each byte that is allocated is chosen with the same chance, and an
 * object is taken if one of its bytes is chosen. No ruby.h.
 */
#ifndef HEAPDUMP_DICE_H
#define HEAPDUMP_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct hd_dice {
    uint64_t state; /* of the generator of random numbers */
    double every;   /* bytes between two chosen ones, on average */
    int64_t left;   /* bytes until the next one is reached; 0 or less when it is */
};

/* Begins; `every` is 1 or more, and at most 2^50. The same seed makes the same choices. */
void hd_dice_begin(struct hd_dice *dice, double every, uint64_t seed);
/* Makes other choices from now on, which differ in each process that has another `salt`. */
void hd_dice_stir(struct hd_dice *dice, uint64_t salt);
/* Call this for the object that is taken: draws how many bytes come before the next chosen one. */
void hd_dice_draw(struct hd_dice *dice);

/* True if the next object, which has so many bytes, is taken; then call hd_dice_draw. */
static inline bool
hd_dice_take(struct hd_dice *dice, uint32_t bytes) {
    dice->left -= bytes;
    return dice->left <= 0;
}

#endif
