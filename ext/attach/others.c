#define _GNU_SOURCE
#include "others.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#ifndef PTRACE_EVENT_STOP
#    define PTRACE_EVENT_STOP 128
#endif

#define PATIENCE 0.1 /* seconds; a thread that runs stops within microseconds */
enum { ROUNDS = 100 };

enum state { ASKED, STOPPED, GONE };

static struct {
    struct other {
        pid_t id;
        enum state state;
    } * list;
    size_t size, room;
} others;

static bool
is_known(pid_t id) {
    for (size_t i = 0; i < others.size; i++)
        if (others.list[i].id == id) return true;
    return false;
}

static bool
add(pid_t id) {
    if (others.size == others.room) {
        size_t room = 2 * others.room + 64;
        struct other *list = realloc(others.list, room * sizeof *list);
        if (list == NULL) return false;
        others.list = list;
        others.room = room;
    }
    others.list[others.size++] = (struct other){id, ASKED};
    return true;
}

/* Asks one thread to stop. A thread that has just ended is no fault. */
static bool
ask(struct ha_thread *thread, pid_t id) {
    if (ptrace(PTRACE_SEIZE, id, NULL, NULL) != 0) {
        if (errno == ESRCH) return true;
        return ha_fault(thread, HA_CANNOT, "its thread %d cannot be stopped", (int)id);
    }
    if (!add(id)) return ha_fault(thread, HA_CANNOT, "there is no memory");
    ptrace(PTRACE_INTERRUPT, id, NULL, NULL); /* fails only if it has ended */
    return true;
}

/* Asks the threads that are not known yet. `*found` says whether there were some. */
static bool
ask_new_ones(struct ha_thread *thread, bool *found) {
    char path[40];
    *found = false;
    snprintf(path, sizeof path, "/proc/%d/task", (int)thread->process);
    DIR *directory = opendir(path);
    if (directory == NULL) return ha_fault(thread, HA_FAILED, "the process has ended");
    bool good = true;
    for (struct dirent *entry; good && (entry = readdir(directory)) != NULL;) {
        pid_t id = (pid_t)strtol(entry->d_name, NULL, 10);
        if (id <= 0 || id == thread->id || is_known(id)) continue;
        *found = true;
        good = ask(thread, id);
    }
    closedir(directory);
    return good;
}

/* What one has told since it was asked. A signal that was on its way is passed on. */
static void
look_at(struct other *other) {
    int status;
    pid_t told = waitpid(other->id, &status, WNOHANG | __WALL);
    if (told == 0) return;
    if (told < 0 || !WIFSTOPPED(status)) {
        other->state = GONE;
    }
    else if (status >> 16 == PTRACE_EVENT_STOP) {
        other->state = STOPPED;
    }
    else {
        ptrace(PTRACE_CONT, other->id, NULL, (void *)(intptr_t)WSTOPSIG(status));
    }
}

static void
wait_for_all(void) {
    double deadline = ha_now() + PATIENCE;
    for (;;) {
        size_t missing = 0;
        for (size_t i = 0; i < others.size; i++) {
            if (others.list[i].state == ASKED) look_at(&others.list[i]);
            missing += others.list[i].state == ASKED;
        }
        if (missing == 0 || ha_now() > deadline) return;
        nanosleep(&(struct timespec){0, 50000}, NULL);
    }
}

bool
ha_others_stop(struct ha_thread *thread) {
    bool found = true;
    for (int i = 0; i < ROUNDS && found; i++) {
        if (!ask_new_ones(thread, &found)) return false;
        wait_for_all();
    }
    return !found || ha_fault(thread, HA_LATER, "it makes new threads all the time");
}

void
ha_others_release(void) {
    for (size_t i = 0; i < others.size; i++)
        if (others.list[i].state == STOPPED) ptrace(PTRACE_DETACH, others.list[i].id, NULL, NULL);
    others.size = 0;
}
