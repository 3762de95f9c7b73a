/*
 * Numbers for the classes of objects, by their names: classes that were loaded again have the
 * number of the old ones. No class is held for it.
 */
#ifndef HEAPDUMP_CLASSES_H
#define HEAPDUMP_CLASSES_H

#include <ruby.h>
#include <stdbool.h>
#include <stdint.h>

#include "allocations/living.h"
#include "allocations/texts.h"

/*
 * In the number of what MRI makes for itself, and no program sees. The other bits are a text: the
 * name of the class, "" for a class without a name, or the kind of the internal object.
 */
enum { HD_INTERNAL = 1 << 30 };

/* A zeroed one is empty. */
struct hd_classes {
    struct hd_texts names;
    struct hd_living known; /* class => `site` is its number */
};

/* The class of a new object. HD_NO_NUMBER if there is no memory. */
uint32_t hd_class_at_birth(struct hd_classes *classes, VALUE obj);
/*
 * The class of an object later, which is another one if MRI has hidden the object or has made it
 * visible. If it is `dying`, the GC is about to free it, and its class may be free already.
 */
uint32_t hd_class_later(struct hd_classes *classes, VALUE obj, uint32_t at_birth, bool dying);

/* Call this for each class or module that is freed. */
void hd_classes_freed(struct hd_classes *classes, VALUE module);
/* Call this when objects have moved. */
void hd_classes_moved(struct hd_classes *classes);

size_t hd_classes_memory(const struct hd_classes *classes);
void hd_classes_free(struct hd_classes *classes);

#endif
