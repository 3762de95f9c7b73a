/*
 * Which objects a sampler takes; see dice.h. The distances between chosen bytes have an exponential
 * distribution, which does not depend on what came before. So an object of n bytes is taken with
 * the chance 1 - exp(-n / every), whatever was allocated before it.
 */
#include "allocations/dice.h"

#include <math.h>

#include "base/check.h"

/* splitmix64 */
static uint64_t
next(struct hd_dice *dice) {
    uint64_t word = dice->state += UINT64_C(0x9e3779b97f4a7c15);
    word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    word = (word ^ word >> 27) * UINT64_C(0x94d049bb133111eb);
    return word ^ word >> 31;
}

void
hd_dice_begin(struct hd_dice *dice, double every, uint64_t seed) {
    HD_CHECK(every >= 1 && every <= (double)(INT64_C(1) << 50));
    *dice = (struct hd_dice){.state = seed, .every = every};
    hd_dice_draw(dice);
}

void
hd_dice_stir(struct hd_dice *dice, uint64_t salt) {
    dice->state += salt;
    dice->state = next(dice);
}

void
hd_dice_draw(struct hd_dice *dice) {
    enum { BITS = 53 };
    double chance = ((double)(next(dice) >> (64 - BITS)) + 1) / (double)(UINT64_C(1) << BITS);
    // chance is more than 0 and at most 1. Sizes are whole numbers, so rounding up changes no
    // choice: n bytes reach a distance just when they reach the next whole number
    dice->left = (int64_t)ceil(-log(chance) * dice->every);
    HD_CHECK(dice->left >= 0);
}
