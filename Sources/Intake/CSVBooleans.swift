import Core

/// The two words by which a table says true and false, as its sender states them.
package struct CSVBooleans: Sendable, Equatable {
    package let trueWord: String
    package let falseWord: String

    /// Reads two words such as `ja,nein`, the true one first; outer spaces do not count.
    ///
    /// - Returns: nil when there are not two, when one is empty or longer than ``Limits/booleanBytes``, or when they differ in
    ///   the case of their letters at most.
    package init?(_ text: String) {
        let words = text.split(separator: ",", omittingEmptySubsequences: false).map { word in
            String(decoding: Array(word.utf8).withUnsafeBytes { Array(TextMeasure.trim($0)) }, as: UTF8.self)
        }
        guard words.count == 2, words.allSatisfy({ (1...Limits.booleanBytes).contains($0.utf8.count) }),
            words[0].lowercased() != words[1].lowercased()
        else { return nil }
        (trueWord, falseWord) = (words[0], words[1])
    }

    /// The words as they are stated.
    package var text: String { "\(trueWord),\(falseWord)" }
}
