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

// Hidden without _GNU_SOURCE.
int unshare(int flags);
static inline int sibyl_leave_network(void) {
    // CLONE_NEWNET needs a right; whoever lacks it gets it in a namespace of users, CLONE_NEWUSER, of their own. That one
    // comes second, since root loses in it the right to read the files of others.
    return unshare(0x40000000) == 0 || unshare(0x10000000 | 0x40000000) == 0 ? 0 : -1;
}

// glibc 2.34, hidden without _GNU_SOURCE.
#include <spawn.h>
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

// prctl is variadic.
static inline int sibyl_gain_no_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }
static inline int sibyl_die_with_starter(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }
