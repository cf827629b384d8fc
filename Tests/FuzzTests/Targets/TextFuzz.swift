@testable import Intake

/// UTF-8 and its measures: they agree with the standard library.
enum TextFuzz {
    static func run(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { bytes in
            let valid = String(validating: bytes, as: UTF8.self)
            let fault = UTF8Check.firstFault(in: bytes)
            try Finding.unless((fault == nil) == (valid != nil), "UTF-8 ends at \(String(describing: fault))")
            if let fault {
                let head = UnsafeRawBufferPointer(rebasing: bytes[..<fault])
                try Finding.unless(String(validating: head, as: UTF8.self) != nil, "the fault is before \(fault)")
            }
            guard let valid else { return }
            try Finding.unless(TextMeasure.scalarCount(bytes) == valid.unicodeScalars.count, "scalars are miscounted")
            let scalars = valid.unicodeScalars.drop { $0.properties.isWhitespace }
            let end = scalars.lastIndex { !$0.properties.isWhitespace }.map { scalars.index(after: $0) }
            let trimmed = String(valid.unicodeScalars[scalars.startIndex..<(end ?? scalars.startIndex)])
            try Finding.unless(TextMeasure.trim(bytes).elementsEqual(trimmed.utf8), "white space is trimmed otherwise")
        }
    }
}
