/// Columns of text, each as wide as its widest entry.
struct TextTable {
    private var rows: [[String]]

    init(_ header: [String]) { rows = [header] }

    mutating func append(_ row: [String]) { rows.append(row) }

    /// - Parameter isRight: the columns that hold numbers.
    func lines(alignedRight isRight: Set<Int> = []) -> [String] {
        var widths = [Int](repeating: 0, count: rows.first?.count ?? 0)
        for row in rows {
            for (column, text) in row.enumerated() where text.count > widths[column] { widths[column] = text.count }
        }
        return rows.map { row in
            var line = ""
            for (column, text) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - text.count)
                if column > 0 { line += "  " }
                line += isRight.contains(column) ? padding + text : column == row.count - 1 ? text : text + padding
            }
            return line
        }
    }
}
