/*
 * One line for each minor version of MRI, on 64-bit platforms. A test compares each number with
 * MRI's own headers.
 */
#include "mri/layout.h"

static const struct hd_layout layouts[] = {
    // version; iseq: locals, parent, local, size; thread: context; storage, frame, fiber, default;
    // calls
    {301, 152, 168, 176, 240, 40, 56, 64, 80, 24, 248, true, HD_WEAK_TWO},
    {302, 144, 160, 168, 232, 48, 56, 64, 80, 24, 252, false, HD_WEAK_TWO},
    {303, 144, 160, 168, 232, 48, 56, 56, 80, 16, 252, false, HD_WEAK_ENTRY},
    {304, 144, 160, 168, 232, 48, 56, 56, 80, 16, 252, false, HD_WEAK_ENTRY},
    {400, 144, 168, 176, 240, 48, 72, 56, 80, 16, 260, false, HD_WEAK_ENTRY},
    {401, 144, 168, 176, 240, 48, 72, 56, 88, 16, 260, false, HD_WEAK_DIRECT},
    {0},
};

#ifdef HD_MOVED_OFFSETS
#    include HD_MOVED_OFFSETS /* in a build of the tests */
#else
#    define moved_layout(layout) (layout)
#endif

const struct hd_layout *
hd_layout(void) {
    if (sizeof(void *) != 8) return NULL;
    for (const struct hd_layout *layout = layouts; layout->version; layout++) {
        if (layout->version == HD_RUBY) return moved_layout(layout);
    }
    return NULL;
}
