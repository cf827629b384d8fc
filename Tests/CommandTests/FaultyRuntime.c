// Stands in for ONNX Runtime; see FaultyRuntime.swift.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

typedef void *(*create_function)(const void *, const void *, size_t, const void *, void **);

struct base {
    const void *const *(*table)(uint32_t version);
    const char *(*version)(void);
};

// As far as Sibyl calls it: Sources/System/COnnxRuntime.
enum { functions = 260, create_session_from_array = 8 };
static const void *table[functions];
static const struct base *real;

static void tell_limit(const char *name, int resource) {
    struct rlimit limit;
    getrlimit(resource, &limit);
    dprintf(2, "%s=%llu\n", name, (unsigned long long)limit.rlim_cur);
}

extern char **environ;

static void tell(void) {
    tell_limit("core", RLIMIT_CORE);
    tell_limit("file size", RLIMIT_FSIZE);
    tell_limit("files", RLIMIT_NOFILE);
    tell_limit("processor", RLIMIT_CPU);
    tell_limit("data", RLIMIT_DATA);
    tell_limit("address space", RLIMIT_AS);
    dprintf(2, "no_new_privs=%d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    for (char **variable = environ; *variable; variable++) dprintf(2, "variable=%s\n", *variable);
    int file = open(REAL ".written", O_WRONLY | O_CREAT, 0600);
    int written = file < 0 ? -1 : (int)write(file, "x", 1);
    if (file >= 0) unlink(REAL ".written");
    dprintf(2, "written=%d\n", written);
    // Nobody listens there: refused means that the machine was reached.
    int door = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(1), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int outcome = door < 0 ? -1 : connect(door, (struct sockaddr *)&address, sizeof address);
    dprintf(2, "network=%s\n", outcome < 0 && errno == ENETUNREACH ? "none" : "reached");
}

static void *create(const void *env, const void *bytes, size_t count, const void *options, void **session) {
    int is_mended = access(MENDED, F_OK) == 0;
#define IS(word) (!is_mended && memmem(bytes, count, "please " word, strlen("please " word)))
    if (IS("hang")) for (;;) pause();
    if (IS("spin")) for (volatile int turn = 0;; turn++) {}
    if (IS("crash")) *(volatile int *)8 = 1;
    if (IS("eat")) {
        // As much as there is: a machine without a bound would go down.
        for (size_t size = 0; size < (size_t)3 << 30; size += 16 << 20) {
            void *volatile part = malloc(16 << 20);
            if (!part) abort();
            memset(part, 1, 16 << 20);
        }
        abort();
    }
    if (IS("tell")) tell();
    return ((create_function)real->table(17)[create_session_from_array])(env, bytes, count, options, session);
}

static const void *const *own_table(uint32_t version) {
    const void *const *theirs = real->table(version);
    if (!theirs) return NULL;
    memcpy(table, theirs, sizeof table);
    table[create_session_from_array] = (const void *)create;
    return table;
}

static const char *own_version(void) { return real->version(); }

static const struct base own = {own_table, own_version};

const struct base *OrtGetApiBase(void) {
    void *library = dlopen(REAL, RTLD_NOW | RTLD_LOCAL);
    if (!library) return &own;
    real = ((const struct base *(*)(void))dlsym(library, "OrtGetApiBase"))();
    return &own;
}
