// A SQLite VFS that tells a sink what the default one writes, flushes and removes.
// <https://www.sqlite.org/vfs.html>

#ifndef SIBYL_POWER_TRACE_H
#define SIBYL_POWER_TRACE_H

#include <stdint.h>

enum power_trace_event {
    // A file was opened that is made when it is missing.
    POWER_TRACE_OPENED,
    // `bytes` were written at `offset`.
    POWER_TRACE_WRITTEN,
    // The file has `offset` bytes now.
    POWER_TRACE_TRUNCATED,
    // A flush begins; nothing is certain yet.
    POWER_TRACE_FLUSHING,
    // All that was written to the file is on disk.
    POWER_TRACE_FLUSHED,
    // The entries of the file's folder are on disk.
    POWER_TRACE_FOLDER_FLUSHED,
    // The file was removed.
    POWER_TRACE_REMOVED,
};

// Called on the thread that uses the file; `path` and `bytes` are valid during the call only.
typedef void (*power_trace_sink)(
    void *context, enum power_trace_event event, const char *path, int64_t offset, const void *bytes, int length);

// Registers a VFS under a name for the rest of the process's life; 0 when that worked.
int power_trace_register(const char *name, power_trace_sink sink, void *context);

#endif
