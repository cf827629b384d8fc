#include <sys/vfs.h>

// Swift's Glibc module leaves <sys/vfs.h> out.
static inline long sibyl_filesystem_magic(const char *path) {
    struct statfs status;
    return statfs(path, &status) == 0 ? (long)status.f_type : 0;
}
