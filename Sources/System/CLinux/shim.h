#include <malloc.h>
#include <sys/prctl.h>
#include <sys/vfs.h>

// Swift's Glibc module leaves <sys/vfs.h> out.
static inline long sibyl_filesystem_magic(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (long)status.f_type : 0;
}

// pipe2 is hidden without _GNU_SOURCE.
int pipe2(int descriptors[2], int flags);

// prctl is variadic, and pthread_setname_np is hidden without _GNU_SOURCE.
static inline void sibyl_name_thread(const char *name) {
    prctl(PR_SET_NAME, name);
}
