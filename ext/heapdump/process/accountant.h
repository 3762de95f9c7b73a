/*
 * The accountant of a forked dump: a child of the leader that takes the account of memory
 * (account/account.h). It is a process of its own because it asks malloc, which may wait for ever
 * for a lock that was held at the fork, or be left with a lock when it is interrupted. So nothing
 * that happens to it harms the dump: what it has not told by then is missing in the header.
 */
#ifndef HEAPDUMP_ACCOUNTANT_H
#define HEAPDUMP_ACCOUNTANT_H

#include "process/team.h"

/*
 * Starts it, before the leader has used much memory. Returns its id; -1 if it cannot be forked, or
 * if the format has no header.
 */
pid_t hd_accountant_start(const struct hd_fork *request, struct hd_team *team);

/* Waits for it, at most a few seconds, and puts what it has told into the context. */
void hd_accountant_await(pid_t accountant, const struct hd_fork *request, struct hd_team *team);

#endif
