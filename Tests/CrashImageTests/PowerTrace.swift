import CPowerTrace
import Synchronization

/// One thing that happened to a file; a file is a number, so that a removed one and its successor differ.
enum DiskEvent: Sendable {
    case created(file: Int, path: String)
    case written(file: Int, offset: Int, bytes: [UInt8])
    case truncated(file: Int, size: Int)
    /// A flush begins.
    case flushing(file: Int)
    /// What was written to the file before is on disk.
    case flushed(file: Int)
    /// What was created and removed before is on disk.
    case folderFlushed
    case removed(path: String)
}

/// Records what a database's connections do to the disk, in order.
final class PowerTrace: Sendable {
    fileprivate struct State {
        var events: [DiskEvent] = []
        var files: [String: Int] = [:]
        var fileCount = 0
        /// The end of the paths of which the disk lies.
        var lie: String?
        var watch: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    /// What connections that are to be recorded are opened with.
    let name: String

    private static let count = Atomic<Int>(0)

    init() {
        name = "power-\(Self.count.add(1, ordering: .relaxed).newValue)"
        // Registered for the process's life, so the trace lives as long.
        let context = Unmanaged.passRetained(self).toOpaque()
        let code = power_trace_register(
            name,
            { context, event, path, offset, bytes, length in
                Unmanaged<PowerTrace>.fromOpaque(context!).takeUnretainedValue().record(
                    event, path: String(cString: path!), offset: Int(offset),
                    bytes: UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : Int(length)))
            }, context)
        precondition(code == 0, "SQLite took no new VFS: \(code)")
    }

    /// The number of events so far: a moment in the trace.
    var position: Int { state.withLock { $0.events.count } }

    var events: [DiskEvent] { state.withLock { $0.events } }

    /// Gives the memory back: the object itself is never freed.
    func clear() { state.withLock { $0.events = [] } }

    /// Makes the disk claim from now on that it has flushed files whose path ends so, when it has not.
    func lie(about suffix: String) { state.withLock { $0.lie = suffix } }

    /// Runs a closure before each flush, on the thread that flushes.
    func beforeFlush(_ watch: (@Sendable () -> Void)?) { state.withLock { $0.watch = watch } }

    private func record(_ event: power_trace_event, path: String, offset: Int, bytes: UnsafeRawBufferPointer) {
        let watch: (@Sendable () -> Void)? = state.withLock { state in
            state.record(event, path: path, offset: offset, bytes: bytes)
            return event == POWER_TRACE_FLUSHING ? state.watch : nil
        }
        watch?()
    }
}

extension PowerTrace.State {
    fileprivate mutating func record(
        _ event: power_trace_event, path: String, offset: Int, bytes: UnsafeRawBufferPointer
    ) {
        let file = files[path]
        switch event {
        case POWER_TRACE_OPENED:
            guard file == nil else { return }
            fileCount += 1
            files[path] = fileCount
            events.append(.created(file: fileCount, path: path))
        case POWER_TRACE_WRITTEN: events.append(.written(file: file!, offset: offset, bytes: [UInt8](bytes)))
        case POWER_TRACE_TRUNCATED: events.append(.truncated(file: file!, size: offset))
        case POWER_TRACE_FLUSHING: events.append(.flushing(file: file!))
        case POWER_TRACE_FLUSHED:
            if let lie, path.hasSuffix(lie) { return }
            events.append(.flushed(file: file!))
        case POWER_TRACE_FOLDER_FLUSHED: events.append(.folderFlushed)
        case POWER_TRACE_REMOVED:
            files[path] = nil
            events.append(.removed(path: path))
        default: preconditionFailure("no such event: \(event)")
        }
    }
}
