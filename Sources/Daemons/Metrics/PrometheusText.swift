/// Prometheus' text format, version 0.0.4 (prometheus/docs, exposition formats).
package enum PrometheusText {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All families with their samples; a family without one is left out.
    package static func text(_ families: [MetricFamily]) -> String {
        var text = ""
        for family in families where !family.samples.isEmpty {
            text += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n"
            text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
            for sample in family.samples { append(sample, of: family.name, to: &text) }
        }
        return text
    }

    private static func append(_ sample: MetricFamily.Sample, of name: String, to text: inout String) {
        switch sample.value {
        case .number(let value): text += "\(name)\(braces(sample.labels)) \(number(value))\n"
        case .histogram(let histogram):
            var count: UInt64 = 0
            for (index, bound) in (histogram.bounds + [.infinity]).enumerated() {
                count += histogram.counts[index]
                let labels = sample.labels + [MetricFamily.Label("le", number(bound))]
                text += "\(name)_bucket\(braces(labels)) \(count)\n"
            }
            text += "\(name)_sum\(braces(sample.labels)) \(number(histogram.sum))\n"
            text += "\(name)_count\(braces(sample.labels)) \(count)\n"
        }
    }

    private static func braces(_ labels: [MetricFamily.Label]) -> String {
        if labels.isEmpty { return "" }
        return "{" + labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    /// Whole numbers without a fraction, as clients of Prometheus write them: a bucket's bound is a label, compared as text.
    private static func number(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        if value == -.infinity { return "-Inf" }
        if value.isNaN { return "NaN" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x5c || $0 == 0x0a || $0 == 0x22 }) else { return text }
        return text.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.append(character)
            }
        }
    }
}
