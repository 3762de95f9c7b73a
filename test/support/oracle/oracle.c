/* The tests' oracle: what MRI itself says of the heap, written down without a Ruby object.
 *
 * Oracle::A.walk(path) and Oracle::B.walk(path) write one binary record for each slot in use and
 * one line to PATH.roots for each root. Two modules, so that the frame of one call is not found
 * in the stack that the other call sees. Everything is asked of exported functions of MRI; no
 * layout is read. test/support/oracle.rb reads the files. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <ruby.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void rb_objspace_each_objects(int (*)(void *, void *, size_t, void *), void *);
void rb_objspace_reachable_objects_from(VALUE, void (*)(VALUE, void *), void *);
void rb_objspace_reachable_objects_from_root(void (*)(const char *, VALUE, void *), void *);
size_t rb_obj_memsize_of(VALUE);
const char *rb_imemo_name(int);

#define BUFFER_SIZE (1 << 20)
#define HEADER_WORDS 8
#define IMEMO_TYPE(flags) (((flags) >> 12) & 0xf)

struct output {
    int fd;
    int error;
    size_t used;
    unsigned char *buffer;
};

struct walk {
    struct output out;
    uint64_t *refs;
    size_t ref_count, ref_capacity;
    uint32_t imemo_types;
};

static int
output_open(struct output *out, const char *path) {
    memset(out, 0, sizeof(*out));
    out->buffer = malloc(BUFFER_SIZE);
    out->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    return out->fd < 0 || !out->buffer ? -1 : 0;
}

static void
output_flush(struct output *out) {
    size_t done = 0;

    while (done < out->used && !out->error) {
        ssize_t n = write(out->fd, out->buffer + done, out->used - done);
        if (n >= 0) {
            done += (size_t)n;
        }
        else if (errno != EINTR) {
            out->error = errno;
        }
    }
    out->used = 0;
}

static void
output_write(struct output *out, const void *bytes, size_t length) {
    const unsigned char *from = bytes;

    while (length > 0) {
        size_t room = BUFFER_SIZE - out->used;
        size_t n = length < room ? length : room;
        memcpy(out->buffer + out->used, from, n);
        out->used += n;
        from += n;
        length -= n;
        if (out->used == BUFFER_SIZE) {
            output_flush(out);
        }
    }
}

static int
output_close(struct output *out) {
    if (out->fd >= 0) {
        output_flush(out);
        close(out->fd);
    }
    free(out->buffer);
    return out->error;
}

static void
reference_i(VALUE object, void *data) {
    struct walk *walk = data;

    if (walk->ref_count == walk->ref_capacity) {
        size_t capacity = walk->ref_capacity ? walk->ref_capacity * 2 : 1024;
        uint64_t *refs = realloc(walk->refs, capacity * sizeof(*refs));
        if (!refs) {
            walk->out.error = ENOMEM;
            return;
        }
        walk->refs = refs;
        walk->ref_capacity = capacity;
    }
    walk->refs[walk->ref_count++] = (uint64_t)object;
}

static uint64_t
checksum(const void *slot, size_t size) {
    const uint64_t *word = slot;
    uint64_t sum = 14695981039346656037u;

    for (size_t i = 0; i < size / sizeof(*word); i++) {
        sum = (sum ^ word[i]) * 1099511628211u;
    }
    return sum;
}

static void
write_object(struct walk *walk, VALUE object, size_t slot_size) {
    VALUE flags = RBASIC(object)->flags;
    int type = RB_BUILTIN_TYPE(object);
    uint64_t header[HEADER_WORDS];

    walk->ref_count = 0;
    header[0] = (uint64_t)object;
    header[1] = (uint64_t)flags;
    header[2] = type == T_IMEMO ? 0 : (uint64_t)RBASIC(object)->klass;
    header[4] = checksum((void *)object, slot_size);
    rb_objspace_reachable_objects_from(object, reference_i, walk);
    header[3] = type == T_NODE ? 0 : (uint64_t)rb_obj_memsize_of(object);
    header[5] = (uint64_t)type | (type == T_IMEMO ? (uint64_t)IMEMO_TYPE(flags) << 8 : 0);
    header[6] = (uint64_t)slot_size;
    header[7] = (uint64_t)walk->ref_count;
    if (type == T_IMEMO) {
        walk->imemo_types |= 1u << IMEMO_TYPE(flags);
    }
    output_write(&walk->out, header, sizeof(header));
    output_write(&walk->out, walk->refs, walk->ref_count * sizeof(*walk->refs));
}

static int
page_i(void *start, void *end, size_t stride, void *data) {
    for (uintptr_t slot = (uintptr_t)start; slot < (uintptr_t)end; slot += stride) {
        VALUE object = (VALUE)slot;
        if (RBASIC(object)->flags == 0) {
            continue;
        }
        switch (RB_BUILTIN_TYPE(object)) {
        case T_NONE:
        case T_ZOMBIE:
        case T_MOVED:
            continue;
        default:
            write_object(data, object, stride);
        }
    }
    return 0;
}

static void
root_i(const char *category, VALUE object, void *data) {
    struct output *out = data;
    char line[128];
    int length = snprintf(line, sizeof(line), "root %s 0x%llx\n", category,
                          (unsigned long long)object);
    output_write(out, line, (size_t)length);
}

static int
write_roots(struct walk *walk, const char *path) {
    struct output out;
    char roots_path[4096], line[128];

    snprintf(roots_path, sizeof(roots_path), "%s.roots", path);
    if (output_open(&out, roots_path) == 0) {
        rb_objspace_reachable_objects_from_root(root_i, &out);
        for (int i = 0; i < 16; i++) {
            if (walk->imemo_types & (1u << i)) {
                int n = snprintf(line, sizeof(line), "imemo %d %s\n", i, rb_imemo_name(i));
                output_write(&out, line, (size_t)n);
            }
        }
    }
    return output_close(&out);
}

static VALUE
oracle_walk(VALUE self, VALUE path) {
    struct walk walk = {0};
    const char *name = StringValueCStr(path);
    int error;

    if (output_open(&walk.out, name) == 0) {
        rb_objspace_each_objects(page_i, &walk);
    }
    error = output_close(&walk.out);
    if (!error) {
        error = write_roots(&walk, name);
    }
    free(walk.refs);
    if (error) {
        rb_syserr_fail(error, name);
    }
    return Qnil;
}

/* The address of an object as an Integer; nil for what is no object of its own. */
static VALUE
oracle_address(VALUE self, VALUE object) {
    return RB_SPECIAL_CONST_P(object) ? Qnil : ULL2NUM((unsigned long long)object);
}

/* What one object holds, as addresses. For the test of the oracle itself. */
static VALUE
oracle_references(VALUE self, VALUE object) {
    struct walk walk = {0};
    VALUE list;

    rb_objspace_reachable_objects_from(object, reference_i, &walk);
    list = rb_ary_new_capa((long)walk.ref_count);
    for (size_t i = 0; i < walk.ref_count; i++) {
        rb_ary_push(list, ULL2NUM((unsigned long long)walk.refs[i]));
    }
    free(walk.refs);
    return list;
}

/* Oracle.snapshot { … } => pid: the block runs in a child in which no other thread exists, on the
 * heap as it is at this moment, the stacks of all threads with it. There it must not wait in Ruby:
 * that would hand the GVL to a thread that is not there. Its end is that of the child. */
static VALUE
oracle_snapshot(VALUE self) {
    pid_t pid;

    rb_thread_schedule(); /* a turn of our own: no switch is due */
    pid = fork();
    if (pid == 0) {
        int state = 0;
        signal(SIGALRM, SIG_DFL);
        alarm(60);
        rb_protect(rb_yield, Qnil, &state);
        if (state) {
            VALUE message = rb_funcall(rb_errinfo(), rb_intern("full_message"), 0);
            if (write(2, RSTRING_PTR(message), (size_t)RSTRING_LEN(message)) < 0) _exit(2);
        }
        _exit(state ? 1 : 0);
    }
    if (pid < 0) rb_sys_fail("fork");
    return PIDT2NUM(pid);
}

/* Oracle.read_all(fd) => String: waits for the other end, with the GVL. */
static VALUE
oracle_read_all(VALUE self, VALUE fd) {
    VALUE text = rb_str_new(NULL, 0);
    struct pollfd wait = {.fd = NUM2INT(fd), .events = POLLIN};
    char bytes[256];
    ssize_t n;

    do {
        poll(&wait, 1, -1);
        n = read(wait.fd, bytes, sizeof(bytes));
        if (n > 0) rb_str_cat(text, bytes, n);
    } while (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)));
    return text;
}

/* Oracle.write(path, text), with the GVL. */
static VALUE
oracle_write(VALUE self, VALUE path, VALUE text) {
    struct output out;

    if (output_open(&out, StringValueCStr(path)) == 0) {
        output_write(&out, RSTRING_PTR(text), (size_t)RSTRING_LEN(text));
    }
    if (output_close(&out) != 0) rb_sys_fail_str(path);
    return Qnil;
}

/* Of the C library, where it has one. */
int malloc_trim(size_t) __attribute__((weak));

/* Oracle.trim: what malloc keeps for later goes back to the system. */
static VALUE
oracle_trim(VALUE self) {
    if (malloc_trim) malloc_trim(0);
    return Qnil;
}

void
Init_oracle(void) {
    VALUE oracle = rb_define_module("Oracle");
    VALUE first = rb_define_module_under(oracle, "A");
    VALUE second = rb_define_module_under(oracle, "B");

    rb_define_singleton_method(first, "walk", oracle_walk, 1);
    rb_define_singleton_method(second, "walk", oracle_walk, 1);
    rb_define_singleton_method(oracle, "snapshot", oracle_snapshot, 0);
    rb_define_singleton_method(oracle, "read_all", oracle_read_all, 1);
    rb_define_singleton_method(oracle, "write", oracle_write, 2);
    rb_define_singleton_method(oracle, "address", oracle_address, 1);
    rb_define_singleton_method(oracle, "references", oracle_references, 1);
    rb_define_singleton_method(oracle, "trim", oracle_trim, 0);
}
