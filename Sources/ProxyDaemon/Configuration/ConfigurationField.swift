import JSON

/// A field of `KubeProxyConfiguration` (kubeproxy.config.k8s.io/v1alpha1), and what becomes of it.
struct ConfigurationField {
    enum Shape: String {
        case text = "a text"
        case flag = "true or false"
        case number = "a number"
        /// As Go writes it: `1h30m`.
        case duration = "a duration such as 30s"
        case texts = "a list of texts"
        /// Any mapping; nothing in it is looked at.
        case mapping = "a mapping"
    }

    enum Effect: Hashable {
        case applies
        /// Accepted without effect, for this reason.
        case none(String)
    }

    /// `conntrack.maxPerCore`.
    let path: String
    let shape: Shape
    /// What kube-proxy takes where nobody says anything.
    let initial: JSONValue
    /// kube-proxy's flag for it; fairway-proxy knows those that have an effect by the same name.
    let flag: String?
    let effect: Effect
    /// Empty, zero or false is as if it were not there, as Go cannot tell the one from the other.
    let isUnsetByZero: Bool

    init(
        _ path: String, _ shape: Shape, _ initial: JSONValue, flag: String? = nil, _ effect: Effect = .applies,
        isUnsetByZero: Bool = true
    ) {
        self.path = path
        self.shape = shape
        self.initial = initial
        self.flag = flag
        self.effect = effect
        self.isUnsetByZero = isUnsetByZero
    }

    /// Whether a value is as good as none.
    func isUnset(by value: JSONValue) -> Bool {
        switch value {
        case .null: true
        case .string(let text):
            isUnsetByZero && (text.isEmpty || shape == .duration && GoDuration(argument: text)?.isZero == true)
        case .number(let digits): isUnsetByZero && Double(digits) == 0
        case .bool(let flag): isUnsetByZero && !flag
        case .array(let values): values.isEmpty
        case .object(let object): object.isEmpty
        }
    }

    /// Why a value of the file is none of the field's; nil where it is one.
    func complaint(of value: JSONValue) -> String? {
        let fits =
            switch (shape, value) {
            case (_, .null), (.flag, .bool), (.text, .string), (.mapping, .object): true
            case (.number, .number(let digits)): Int(digits) != nil
            // Go's decoder takes a number for a duration nowhere but in `flushFrequency`, which is nanoseconds.
            case (.duration, .string(let text)): text.isEmpty || GoDuration(argument: text) != nil
            case (.duration, .number(let digits)): path == "logging.flushFrequency" && Int(digits) != nil
            case (.texts, .array(let values)):
                values.allSatisfy { if case .string = $0 { true } else { false } }
            default: false
            }
        return fits ? nil : "\(path): \(value.serialized) is not \(shape.rawValue)"
    }
}
