/// An object of one of the kinds that Fairway reads, as it was sent.
package enum ObjectFields: Sendable, Hashable {
    case service(ServiceFields)
    case endpointSlice(EndpointSliceFields)
    case endpoints(EndpointsFields)
    case node(NodeFields)
    case serviceCIDR(ServiceCIDRFields)
}
