import Core

/// A sign beside a number in a cell, such as that of a currency: what spreadsheets show and a model cannot take.
enum NumberSign {
    case currency, percent, unit

    /// What is wrong with the cell, to follow its input's name.
    var problem: String {
        switch self {
        case .currency: "is a number with a currency sign; leave the sign out"
        case .percent: "is a number with a percent sign; write it without, in the unit that the model was trained on"
        case .unit: "is a number with a unit or other letters beside it; leave those out"
        }
    }

    private static let currencies: Set<String> = [
        "EUR", "USD", "GBP", "CHF", "JPY", "CNY", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RUB", "TRY", "INR", "BRL",
        "AUD", "CAD", "KR", "ZŁ", "KČ", "FR", "RS", "R$", "US$",
    ]

    /// The longest cell that is looked at: a longer one is no number with a sign.
    private static let cellBytes = 64

    /// Finds a sign before or behind a number; nil when the cell is something else.
    static func find(in cell: UnsafeRawBufferPointer) -> NumberSign? {
        guard cell.count <= cellBytes, UTF8Check.firstFault(in: cell) == nil else { return nil }
        let scalars = Array(String(decoding: cell, as: UTF8.self).unicodeScalars)
        guard let first = scalars.firstIndex(where: isDigit), let last = scalars.lastIndex(where: isDigit),
            scalars[first...last].allSatisfy(isNumeric)
        else { return nil }
        let sides = [scalars[..<first], scalars[(last + 1)...]].map { side in
            String(
                String.UnicodeScalarView(side.filter { !isSpace($0) && !".,+-'\u{2019}".unicodeScalars.contains($0) }))
        }.filter { !$0.isEmpty }
        guard let sign = sides.first, sides.count == 1 else { return nil }
        if sign == "%" || sign == "‰" { return .percent }
        let isCurrency = sign.unicodeScalars.allSatisfy { $0.properties.generalCategory == .currencySymbol }
        if isCurrency || currencies.contains(sign.uppercased()) { return .currency }
        return sign.unicodeScalars.count <= 8 && sign.unicodeScalars.allSatisfy(\.properties.isAlphabetic) ? .unit : nil
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

    /// Whether a scalar may stand between a number's first and last digit.
    private static func isNumeric(_ scalar: Unicode.Scalar) -> Bool {
        isDigit(scalar) || isSpace(scalar) || ".,'\u{2019}".unicodeScalars.contains(scalar)
    }
}
