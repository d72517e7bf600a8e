/// What a commit took away from a frontend's UDP or SCTP clients, whose flows conntrack still sends there.
package struct FrontendLoss: Sendable, Hashable {
    package let frontend: Frontend
    /// nil where the frontend itself is gone.
    package let backend: Backend?

    package init(frontend: Frontend, backend: Backend?) {
        self.frontend = frontend
        self.backend = backend
    }
}
