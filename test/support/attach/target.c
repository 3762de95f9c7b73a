/*
 * A program to attach to. What it does is its argument; what it prints, a line each:
 *
 *   up ADDRESS...      the addresses of functions that may be called (below)
 *   fine               it has come to its end, and nothing was wrong
 *   anything else      what was wrong
 *
 * It counts in a loop, or waits, and looks whether somebody has disturbed it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "registers.h"

static const struct timespec a_while = {0, 50 * 1000 * 1000};
static volatile sig_atomic_t told;

static double
now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Functions that others call in this process. */

static long
call_add(long a, long b, long c, long d, long e, long f) {
    return a + 10 * b + 100 * c + 1000 * d + 10000 * e + 100000 * f;
}

/* Does not return until somebody writes to standard input. */
static long
call_wait(void) {
    char byte;
    overwrite_registers();
    return read(STDIN_FILENO, &byte, 1) == 1 ? byte : -errno;
}

static long
call_crash(void) {
    return *(volatile long *)8;
}

/* What it does meanwhile. */

static void
on_usr1(int signal) {
    told = signal;
}

/* Until SIGUSR1. */
static const char *
count(void) {
    while (!told)
        if (!registers_stay(300000)) return "a register has changed";
    return NULL;
}

static const char *
in_read(void) {
    char byte;
    return read(STDIN_FILENO, &byte, 1) == 1 ? NULL : strerror(errno);
}

/* Until something can be read from descriptor 3. */
static bool
goes_on(void) {
    struct pollfd file = {3, POLLIN, 0};
    return poll(&file, 1, 0) == 0;
}

static const char *
in_nanosleep(void) {
    while (goes_on()) {
        double before = now();
        if (nanosleep(&a_while, NULL) != 0) return strerror(errno);
        if (now() - before < (double)a_while.tv_nsec / 1e9) return "it has slept too short";
    }
    return NULL;
}

static const char *
in_poll(void) {
    struct pollfd file = {STDIN_FILENO, POLLIN, 0};
    while (goes_on())
        if (poll(&file, 1, 50) != 0) return strerror(errno);
    return NULL;
}

static const char *
in_pselect(void) {
    sigset_t none;
    sigemptyset(&none);
    while (goes_on())
        if (pselect(0, NULL, NULL, NULL, &a_while, &none) != 0) return strerror(errno);
    return NULL;
}

static const char *
in_futex(void) {
    static int word;
    while (goes_on()) {
        long result = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &a_while, NULL, 0);
        if (result == 0 || errno != ETIMEDOUT) return strerror(errno);
    }
    return NULL;
}

/* SIGUSR1 is blocked except while it waits; its handler must run exactly then. */
static const char *
in_sigsuspend(void) {
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    sigsuspend(&before);
    if (!told) return "it was woken without a signal";
    sigprocmask(SIG_BLOCK, NULL, &before);
    return sigismember(&before, SIGUSR1) == 1 ? NULL : "SIGUSR1 is not blocked any more";
}

static const char *
in_accept(void) {
    struct sockaddr nameless = {.sa_family = AF_UNIX};
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(server, &nameless, sizeof nameless.sa_family) != 0 || listen(server, 1) != 0) {
        return strerror(errno);
    }
    signal(SIGUSR1, SIG_DFL); /* ends this here */
    accept(server, NULL, NULL);
    return strerror(errno);
}

/* Counts signals of SIGRTMIN, which come with numbers, from 0 on. */
static volatile int expected;
static volatile bool disordered;

static void
on_number(int signal, siginfo_t *info, void *context) {
    (void)signal;
    (void)context;
    if (info->si_code != SI_QUEUE || info->si_value.sival_int != expected) disordered = true;
    expected = expected + 1;
}

static const char *
numbered(void) {
    static char words[60];
    struct sigaction action = {.sa_sigaction = on_number, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(SIGRTMIN, &action, NULL);
    const char *wrong = count();
    if (wrong != NULL) return wrong;
    if (disordered) return "signals came in another order, or with other contents";
    snprintf(words, sizeof words, "%d signals", expected);
    return words;
}

/* Sends them to a process. */
static const char *
send_numbers(pid_t process, int from, int to) {
    for (int i = from; i < to; i++) {
        union sigval value = {.sival_int = i};
        while (sigqueue(process, SIGRTMIN, value) != 0)
            if (errno != EAGAIN) return strerror(errno);
    }
    return NULL;
}

/* Another thread runs another program, when a line can be read from descriptor 3. */
static void *
run_another(void *path) {
    struct pollfd file = {3, POLLIN, 0};
    if (poll(&file, 1, -1) == 1) execl(path, path, "another", (char *)NULL);
    return NULL;
}

static const char *
exec(char *path) {
    pthread_t thread;
    pthread_create(&thread, NULL, run_another, path);
    return count();
}

/* Under a filter that ends the process at any other system call, and at the number -1. */
static const char *
filtered(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 4, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        return strerror(errno);
    }
    puts("filtered");
    return count();
}

/* Waits as a parent does whose child has not called execve yet. */
static const char *
in_vfork(void) {
    if (vfork() == 0) {
        pause();
        _exit(0);
    }
    return NULL;
}

struct deed {
    const char *name;
    const char *(*run)(void);
};

static const struct deed deeds[] = {
    {"count", count},
    {"read", in_read},
    {"nanosleep", in_nanosleep},
    {"poll", in_poll},
    {"pselect", in_pselect},
    {"futex", in_futex},
    {"sigsuspend", in_sigsuspend},
    {"accept", in_accept},
    {"numbered", numbered},
    {"vfork", in_vfork},
    {"filtered", filtered},
};

static const char *
run(int argc, char **argv) {
    if (strcmp(argv[1], "send") == 0 && argc == 5) {
        return send_numbers((pid_t)atoi(argv[2]), atoi(argv[3]), atoi(argv[4]));
    }
    if (strcmp(argv[1], "exec") == 0) return exec(argv[0]);
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
        if (strcmp(argv[1], deeds[i].name) == 0) return deeds[i].run();
    return "no such deed";
}

int
main(int argc, char **argv) {
    struct sigaction action = {.sa_handler = on_usr1};
    if (argc < 2) return 64;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(argv[1], "another") == 0) {
        puts("another");
        return 0;
    }
    sigaction(SIGUSR1, &action, NULL);
    printf("up %lx %lx %lx %lx\n", (long)call_add, (long)call_wait, (long)call_crash,
           (long)overwrite_registers);
    const char *wrong = run(argc, argv);
    puts(wrong == NULL ? "fine" : wrong);
    return wrong == NULL ? 0 : 1;
}
