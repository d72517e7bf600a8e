/// An Endpoints object (core/v1), as written by hand for a Service without a selector.
package struct Endpoints: Sendable, Hashable {
    /// Also the name of its Service.
    package var name: NamespacedName
    package var subsets: [Subset]

    /// Every address combined with every port.
    package struct Subset: Sendable, Hashable {
        /// `addresses` as ready endpoints, then `notReadyAddresses` as endpoints that are not ready; of either family.
        package var endpoints: [Endpoint]
        package var ports: [EndpointPort]

        package init(endpoints: [Endpoint], ports: [EndpointPort]) {
            self.endpoints = endpoints
            self.ports = ports
        }
    }

    package init(name: NamespacedName, subsets: [Subset] = []) {
        self.name = name
        self.subsets = subsets
    }
}
