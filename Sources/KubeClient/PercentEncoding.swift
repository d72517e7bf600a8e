/// A text of which only some ASCII characters stand as they are, letters and digits always.
///
/// - Parameter kept: the others.
func percentEncoded(_ text: String, keeping kept: String) -> String {
    text.utf8.reduce(into: "") { encoded, byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            encoded.unicodeScalars.append(UnicodeScalar(byte))
        case _ where kept.utf8.contains(byte): encoded.unicodeScalars.append(UnicodeScalar(byte))
        default: encoded += (byte < 0x10 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
        }
    }
}
