#include "power_trace.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

// One registered VFS; the base comes first, so that SQLite's pointer is ours.
typedef struct {
    sqlite3_vfs base;
    sqlite3_vfs *real;
    power_trace_sink sink;
    void *context;
} traced_vfs;

// One open file; the real one lies behind it.
typedef struct {
    sqlite3_file base;
    traced_vfs *vfs;
    const char *path;
    sqlite3_file *real;
} traced_file;

// Whether the call in flight on this thread has opened a folder: the default VFS does so only to flush it.
static _Thread_local int is_watched, has_opened_folder;
static int (*open_folder)(const char *, int *);

static int watching_open_folder(const char *path, int *descriptor) {
    if (is_watched) has_opened_folder = 1;
    return open_folder(path, descriptor);
}

static traced_file *traced(sqlite3_file *file) { return (traced_file *)file; }
static sqlite3_file *real(sqlite3_file *file) { return traced(file)->real; }

static void tell(sqlite3_file *file, enum power_trace_event event, int64_t offset, const void *bytes, int length) {
    traced_file *self = traced(file);
    // A temporary file has no name and no promise to keep.
    if (self->path) self->vfs->sink(self->vfs->context, event, self->path, offset, bytes, length);
}

// MARK: What is traced

static int traced_write(sqlite3_file *file, const void *bytes, int length, sqlite3_int64 offset) {
    int code = real(file)->pMethods->xWrite(real(file), bytes, length, offset);
    if (code == SQLITE_OK) tell(file, POWER_TRACE_WRITTEN, offset, bytes, length);
    return code;
}

static int traced_truncate(sqlite3_file *file, sqlite3_int64 size) {
    int code = real(file)->pMethods->xTruncate(real(file), size);
    if (code == SQLITE_OK) tell(file, POWER_TRACE_TRUNCATED, size, NULL, 0);
    return code;
}

static int traced_sync(sqlite3_file *file, int flags) {
    tell(file, POWER_TRACE_FLUSHING, 0, NULL, flags);
    is_watched = 1;
    has_opened_folder = 0;
    int code = real(file)->pMethods->xSync(real(file), flags);
    is_watched = 0;
    if (code != SQLITE_OK) return code;
    tell(file, POWER_TRACE_FLUSHED, 0, NULL, flags);
    if (has_opened_folder) tell(file, POWER_TRACE_FOLDER_FLUSHED, 0, NULL, 0);
    return code;
}

static int traced_delete(sqlite3_vfs *vfs, const char *path, int flush_folder) {
    traced_vfs *self = (traced_vfs *)vfs;
    is_watched = 1;
    has_opened_folder = 0;
    int code = self->real->xDelete(self->real, path, flush_folder);
    is_watched = 0;
    if (code != SQLITE_OK) return code;
    self->sink(self->context, POWER_TRACE_REMOVED, path, 0, NULL, 0);
    if (has_opened_folder) self->sink(self->context, POWER_TRACE_FOLDER_FLUSHED, path, 0, NULL, 0);
    return code;
}

// MARK: What is handed on

static int traced_close(sqlite3_file *file) { return real(file)->pMethods->xClose(real(file)); }

static int traced_read(sqlite3_file *file, void *bytes, int length, sqlite3_int64 offset) {
    return real(file)->pMethods->xRead(real(file), bytes, length, offset);
}

static int traced_size(sqlite3_file *file, sqlite3_int64 *size) {
    return real(file)->pMethods->xFileSize(real(file), size);
}

static int traced_lock(sqlite3_file *file, int level) { return real(file)->pMethods->xLock(real(file), level); }

static int traced_unlock(sqlite3_file *file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }

static int traced_check_lock(sqlite3_file *file, int *is_reserved) {
    return real(file)->pMethods->xCheckReservedLock(real(file), is_reserved);
}

static int traced_control(sqlite3_file *file, int operation, void *argument) {
    return real(file)->pMethods->xFileControl(real(file), operation, argument);
}

static int traced_sector(sqlite3_file *file) { return real(file)->pMethods->xSectorSize(real(file)); }

static int traced_traits(sqlite3_file *file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }

// Shared memory needs no durability: it is made anew by whoever opens the database first.
static int traced_map(sqlite3_file *file, int region, int size, int extend, void volatile **memory) {
    return real(file)->pMethods->xShmMap(real(file), region, size, extend, memory);
}

static int traced_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

static void traced_barrier(sqlite3_file *file) { real(file)->pMethods->xShmBarrier(real(file)); }

static int traced_unmap(sqlite3_file *file, int remove) { return real(file)->pMethods->xShmUnmap(real(file), remove); }

// Version 2 knows no mapped reads, so that every byte passes here.
static const sqlite3_io_methods methods = {
    2,
    traced_close,
    traced_read,
    traced_write,
    traced_truncate,
    traced_sync,
    traced_size,
    traced_lock,
    traced_unlock,
    traced_check_lock,
    traced_control,
    traced_sector,
    traced_traits,
    traced_map,
    traced_shm_lock,
    traced_barrier,
    traced_unmap,
    NULL,
    NULL,
};

static int traced_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *given) {
    traced_vfs *self = (traced_vfs *)vfs;
    traced_file *opened = traced(file);
    opened->base.pMethods = NULL;
    opened->vfs = self;
    opened->path = flags & SQLITE_OPEN_DELETEONCLOSE ? NULL : path;
    opened->real = (sqlite3_file *)(opened + 1);
    int code = self->real->xOpen(self->real, path, opened->real, flags, given);
    if (opened->real->pMethods) opened->base.pMethods = &methods;
    if (code == SQLITE_OK && flags & SQLITE_OPEN_CREATE) tell(file, POWER_TRACE_OPENED, 0, NULL, flags);
    return code;
}

static sqlite3_vfs *real_vfs(sqlite3_vfs *vfs) { return ((traced_vfs *)vfs)->real; }

static int traced_access(sqlite3_vfs *vfs, const char *path, int flags, int *answer) {
    return real_vfs(vfs)->xAccess(real_vfs(vfs), path, flags, answer);
}

static int traced_full_path(sqlite3_vfs *vfs, const char *path, int length, char *full) {
    return real_vfs(vfs)->xFullPathname(real_vfs(vfs), path, length, full);
}

static int traced_random(sqlite3_vfs *vfs, int length, char *bytes) {
    return real_vfs(vfs)->xRandomness(real_vfs(vfs), length, bytes);
}

static int traced_sleep(sqlite3_vfs *vfs, int microseconds) {
    return real_vfs(vfs)->xSleep(real_vfs(vfs), microseconds);
}

static int traced_time(sqlite3_vfs *vfs, double *days) { return real_vfs(vfs)->xCurrentTime(real_vfs(vfs), days); }

static int traced_last_error(sqlite3_vfs *vfs, int length, char *text) {
    return real_vfs(vfs)->xGetLastError(real_vfs(vfs), length, text);
}

int power_trace_register(const char *name, power_trace_sink sink, void *context) {
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    traced_vfs *vfs = calloc(1, sizeof(traced_vfs));
    if (!real || !vfs) return SQLITE_NOMEM;
    if (!open_folder) {
        open_folder = (int (*)(const char *, int *))real->xGetSystemCall(real, "openDirectory");
        real->xSetSystemCall(real, "openDirectory", (sqlite3_syscall_ptr)watching_open_folder);
    }
    vfs->real = real;
    vfs->sink = sink;
    vfs->context = context;
    vfs->base.iVersion = 1;
    vfs->base.szOsFile = (int)sizeof(traced_file) + real->szOsFile;
    vfs->base.mxPathname = real->mxPathname;
    vfs->base.zName = strdup(name);
    vfs->base.xOpen = traced_open;
    vfs->base.xDelete = traced_delete;
    vfs->base.xAccess = traced_access;
    vfs->base.xFullPathname = traced_full_path;
    vfs->base.xRandomness = traced_random;
    vfs->base.xSleep = traced_sleep;
    vfs->base.xCurrentTime = traced_time;
    vfs->base.xGetLastError = traced_last_error;
    return sqlite3_vfs_register(&vfs->base, 0);
}
