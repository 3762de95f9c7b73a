/*
 * The lock of shared.c between processes: it wakes whoever waits in another one, and it tells that
 * the process which held it has died.
 */
#include "out/shared.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../heapgraph/check.h"

uint64_t check_seed;

enum { WAITERS = 4, MILLISECONDS = 1000 };

static void
let_them_wait(void) {
    usleep(50 * MILLISECONDS);
}

/* A process that takes the lock and gives it back. It ends with what the lock has answered. */
static pid_t
start_waiter(struct hd_shared *shared) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid > 0) return pid;
    alarm(20); // ends it if nobody wakes it
    int error = hd_shared_lock(shared);
    if (!error) hd_shared_unlock(shared);
    _exit(error);
}

static void
check_ends_with(pid_t pid, int error) {
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status));
    CHECK_EQUAL((uint64_t)error, (uint64_t)WEXITSTATUS(status));
}

static void
test_waits_and_wakes(struct hd_shared *shared) {
    pid_t waiters[WAITERS];
    CHECK_EQUAL(0, hd_shared_lock(shared));
    for (int i = 0; i < WAITERS; i++) waiters[i] = start_waiter(shared);
    let_them_wait();
    for (int i = 0; i < WAITERS; i++) CHECK(waitpid(waiters[i], NULL, WNOHANG) == 0);
    hd_shared_unlock(shared);
    for (int i = 0; i < WAITERS; i++) check_ends_with(waiters[i], 0);
}

/* Whoever waits, and everybody from then on, is told. */
static void
test_tells_of_a_death(struct hd_shared *shared) {
    pid_t waiters[WAITERS], holder = fork();
    CHECK(holder >= 0);
    if (holder == 0) {
        CHECK_EQUAL(0, hd_shared_lock(shared));
        raise(SIGSTOP);
        _exit(0);
    }
    CHECK(waitpid(holder, NULL, WUNTRACED) == holder);
    for (int i = 0; i < WAITERS; i++) waiters[i] = start_waiter(shared);
    let_them_wait();
    kill(holder, SIGKILL);
    CHECK(waitpid(holder, NULL, 0) == holder);
    for (int i = 0; i < WAITERS; i++) check_ends_with(waiters[i], EOWNERDEAD);
    CHECK_EQUAL(EOWNERDEAD, hd_shared_lock(shared));
}

int
main(void) {
    struct hd_shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(shared != MAP_FAILED);
    CHECK_EQUAL(0, hd_shared_init(shared, -1));
    test_waits_and_wakes(shared);
    test_tells_of_a_death(shared);
    munmap(shared, sizeof *shared);
    return 0;
}
