/*
 * Place in the flow: see growth_follow.h.
 */
#include "growth/growth_follow.h"

uint32_t
hg_trail_before(const struct hg_best_paths *paths, uint32_t node) {
    uint32_t parent = hg_parent(&paths->parents, node);
    while (parent != HG_NO_NODE && hg_is_shared_buffer(paths, parent))
        parent = hg_parent(&paths->parents, parent);
    return parent;
}

uint32_t
hg_trail_begin(struct hg_trails *trails, struct hg_steps *steps, uint32_t module) {
    return hg_trails_follow(trails, 0, hg_steps_module(steps, module), true);
}

uint32_t
hg_trail_follow(struct hg_trails *trails, struct hg_steps *steps, const struct hg_best_paths *paths,
                uint32_t before, uint32_t node) {
    uint32_t name = hg_parent_name(&paths->parents, node);
    return hg_trails_follow(trails, before, hg_steps_take(steps, name, node),
                            hg_step_is_named(name));
}
