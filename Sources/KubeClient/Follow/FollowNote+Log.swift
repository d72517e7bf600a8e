import KubeModel
import Logging

extension FollowNote {
    /// How loud it is, in which words, and with what.
    func log(of kind: ObjectID.Kind, by logger: Logger) {
        let kind = "\(kind.rawValue)"
        switch self {
        case .synchronized(let count):
            logger.info("all objects of a kind are known", metadata: ["kind": "\(kind)", "count": "\(count)"])
        case .listsInPages:
            logger.info(
                "the API server knows no watch lists (before Kubernetes 1.32): objects are listed in pages",
                metadata: ["kind": "\(kind)"])
        case .expired:
            logger.info(
                "the API server's memory does not reach back far enough: all objects are asked for again",
                metadata: ["kind": "\(kind)"])
        case .wentBack(let from, let to):
            logger.warning(
                "the API server's store was put back to an older state: all objects are asked for again",
                metadata: ["kind": "\(kind)", "version": "\(from)", "server": "\(to)"])
        case .unproven(let id):
            logger.info(
                "an object has changed while nobody listened: all of its kind are asked for again",
                metadata: ["object": "\(id)"])
        case .emptied(let count):
            logger.warning(
                "the API server has no objects of a kind any more: all that they led to goes",
                metadata: ["kind": "\(kind)", "before": "\(count)"])
        case .refused(let status):
            logger.error(
                "the API server refuses; what is known stays in force",
                metadata: ["kind": "\(kind)", "status": "\(status)"])
        case .missing:
            logger.info("the API server does not have a kind", metadata: ["kind": "\(kind)"])
        case .unusable(let id, let remark):
            logger.error("\(id): \(remark); what was known of it stays in force")
        case .remark(let id, let remark):
            logger.warning("\(id): \(remark)")
        }
    }
}
