import Glibc

/// A drawing of figures by the number of Services, as SVG.
struct Plot {
    struct Line {
        let name: String
        let points: [(x: Double, y: Double)]
    }

    let title: String
    /// What the vertical axis means, with its unit.
    let label: String
    let lines: [Line]

    private static let (width, height) = (720.0, 400.0)
    private static let (left, right, top, bottom) = (60.0, 190.0, 40.0, 50.0)
    private static let colours = ["steelblue", "darkorange", "seagreen", "crimson", "purple", "saddlebrown", "gray"]

    /// The horizontal axis is logarithmic, the vertical one begins at 0.
    var svg: String {
        let xs = lines.flatMap { $0.points.map(\.x) }
        let ceiling = Self.round(lines.flatMap { $0.points.map(\.y) }.max() ?? 1)
        let (low, high) = (log10(xs.min() ?? 1), log10(xs.max() ?? 10))
        func x(_ value: Double) -> Double {
            Self.left + (log10(value) - low) / max(high - low, 1e-9) * (Self.width - Self.left - Self.right)
        }
        func y(_ value: Double) -> Double {
            Self.height - Self.bottom - value / ceiling * (Self.height - Self.top - Self.bottom)
        }
        var parts = [
            #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \#(Int(Self.width)) \#(Int(Self.height))" font-family="sans-serif" font-size="12">"#,
            #"<rect width="100%" height="100%" fill="white"/>"#,
            Self.text(Self.left, 22, title, size: 15), Self.text(8, Self.top - 6, label),
            Self.text(Self.left, Self.height - 10, "Services"),
        ]
        for step in 0...4 {
            let value = ceiling * Double(step) / 4
            parts.append(
                #"<line x1="\#(Self.left)" x2="\#(Self.width - Self.right)" y1="\#(y(value))" y2="\#(y(value))" stroke="lightgray"/>"#
            )
            parts.append(Self.text(Self.left - 6, y(value) + 4, "\(Self.short(value))", anchor: "end"))
        }
        for value in Set(xs).sorted() {
            parts.append(Self.text(x(value), Self.height - Self.bottom + 18, "\(Int(value))", anchor: "middle"))
        }
        for (index, line) in lines.enumerated() {
            let colour = Self.colours[index % Self.colours.count]
            let path = line.points.map { "\(Self.short(x($0.x))),\(Self.short(y($0.y)))" }.joined(separator: " ")
            parts.append(#"<polyline points="\#(path)" fill="none" stroke="\#(colour)" stroke-width="2"/>"#)
            let place = Self.top + 16 * Double(index)
            parts.append(
                #"<rect x="\#(Self.width - Self.right + 12)" y="\#(place - 9)" width="10" height="10" fill="\#(colour)"/>"#
            )
            parts.append(Self.text(Self.width - Self.right + 28, place, line.name))
        }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    private static func text(
        _ x: Double, _ y: Double, _ text: String, size: Int = 12, anchor: String = "start"
    ) -> String {
        #"<text x="\#(short(x))" y="\#(short(y))" font-size="\#(size)" text-anchor="\#(anchor)">\#(text)</text>"#
    }

    private static func short(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    /// The next number that an axis may end with.
    private static func round(_ value: Double) -> Double {
        var unit = 1.0
        while unit * 10 <= value { unit *= 10 }
        while unit > value { unit /= 10 }
        return [1, 1.2, 1.6, 2, 3, 4, 6, 8, 10].map { $0 * unit }.first { $0 >= value } ?? value
    }

    private func log10(_ value: Double) -> Double { Glibc.log10(value) }
}

extension Plot {
    /// The drawings of a file of rows, by file name.
    static func all(_ rows: [Row]) -> [(name: String, plot: Plot)] {
        let plain = rows.filter { $0.mix == Workload.Mix.clusterIP.rawValue }
        func lines(_ rows: [Row], _ value: String, divided: Double, named: (Row) -> String) -> [Line] {
            var points: [String: [(Double, Double)]] = [:]
            for row in rows {
                if let y = row.values[value] {
                    points[named(row), default: []].append((Double(row.services), y / divided))
                }
            }
            return points.sorted { $0.key < $1.key }.map { Line(name: $0.key, points: $0.value.sorted { $0.0 < $1.0 }) }
        }
        let steps = plain.filter { $0.benchmark == "steps" }
        let syncs = plain.filter { $0.benchmark == "sync" }
        let both =
            lines(steps.filter { $0.row == "endpoint-replaced" }, "replay p50", divided: 1000) { _ in
                "the same bytes again"
            }
            + lines(steps.filter { $0.row == "endpoint-replaced" }, "bare loop p50", divided: 1000) { _ in "bare loop" }
        return [
            (
                "steps",
                Plot(
                    title: "One change of a Service with 10 endpoints, median", label: "us",
                    lines: lines(steps, "fairway p50", divided: 1000, named: \.row) + both)
            ),
            (
                "first-sync",
                Plot(
                    title: "First sync, against the same bytes sent again and a bare libnftnl loop", label: "ratio",
                    lines: lines(syncs, "to replay", divided: 1) { _ in "to the same bytes" }
                        + lines(syncs, "to bare loop", divided: 1) { _ in "to the bare loop" })
            ),
        ]
    }
}
