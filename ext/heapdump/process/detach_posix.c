/*
 * Forks twice. The process in the middle ends at once, and the caller waits for it.
 */
#include "process/detach.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/child.h"

pid_t
hd_fork_twice(void) {
    int ends[2];
    if (hd_pipe(ends) != 0) return -1;
    pid_t middle = fork();
    if (middle == 0) {
        pid_t pid = fork();
        if (pid == 0) {
            close(ends[0]);
            close(ends[1]);
            return 0;
        }
        int answer[2] = {(int)pid, errno};
        ssize_t done = write(ends[1], answer, sizeof answer);
        _exit(done == sizeof answer ? 0 : 1);
    }
    int answer[2] = {-1, errno};
    close(ends[1]);
    if (middle > 0) {
        if (read(ends[0], answer, sizeof answer) != sizeof answer) answer[1] = ECHILD;
        while (waitpid(middle, NULL, 0) < 0 && errno == EINTR) continue;
    }
    close(ends[0]);
    errno = answer[1];
    return (pid_t)answer[0];
}
