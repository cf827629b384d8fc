internal import Synchronization

/// Numbers that many threads add to, side by side in memory.
///
/// An array of objects would cost two further atomic operations an addition, for the object's reference count.
final class Cells: @unchecked Sendable {  // @unchecked because the numbers are atomic and their place never changes.
    private let numbers: UnsafeMutablePointer<Atomic<Int>>
    let count: Int

    /// - Parameter count: how many, all zero.
    init(_ count: Int) {
        self.count = count
        numbers = .allocate(capacity: count)
        for index in 0..<count { (numbers + index).initialize(to: Atomic(0)) }
    }

    deinit {
        numbers.deinitialize(count: count)
        numbers.deallocate()
    }

    @inline(__always)
    func add(_ value: Int, at index: Int) {
        precondition(index >= 0 && index < count, "no such number")
        numbers[index].add(value, ordering: .relaxed)
    }

    func store(_ value: Int, at index: Int) {
        precondition(index >= 0 && index < count, "no such number")
        numbers[index].store(value, ordering: .relaxed)
    }

    subscript(index: Int) -> Int {
        precondition(index >= 0 && index < count, "no such number")
        return numbers[index].load(ordering: .relaxed)
    }
}
