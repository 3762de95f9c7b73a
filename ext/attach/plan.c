#define _GNU_SOURCE
#include "plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 200, CONDITIONS = 4 };

struct value {
    int variable; /* its number, -1 if there is none */
    uint64_t number;
};

struct condition {
    int variable;
    struct value from, to;
};

enum verb { CALL, LOAD, STORE, SET, LOW };

struct step {
    enum verb verb;
    struct condition conditions[CONDITIONS];
    int count;  /* of the conditions */
    int result; /* the number of a variable */
    struct value first, arguments[HA_ARGUMENTS];
    unsigned char *bytes; /* to be stored */
    size_t size;
};

struct ha_plan {
    pid_t process, thread;
    struct ha_way way;
    bool all;
    struct step steps[STEPS];
    int count;
};

static struct ha_plan the_plan;

/* The next word of a line, NULL at its end. */
static char *
word(char **rest) {
    return strtok_r(NULL, " \n", rest);
}

static bool
number_of(const char *text, uint64_t *number) {
    char *end;
    if (text == NULL || !strchr("0123456789abcdef", *text) || *text == '\0') return false;
    errno = 0;
    *number = strtoull(text, &end, 16);
    return *end == '\0' && errno == 0;
}

static bool
variable_of(const char *text, int *variable) {
    if (text == NULL || text[0] < 'a' || text[0] > 'z') return false;
    *variable = text[0] - 'a';
    return true;
}

static bool
lone_variable_of(const char *text, int *variable) {
    return variable_of(text, variable) && text[1] == '\0';
}

static bool
value_of(const char *text, struct value *value) {
    value->variable = -1;
    value->number = 0;
    if (text == NULL || *text != '$') return number_of(text, &value->number);
    if (!variable_of(text + 1, &value->variable)) return false;
    if (text[2] == '\0') return true;
    return text[2] == '+' && number_of(text + 3, &value->number);
}

static int
digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
bytes_of(const char *text, struct step *step) {
    if (text == NULL || strlen(text) % 2 != 0) return false;
    step->size = strlen(text) / 2;
    step->bytes = malloc(step->size + 1);
    if (step->bytes == NULL) return false;
    for (size_t i = 0; i < step->size; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        step->bytes[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

static bool
read_call(struct step *step, char **rest) {
    step->verb = CALL;
    if (!lone_variable_of(word(rest), &step->result)) return false;
    if (!value_of(word(rest), &step->first)) return false;
    for (int i = 0; i < HA_ARGUMENTS; i++) {
        char *text = word(rest);
        if (text == NULL) return true;
        if (!value_of(text, &step->arguments[i])) return false;
    }
    return word(rest) == NULL;
}

static bool
read_condition(struct step *step, char **rest) {
    if (step->count == CONDITIONS) return false;
    struct condition *condition = &step->conditions[step->count++];
    return lone_variable_of(word(rest), &condition->variable) &&
           value_of(word(rest), &condition->from) && value_of(word(rest), &condition->to);
}

static bool
read_step(struct step *step, char *verb, char **rest) {
    memset(step, 0, sizeof *step);
    for (int i = 0; i < HA_ARGUMENTS; i++) step->arguments[i].variable = -1;
    while (verb != NULL && strcmp(verb, "when") == 0) {
        if (!read_condition(step, rest)) return false;
        verb = word(rest);
    }
    if (verb == NULL) return false;
    if (strcmp(verb, "call") == 0) return read_call(step, rest);
    if (strcmp(verb, "store") == 0) {
        step->verb = STORE;
        return value_of(word(rest), &step->first) && bytes_of(word(rest), step) &&
               word(rest) == NULL;
    }
    if (!lone_variable_of(word(rest), &step->result)) return false;
    step->verb = strcmp(verb, "load") == 0 ? LOAD : strcmp(verb, "set") == 0 ? SET : LOW;
    if (step->verb == LOW) return strcmp(verb, "low") == 0 && word(rest) == NULL;
    return value_of(word(rest), &step->first) && word(rest) == NULL;
}

static bool
read_id(const char *text, pid_t *id) {
    char *end;
    if (text == NULL) return false;
    long number = strtol(text, &end, 10);
    *id = (pid_t)number;
    return *end == '\0' && number > 0 && number <= INT32_MAX;
}

static bool
read_line(struct ha_plan *plan, char *line) {
    char *rest = NULL;
    char *verb = strtok_r(line, " \n", &rest);
    if (verb != NULL && strcmp(verb, "process") == 0) {
        return read_id(word(&rest), &plan->process) && read_id(word(&rest), &plan->thread);
    }
    if (verb != NULL && strcmp(verb, "way") == 0) {
        return number_of(word(&rest), &plan->way.restorer) &&
               number_of(word(&rest), &plan->way.saver);
    }
    if (verb != NULL && strcmp(verb, "all") == 0) return (plan->all = word(&rest) == NULL);
    if (plan->process == 0 || plan->way.restorer == 0 || plan->count == STEPS) return false;
    return read_step(&plan->steps[plan->count++], verb, &rest);
}

struct ha_plan *
ha_plan_read(FILE *file, char *words, size_t room) {
    char *line = NULL;
    size_t size = 0;
    struct ha_plan *found = NULL;
    for (int number = 1; found == NULL; number++) {
        if (getline(&line, &size, file) < 0) {
            snprintf(words, room, "the plan has no end");
            break;
        }
        if (strcmp(line, "end\n") == 0) {
            found = &the_plan;
        }
        else if (!read_line(&the_plan, line)) {
            snprintf(words, room, "line %d of the plan is wrong", number);
            break;
        }
    }
    free(line);
    if (found == NULL || found->process > 0) return found;
    snprintf(words, room, "the plan names no process");
    return NULL;
}

pid_t
ha_plan_process(const struct ha_plan *plan) {
    return plan->process;
}

pid_t
ha_plan_thread(const struct ha_plan *plan) {
    return plan->thread;
}

bool
ha_plan_stops_all(const struct ha_plan *plan) {
    return plan->all;
}

const struct ha_way *
ha_plan_way(const struct ha_plan *plan) {
    return &plan->way;
}

static uint64_t
resolve(struct value value, const uint64_t *variables) {
    return value.number + (value.variable < 0 ? 0 : variables[value.variable]);
}

static bool
is_wanted(const struct step *step, const uint64_t *variables) {
    for (int i = 0; i < step->count; i++) {
        const struct condition *condition = &step->conditions[i];
        uint64_t number = variables[condition->variable];
        if (number < resolve(condition->from, variables)) return false;
        if (number >= resolve(condition->to, variables)) return false;
    }
    return true;
}

static bool
do_step(const struct step *step, struct ha_held *held, uint64_t *variables) {
    uint64_t arguments[HA_ARGUMENTS];
    uint64_t first = resolve(step->first, variables);
    uint64_t *result = &variables[step->result];
    switch (step->verb) {
    case CALL:
        for (int i = 0; i < HA_ARGUMENTS; i++)
            arguments[i] = resolve(step->arguments[i], variables);
        return ha_call(held, first, arguments, result);
    case LOAD:
        return ha_thread_read(held->thread, first, result, sizeof *result, "its memory");
    case STORE:
        return ha_thread_write(held->thread, first, step->bytes, step->size, "its memory");
    case SET:
        *result = first;
        return true;
    case LOW:
        *result &= UINT32_MAX;
        return true;
    }
    return false;
}

bool
ha_plan_do(const struct ha_plan *plan, struct ha_held *held, uint64_t variables[HA_VARIABLES]) {
    for (int i = 0; i < plan->count; i++) {
        const struct step *step = &plan->steps[i];
        if (is_wanted(step, variables) && !do_step(step, held, variables)) return false;
    }
    return true;
}
