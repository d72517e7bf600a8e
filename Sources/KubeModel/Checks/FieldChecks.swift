import NetworkTypes

// The kinds of value that Kubernetes objects are made of. A path is built only where something is said about the field.

/// A whole number within bounds; nil where there is none.
///
/// - Parameter what: the kind of number, with its article, for the error.
func checkedNumber(
    _ number: Int?, in range: ClosedRange<Int>, what: String, at path: @autoclosure () -> FieldPath
) throws(FieldRemark) -> Int? {
    guard let number, !range.contains(number) else { return number }
    let subject = number == .outOfRange ? "" : "\(number) "
    throw FieldRemark(path: path(), text: "\(subject)is not \(what) (\(range.lowerBound) to \(range.upperBound))")
}

/// A port number; nil where there is none.
func checkedPort(_ number: Int?, at path: @autoclosure () -> FieldPath) throws(FieldRemark) -> UInt16? {
    try checkedNumber(number, in: 1...65535, what: "a port", at: path()).map { UInt16($0) }
}

/// A port number that the object's maker writes as 0 where it has none.
func checkedOptionalPort(_ number: Int?, at path: @autoclosure () -> FieldPath) throws(FieldRemark) -> UInt16 {
    try checkedNumber(number, in: 0...65535, what: "a port", at: path()).map { UInt16($0) } ?? 0
}

/// One of an enumeration's words; nil where there is none, or an empty one.
func checkedWord<Word: RawRepresentable<String> & CaseIterable>(
    _ text: String?, as type: Word.Type, at path: @autoclosure () -> FieldPath
) throws(FieldRemark) -> Word? {
    guard let text, !text.isEmpty else { return nil }
    guard let word = Word(rawValue: text) else {
        let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
        throw FieldRemark(path: path(), text: "\(quoted(text)) is none of \(words)")
    }
    return word
}

/// A transport protocol; TCP where there is none.
func checkedProtocol(
    _ text: String?, at path: @autoclosure () -> FieldPath
) throws(FieldRemark) -> TransportProtocol {
    try checkedWord(text, as: TransportProtocol.self, at: path()) ?? .tcp
}

/// The name of a port; empty where there is none.
func checkedPortName(_ text: String?, at path: @autoclosure () -> FieldPath) throws(FieldRemark) -> String {
    let name = text ?? ""
    guard name.isEmpty || isDNSLabel(name) else {
        throw FieldRemark(
            path: path(), text: "\(quoted(name)) is not a port name (a to z, 0 to 9 and -, at most 63 characters)")
    }
    return name
}

extension [FieldRemark] {
    mutating func passOver(_ path: FieldPath, _ reason: String) {
        append(FieldRemark(path: path, text: "\(reason) and is passed over"))
    }
}

/// The text in quotes, cut short and without line breaks, fit for one line of a log.
func quoted(_ text: String) -> String {
    "\"" + String(text.prefix(64).map { $0.isNewline ? " " : $0 }) + (text.count > 64 ? "…\"" : "\"")
}

func trimmed(_ text: String) -> String {
    guard text.first?.isWhitespace == true || text.last?.isWhitespace == true else { return text }
    var part = text[...].drop(while: \.isWhitespace)
    while part.last?.isWhitespace == true { part.removeLast() }
    return String(part)
}
