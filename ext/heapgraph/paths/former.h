/*
 * Place in the flow: below paths. For a dump without names of constants: which modules are no
 * longer the constants of their names, because code was loaded again and another module has the
 * name.
 */
#ifndef HEAPGRAPH_FORMER_H
#define HEAPGRAPH_FORMER_H

#include "graph/graph.h"

/*
 * Sets `former`, by node, to 1 for each module with the name of another one, if the module above
 * them (the one named A for A::B, or else Object) refers to the other and not to it. A module
 * above that is former itself does not count. Other entries stay as they are; those named Object
 * do, too. Looks at each edge of a module once. Returns false if there is no memory.
 */
bool hg_modules_former(const struct hg_graph *graph, uint8_t *former)
    __attribute__((warn_unused_result));

#endif
