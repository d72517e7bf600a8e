/// What becomes of a packet (`enum nft_verdicts`; `NF_ACCEPT`, `NF_DROP`).
package enum Verdict: Sendable, Hashable {
    case accept
    case drop
    case `return`
    case goto(String)
    case jump(String)
    /// A verdict that Fairway never gives, by its number.
    case other(Int32)
}

extension Verdict: CustomStringConvertible {
    /// As nft writes it.
    package var description: String {
        switch self {
        case .accept: "accept"
        case .drop: "drop"
        case .return: "return"
        case .goto(let chain): "goto \(chain)"
        case .jump(let chain): "jump \(chain)"
        case .other(let number): "verdict \(number)"
        }
    }
}
