import CNFTNL
import Glibc

/// The number of a libnftnl attribute.
///
/// libnftnl's anonymous enums import as `Int`, its named ones as structs; every function wants `UInt16`.
func attribute(_ constant: Int) -> UInt16 { UInt16(truncatingIfNeeded: constant) }

/// The number of a libnftnl attribute of a named enum.
func attribute(_ constant: some RawRepresentable<UInt32>) -> UInt16 { UInt16(truncatingIfNeeded: constant.rawValue) }

/// Message types of nf_tables, `enum nf_tables_msg_types`.
enum Message {
    static let newTable = attribute(NFT_MSG_NEWTABLE)
    static let getTable = attribute(NFT_MSG_GETTABLE)
    static let deleteTable = attribute(NFT_MSG_DELTABLE)
    static let newChain = attribute(NFT_MSG_NEWCHAIN)
    static let getChain = attribute(NFT_MSG_GETCHAIN)
    static let deleteChain = attribute(NFT_MSG_DELCHAIN)
    static let newRule = attribute(NFT_MSG_NEWRULE)
    static let getRule = attribute(NFT_MSG_GETRULE)
    static let deleteRule = attribute(NFT_MSG_DELRULE)
    static let newSet = attribute(NFT_MSG_NEWSET)
    static let getSet = attribute(NFT_MSG_GETSET)
    static let deleteSet = attribute(NFT_MSG_DELSET)
    static let newElement = attribute(NFT_MSG_NEWSETELEM)
    static let getElement = attribute(NFT_MSG_GETSETELEM)
    static let deleteElement = attribute(NFT_MSG_DELSETELEM)
    static let getGeneration = attribute(NFT_MSG_GETGEN)
}

/// nft's data type of a verdict, `NFT_DATA_VERDICT`.
let verdictDataType: UInt32 = 0xffff_ff00

extension Verdict {
    /// The number and the chain's name of a netlink message.
    var netlink: (code: Int32, chain: String?) {
        switch self {
        case .accept: (NF_ACCEPT, nil)
        case .drop: (NF_DROP, nil)
        case .return: (NFT_RETURN.rawValue, nil)
        case .goto(let chain): (NFT_GOTO.rawValue, chain)
        case .jump(let chain): (NFT_JUMP.rawValue, chain)
        case .other(let code): (code, nil)
        }
    }

    init(code: Int32, chain: String?) {
        switch (code, chain) {
        case (NF_ACCEPT, _): self = .accept
        case (NF_DROP, _): self = .drop
        case (NFT_RETURN.rawValue, _): self = .return
        case (NFT_GOTO.rawValue, let chain?): self = .goto(chain)
        case (NFT_JUMP.rawValue, let chain?): self = .jump(chain)
        default: self = .other(code)
        }
    }
}

extension Chain.Hook.Policy {
    var netlinkNumber: UInt32 { UInt32(bitPattern: self == .drop ? NF_DROP : NF_ACCEPT) }
}
