/*
 * Places in MRI's structs that are found when the library is loaded: the checks look for values
 * that they know. Places that were not found are -1.
 */
#ifndef HEAPDUMP_MRI_PLACES_H
#define HEAPDUMP_MRI_PLACES_H

#include "mri/internal.h"

struct hd_places {
    int thread_group;                     /* in the thread; other fields follow it */
    int context_errinfo, context_storage; /* in the execution context */
    int fiber_block;                      /* in the fiber */
    int ractor_group, ractor_locals;      /* in the ractor */
    int vm_load_path, vm_traps;           /* in the VM */
    int vm_mark_list;                     /* in the VM, or in the main Ractor's struct … */
    int vm_main_ractor;                   /* … to which this word of the VM points; else -1 */
    int vm_addresses;                     /* in the VM, or in the GC's struct … */
    int vm_gc;                            /* … to which this word of the VM points; else -1 */
    bool addresses_are_counted;           /* an array, whose size follows, not a linked list */
    bool pinned_are_counted;              /* likewise, and not a list of objects */
};

extern struct hd_places hd_places;

/* How far the structs are searched, in bytes. They are larger. */
enum {
    HD_THREAD_SEARCHED = HD_RUBY >= 401 ? 400 : 272,
    HD_CONTEXT_SEARCHED = 168,
    HD_FIBER_SEARCHED = 704,
    HD_RACTOR_SEARCHED = HD_RUBY >= 401 ? 576 : 720,
    HD_VM_SEARCHED = 2560,
    HD_GC_SEARCHED = 2048,
    HD_MOST_SEARCHED = HD_VM_SEARCHED,
};

/* The structs of the VM and of a thread's Ractor; NULL if they are not known. */
const void *hd_vm_of_thread(VALUE thread);
const void *hd_vm(void);
void hd_vm_learn(const void *vm);

#endif
