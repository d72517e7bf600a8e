/// Turns RFC 3339 text into the one form that sorts by time: UTC, whole seconds, `2026-01-31T12:00:00Z`.
///
/// - Returns: nil for text that is no such time, or one outside the years 0 to 9999.
func normalizedTimestamp(_ text: String) -> String? {
    guard let time = WrittenTime(text) else { return nil }
    return timeText(minutes: time.minutes, second: time.second)
}

/// The seconds since 1970 of an RFC 3339 time to the letter; a fraction of a second is dropped, and a leap second is none.
package func secondsSince1970(rfc3339 text: String) -> Int64? {
    guard let time = WrittenTime(text), time.isToTheLetter, time.second < 60 else { return nil }
    return time.secondsSince1970
}

/// The nanoseconds since 1970 of an RFC 3339 time; nil for what is none, and outside the years 1678 to 2261.
package func nanosecondsSince1970(rfc3339 text: String) -> Int64? {
    guard let time = WrittenTime(text) else { return nil }
    let seconds = time.secondsSince1970
    return abs(seconds) < 9_200_000_000 ? seconds * 1_000_000_000 + time.nanoseconds : nil
}

/// An RFC 3339 time as people and programs write it.
private struct WrittenTime {
    /// In UTC, in the calendar of `days`.
    let minutes: Int
    let second: Int
    /// Of the fraction; what is smaller is dropped.
    let nanoseconds: Int64
    /// With a `T` and a `Z` in upper case, a day that its month has, and digits in its fraction, where it has one.
    let isToTheLetter: Bool

    var secondsSince1970: Int64 { Int64((minutes - epoch) * 60 + second) }

    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            [UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: " ")].contains(bytes[10]),
            bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = digits(bytes[0..<4]), let month = digits(bytes[5..<7]), let day = digits(bytes[8..<10]),
            let hour = digits(bytes[11..<13]), let minute = digits(bytes[14..<16]), let second = digits(bytes[17..<19]),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var zone = bytes[19...]
        var hasEmptyFraction = false
        var nanoseconds: Int64 = 0
        if zone.first == UInt8(ascii: ".") {
            let fraction = zone.dropFirst().prefix { $0.isDigit }
            hasEmptyFraction = fraction.isEmpty
            for place in 0..<9 {
                let digit = place < fraction.count ? fraction[fraction.startIndex + place] - UInt8(ascii: "0") : 0
                nanoseconds = nanoseconds * 10 + Int64(digit)
            }
            zone = zone.dropFirst().dropFirst(fraction.count)
        }
        guard let offset = offsetMinutes(zone) else { return nil }
        let date = days(year: year, month: month, day: day)
        minutes = (date * 24 + hour) * 60 + minute - offset
        self.second = second
        self.nanoseconds = nanoseconds
        isToTheLetter =
            bytes[10] == UInt8(ascii: "T") && zone.first != UInt8(ascii: "z") && !hasEmptyFraction
            && civil(days: date) == (year, month, day)
    }
}

/// 1970 in minutes of the calendar of `days`.
private let epoch = days(year: 1970, month: 1, day: 1) * 24 * 60

/// The same form of a time as protobuf has it; nil outside the years 0 to 9999.
package func timestamp(secondsSince1970 seconds: Int64) -> String? {
    let (minutes, second) = Int(seconds).quotientAndFloorRemainder(dividingBy: 60)
    guard abs(minutes) < 10_000 * 366 * 24 * 60 else { return nil }
    return timeText(minutes: minutes + epoch, second: second)
}

/// - Parameter minutes: in the calendar of `days`.
private func timeText(minutes: Int, second: Int) -> String? {
    let (date, time) = minutes.quotientAndFloorRemainder(dividingBy: 24 * 60)
    let (y, m, d) = civil(days: date)
    guard (0...9999).contains(y) else { return nil }
    return
        "\(padded(y, 4))-\(padded(m, 2))-\(padded(d, 2))T\(padded(time / 60, 2)):\(padded(time % 60, 2)):\(padded(second, 2))Z"
}

private func offsetMinutes(_ zone: ArraySlice<UInt8>) -> Int? {
    let zone = Array(zone)
    if zone == [UInt8(ascii: "Z")] || zone == [UInt8(ascii: "z")] { return 0 }
    guard zone.count == 6, zone[3] == UInt8(ascii: ":"), let hours = digits(zone[1..<3]),
        let minutes = digits(zone[4..<6]), hours < 24, minutes < 60
    else { return nil }
    switch zone[0] {
    case UInt8(ascii: "+"): return hours * 60 + minutes
    case UInt8(ascii: "-"): return -(hours * 60 + minutes)
    default: return nil
    }
}

private func digits(_ bytes: ArraySlice<UInt8>) -> Int? {
    bytes.allSatisfy(\.isDigit) ? bytes.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) } : nil
}

private func padded(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}

/// Days since 0000-03-01, counted in years that begin in March so that a leap day ends its year.
private func days(year: Int, month: Int, day: Int) -> Int {
    let y = month > 2 ? year : year - 1
    let era = y.quotientAndFloorRemainder(dividingBy: 400)
    let m = (month + 9) % 12
    return era.quotient * 146_097 + era.remainder * 365 + era.remainder / 4 - era.remainder / 100
        + (153 * m + 2) / 5 + day - 1
}

private func civil(days: Int) -> (year: Int, month: Int, day: Int) {
    let era = days.quotientAndFloorRemainder(dividingBy: 146_097)
    let d = era.remainder
    let yearOfEra = (d - d / 1460 + d / 36524 - d / 146_096) / 365
    let dayOfYear = d - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let m = (5 * dayOfYear + 2) / 153
    let month = m < 10 ? m + 3 : m - 9
    return (era.quotient * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * m + 2) / 5 + 1)
}

extension UInt8 {
    fileprivate var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}

extension Int {
    fileprivate func quotientAndFloorRemainder(dividingBy divisor: Int) -> (quotient: Int, remainder: Int) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
