// Tells the thread sanitizer of the locks that Swift's Mutex takes and frees where it cannot see them.
//
// A Mutex without contention is one atomic operation in the caller's code, which is instrumented. With contention it goes
// into libswiftSynchronization.so, which is not, and there the kernel hands the lock over (FUTEX_LOCK_PI): every
// contended lock would be reported as a race. Preloaded, these three stand before the library's own and call them.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

// Weak, because the preload also meets programs that are not instrumented.
__attribute__((weak)) void __tsan_acquire(void *);
__attribute__((weak)) void __tsan_release(void *);

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
SWIFT void lock_slow(uint32_t thread, SELF handle) __asm__(LOCK);
SWIFT void lock_slow(uint32_t thread, SELF handle) {
    ((SWIFT void (*)(uint32_t, SELF))real(LOCK))(thread, handle);
    if (__tsan_acquire) __tsan_acquire(handle);
}

#define TRY "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
SWIFT bool try_lock_slow(SELF handle) __asm__(TRY);
SWIFT bool try_lock_slow(SELF handle) {
    bool is_locked = ((SWIFT bool (*)(SELF))real(TRY))(handle);
    if (is_locked && __tsan_acquire) __tsan_acquire(handle);
    return is_locked;
}

#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
SWIFT void unlock_slow(SELF handle) __asm__(UNLOCK);
SWIFT void unlock_slow(SELF handle) {
    if (__tsan_release) __tsan_release(handle);
    ((SWIFT void (*)(SELF))real(UNLOCK))(handle);
}
