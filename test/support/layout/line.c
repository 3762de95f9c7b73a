/*
 * Prints the line of ext/heapdump/mri/layout.c for a Ruby whose sources are at hand. Compiled by
 * `rake layout`, and called with the offset that fiber.c tells. What no number says is a question
 * mark: how weak maps are built (weakmap.c).
 */
#include "ruby.h"

#include <stdio.h>

#include "vm_core.h"
#include "iseq.h"
#include "internal/hash.h"
#include "ruby/version.h"

typedef struct rb_iseq_constant_body body_t;

int
main(int count, char **arguments) {
    if (count != 2) return 1;
    int version = RUBY_API_VERSION_MAJOR * 100 + RUBY_API_VERSION_MINOR;
    bool line_is_value = sizeof(((body_t *)0)->location.first_lineno) == sizeof(VALUE);
    printf("    {%d, %zu, %zu, %zu, %zu, %zu, %zu, %zu, %s, %zu, %zu, %s, ?},\n", version,
           offsetof(body_t, local_table), offsetof(body_t, parent_iseq),
           offsetof(body_t, local_iseq), offsetof(body_t, local_table_size),
           offsetof(rb_thread_t, ec), offsetof(rb_execution_context_t, local_storage),
           sizeof(rb_control_frame_t), arguments[1], offsetof(struct RHash, ifnone),
           offsetof(body_t, ci_size), line_is_value ? "true" : "false");
    return 0;
}
