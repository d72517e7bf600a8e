import JSON

/// The value of a plain scalar, as kubectl's reader has it (YAML 1.1 with Go's numbers).
func plainValue(_ text: ArraySlice<UInt8>) -> JSONValue {
    guard let first = text.first else { return .null }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
        if let number = jsonNumber(text) { return .number(number) }
    case UInt8(ascii: "~"):
        if text.count == 1 { return .null }
    default:
        // No word is longer.
        if text.count <= 5, let value = word(String(decoding: text, as: UTF8.self)) { return value }
    }
    return .string(String(decoding: text, as: UTF8.self))
}

private func word(_ text: String) -> JSONValue? {
    switch text {
    case "null", "Null", "NULL": .null
    case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y": .bool(true)
    case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N": .bool(false)
    default: nil
    }
}

/// A plain scalar as a JSON number of the same value; nil where it is none.
func jsonNumber(_ text: ArraySlice<UInt8>) -> String? {
    if isPlainInteger(text) { return String(decoding: text, as: UTF8.self) }
    // Underscores may stand anywhere but in front; a number that begins with a point has none.
    let startsWithPoint = text.first == UInt8(ascii: ".")
    let compact = startsWithPoint ? text : text.filter { $0 != UInt8(ascii: "_") }[...]
    let isSigned = compact.first == UInt8(ascii: "-") || compact.first == UInt8(ascii: "+")
    let sign = compact.first == UInt8(ascii: "-") ? "-" : ""
    let digits = isSigned ? compact.dropFirst() : compact
    if let whole = wholeNumber(digits, isNegative: !sign.isEmpty) { return whole == 0 ? "0" : sign + String(whole) }
    return decimalFraction(digits).map { sign + $0 }
}

/// True for what JSON writes the same way, and `Int` can hold.
private func isPlainInteger(_ text: ArraySlice<UInt8>) -> Bool {
    guard text.count <= 18, let first = text.first, first != UInt8(ascii: "0") || text.count == 1 else { return false }
    return text.allSatisfy(isDigit)
}

/// The magnitude of a whole number in any of the bases; nil for what 64 bits cannot hold, too.
private func wholeNumber(_ digits: ArraySlice<UInt8>, isNegative: Bool) -> UInt64? {
    guard let first = digits.first, isDigit(first) else { return nil }
    let hasZero = first == UInt8(ascii: "0") && digits.count > 1
    let radix: Int? =
        switch digits.dropFirst().first {
        case UInt8(ascii: "x") where hasZero, UInt8(ascii: "X") where hasZero: 16
        case UInt8(ascii: "o") where hasZero, UInt8(ascii: "O") where hasZero: 8
        case UInt8(ascii: "b") where hasZero, UInt8(ascii: "B") where hasZero: 2
        default: nil
        }
    let rest = digits.dropFirst(radix == nil ? 0 : 2)
    // An own sign would be taken by the initializer.
    guard let start = rest.first, start != UInt8(ascii: "+"), start != UInt8(ascii: "-"),
        let value = UInt64(String(decoding: rest, as: UTF8.self), radix: radix ?? (hasZero ? 8 : 10))
    else { return nil }
    return isNegative && value > UInt64(Int64.max) + 1 ? nil : value
}

/// A fraction, perhaps with an exponent, as JSON writes it; nil where it is none, or larger than a number can be.
private func decimalFraction(_ text: ArraySlice<UInt8>) -> String? {
    var rest = text
    func takeDigits() -> ArraySlice<UInt8> {
        let digits = rest.prefix(while: isDigit)
        rest = rest[digits.endIndex...]
        return digits
    }
    var whole = takeDigits()
    var fraction: ArraySlice<UInt8> = []
    if rest.first == UInt8(ascii: ".") {
        rest = rest.dropFirst()
        fraction = takeDigits()
    }
    guard !whole.isEmpty || !fraction.isEmpty else { return nil }
    whole = whole.drop { $0 == UInt8(ascii: "0") }
    var number = whole.isEmpty ? "0" : String(decoding: whole, as: UTF8.self)
    if !fraction.isEmpty { number += "." + String(decoding: fraction, as: UTF8.self) }
    if rest.first.map({ $0 | 0x20 }) == UInt8(ascii: "e") {
        rest = rest.dropFirst()
        number += "e"
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
            number += String(decoding: rest.prefix(1), as: UTF8.self)
            rest = rest.dropFirst()
        }
        let exponent = takeDigits()
        guard !exponent.isEmpty else { return nil }
        number += String(decoding: exponent, as: UTF8.self)
    }
    guard rest.isEmpty, let value = Double(number), value.isFinite else { return nil }
    return number
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
