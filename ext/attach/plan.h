/*
 * What is to be done in the thread: a list of steps, which is read completely before the thread is
 * stopped, and then done without asking anybody.
 *
 * One step a line. A value is a hexadecimal number, or a variable ($a to $z, all 0 at first), to
 * which a number may be added ($b+1f). A step may have conditions before it; where one is not met,
 * the step is left out.
 *
 *   process PID THREAD              in decimal digits; both first
 *   way RESTORER SAVER              struct ha_way
 *   all                             all threads stand still meanwhile (others.h)
 *   call r FUNCTION VALUE...        $r is what the function returns
 *   load r ADDRESS                  $r is the word of 64 bits there
 *   store ADDRESS BYTES             two digits a byte
 *   set r VALUE
 *   low r                           leaves the lower 32 bits of $r: what an int has
 *   when r FROM TO STEP             the condition: FROM <= $r < TO, without signs
 *   end                             of the list; without it nothing is done
 */
#ifndef HEAPDUMP_ATTACH_PLAN_H
#define HEAPDUMP_ATTACH_PLAN_H

#include <stdio.h>

#include "call.h"

enum { HA_VARIABLES = 26 };

struct ha_plan;

/* Reads a plan. There is only one. NULL after a fault, which it puts into words. */
struct ha_plan *ha_plan_read(FILE *file, char *words, size_t room);

pid_t ha_plan_process(const struct ha_plan *plan);
pid_t ha_plan_thread(const struct ha_plan *plan);
bool ha_plan_stops_all(const struct ha_plan *plan);
const struct ha_way *ha_plan_way(const struct ha_plan *plan);

/* Does all steps, until one of them fails. */
bool ha_plan_do(const struct ha_plan *plan, struct ha_held *held, uint64_t variables[HA_VARIABLES]);

#endif
