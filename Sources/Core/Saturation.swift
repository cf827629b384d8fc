extension FixedWidthInteger {
    /// The whole part of a number that may be of any size: the nearest number that there is, and 0 for none.
    ///
    /// What is measured, stored or answered by others may hold anything, and a conversion of what does not fit is a trap.
    package init(saturating number: Double) {
        if number.isNaN {
            self = 0
        } else if number >= Double(Self.max) {
            self = .max
        } else if number <= Double(Self.min) {
            self = .min
        } else {
            self.init(number)
        }
    }
}
