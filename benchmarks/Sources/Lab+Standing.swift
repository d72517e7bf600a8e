import Lab

extension Lab {
    /// Makes a cluster for the length of a measurement, and removes it however that ends.
    static func standing(nodes: Int, _ measure: (Lab) throws -> Void) throws {
        let lab = try make(nodes: nodes)
        do {
            try measure(lab)
        } catch {
            try lab.remove()
            throw error
        }
        try lab.remove()
    }
}
