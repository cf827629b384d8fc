internal import CLinux

/// Gives memory back that the process has freed and its allocator keeps for what comes next.
///
/// Under load it is kept, because to ask the kernel for the same pages again costs more than the work on them; a process
/// that rests keeps them from others. It walks over all that is free, which takes some milliseconds.
package enum FreeMemory {
    package static func giveBack() { malloc_trim(0) }
}
