/// A plain YAML scalar as a JSON number; nil where it is no number.
func jsonNumber(_ text: String) -> String? {
    guard let first = text.utf8.first, first < 0x3a, text.utf8.count <= 64 else { return nil }
    let negative = first == UInt8(ascii: "-")
    let digits = negative || first == UInt8(ascii: "+") ? text.dropFirst() : text[...]
    let sign = negative ? "-" : ""
    guard digits.utf8.first.map(isDigit) == true else { return nil }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
        return Int(digits.dropFirst(2), radix: radix).map { sign + String($0) }
    }
    if digits.utf8.allSatisfy(isDigit) {
        if digits.utf8.first != UInt8(ascii: "0") || digits.utf8.count == 1 { return sign + digits }
        return Int(digits, radix: 8).map { sign + String($0) }
    }
    return isDecimalFraction(digits) ? sign + digits : nil
}

/// True for JSON's own grammar of fractions and exponents, without a sign.
private func isDecimalFraction(_ text: Substring) -> Bool {
    var rest = Array(text.utf8)[...]
    func takeDigits() -> Int {
        let digits = rest.prefix(while: isDigit)
        rest = rest[digits.endIndex...]
        return digits.count
    }
    let leadingZero = rest.first == UInt8(ascii: "0")
    let whole = takeDigits()
    guard whole == 1 || (whole > 1 && !leadingZero) else { return false }
    if rest.first == UInt8(ascii: ".") {
        rest = rest.dropFirst()
        guard takeDigits() > 0 else { return false }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        guard takeDigits() > 0 else { return false }
    }
    return rest.isEmpty
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
