package import Daemons
import Frontends
import NetworkTypes

extension ProxyMetrics {
    /// Everything under kube-proxy's names, and what Fairway adds under its own.
    package func families(_ status: DataplaneStatus) -> [MetricFamily] {
        kubeProxyFamilies + ownFamilies(status)
    }

    /// A sync is of both families at once, and counts for each: kube-proxy has one for each.
    private var kubeProxyFamilies: [MetricFamily] {
        let all = IPFamily.allCases
        func each(_ value: (IPFamily) -> MetricFamily.Value) -> [MetricFamily.Sample] {
            all.map { MetricFamily.Sample([Self.label($0)], value($0)) }
        }
        func known(_ values: [IPFamily: Histogram]) -> [MetricFamily.Sample] {
            all.compactMap { family in values[family].map { .init([Self.label(family)], .histogram($0)) } }
        }
        var syncs = fullSyncs
        syncs.add(partialSyncs)
        return [
            MetricFamily(
                "kubeproxy_conntrack_reconciler_deleted_entries_total", .counter,
                "Stale connections that were ended, UDP's and SCTP's.",
                samples: each { .number(Double(endedFlows[$0] ?? 0)) }),
            MetricFamily(
                "kubeproxy_conntrack_reconciler_sync_duration_seconds", .histogram,
                "Seconds of a walk through the kernel's connections.", samples: known(flowWalks)),
            MetricFamily(
                "kubeproxy_network_programming_duration_seconds", .histogram,
                "Seconds from a change of endpoints, as its slice says it, to the kernel's acknowledgement.",
                samples: known(programming)),
            MetricFamily(
                "kubeproxy_sync_full_proxy_rules_duration_seconds", .histogram,
                "Seconds of a sync that compared all of the kernel's state.",
                samples: each { _ in .histogram(fullSyncs) }),
            MetricFamily(
                "kubeproxy_sync_partial_proxy_rules_duration_seconds", .histogram,
                "Seconds of a sync that sent what had changed.", samples: each { _ in .histogram(partialSyncs) }),
            MetricFamily(
                "kubeproxy_sync_proxy_rules_duration_seconds", .histogram, "Seconds of a sync of either kind.",
                samples: each { _ in .histogram(syncs) }),
            MetricFamily(
                "kubeproxy_sync_proxy_rules_endpoint_changes_pending", .gauge,
                "Changes of endpoints that the kernel does not have yet.", Double(pendingEndpointChanges)),
            MetricFamily(
                "kubeproxy_sync_proxy_rules_endpoint_changes_total", .counter,
                "Changes of endpoints that were delivered.", Double(endpointChanges)),
            MetricFamily(
                "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", .gauge,
                "When a sync was last asked for, in seconds since 1970.",
                samples: each { _ in .number(lastQueued) }),
            MetricFamily(
                "kubeproxy_sync_proxy_rules_last_timestamp_seconds", .gauge,
                "When the kernel last had everything, in seconds since 1970.",
                samples: each { _ in .number(lastSync) }),
            MetricFamily(
                "kubeproxy_sync_proxy_rules_nftables_sync_failures_total", .counter, "Syncs that failed.",
                samples: each { _ in .number(Double(failedSyncs)) }),
            MetricFamily(
                "kubeproxy_sync_proxy_rules_no_local_endpoints_total", .gauge,
                "Service ports that only this node's endpoints may serve, while all are elsewhere.",
                samples: all.flatMap { family in
                    LocalTraffic.allCases.map { traffic in
                        .init(
                            [Self.label(family), .init("traffic_policy", traffic.rawValue)],
                            .number(Double(localGaps.count(traffic, family))))
                    }
                }),
            MetricFamily(
                "kubeproxy_sync_proxy_rules_service_changes_pending", .gauge,
                "Changes of Services that the kernel does not have yet.", Double(pendingServiceChanges)),
            MetricFamily(
                "kubeproxy_sync_proxy_rules_service_changes_total", .counter,
                "Changes of Services that were delivered.", Double(serviceChanges)),
        ]
    }

    private func ownFamilies(_ status: DataplaneStatus) -> [MetricFamily] {
        [
            MetricFamily(
                "fairway_proxy_ready", .gauge, "1 once all objects of the start are in the kernel.",
                status.isReady ? 1 : 0),
            MetricFamily("fairway_proxy_frontends", .gauge, "Frontends in the tables.", Double(status.frontends)),
            MetricFamily(
                "fairway_proxy_endpoints", .gauge, "Backends of all frontends' pools together.",
                Double(status.endpoints)),
            MetricFamily(
                "fairway_proxy_commit_duration_seconds", .histogram,
                "Seconds of a sync that sent something, from its first step to the kernel's acknowledgement.",
                samples: [.init([], .histogram(commits))]),
            MetricFamily(
                "fairway_proxy_transactions_total", .counter, "Transactions that the kernel took.",
                Double(backend.transactions)),
            MetricFamily(
                "fairway_proxy_elements_total", .counter, "Elements in those transactions.",
                samples: [("add", backend.added), ("delete", backend.deleted)].map {
                    .init([.init("operation", $0)], .number(Double($1)))
                }),
            MetricFamily(
                "fairway_proxy_netlink_errors_total", .counter, "Transactions that failed, by the reason.",
                samples: backend.errors.sorted { $0.key < $1.key }.map {
                    .init([.init("error", $0.key)], .number(Double($0.value)))
                }),
            MetricFamily(
                "fairway_proxy_repairs_total", .counter, "How often something was mended that others had changed.",
                Double(status.repairs)),
            MetricFamily(
                "fairway_proxy_refused_frontends", .gauge, "Frontends that the kernel refuses to take.",
                Double(status.refused)),
            MetricFamily(
                "fairway_proxy_unreadable_objects", .gauge, "Files and objects that cannot be used at present.",
                Double(status.unreadable)),
        ]
    }

    private static func label(_ family: IPFamily) -> MetricFamily.Label { .init("ip_family", family.rawValue) }
}
