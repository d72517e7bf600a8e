package import LinuxSystem

/// What Prometheus' own clients say of a process, under their names.
extension MetricFamily {
    package static func process(_ usage: OwnUsage) -> [MetricFamily] {
        [
            MetricFamily(
                "process_cpu_seconds_total", .counter, "Seconds of CPU time of the process.", usage.cpuSeconds),
            MetricFamily("process_max_fds", .gauge, "Files that may be open.", Double(usage.maxOpenFiles)),
            MetricFamily(
                "process_network_receive_bytes_total", .counter,
                "Bytes of IP packets that the network namespace has received.", Double(usage.receivedBytes)),
            MetricFamily(
                "process_network_transmit_bytes_total", .counter,
                "Bytes of IP packets that the network namespace has sent.", Double(usage.sentBytes)),
            MetricFamily("process_open_fds", .gauge, "Files that are open.", Double(usage.openFiles)),
            MetricFamily(
                "process_resident_memory_bytes", .gauge, "Memory that is resident.", Double(usage.residentMemory)),
            MetricFamily(
                "process_start_time_seconds", .gauge, "When the process started, in seconds since 1970.",
                usage.startTime),
            MetricFamily("process_virtual_memory_bytes", .gauge, "Address space.", Double(usage.virtualMemory)),
            MetricFamily(
                "process_virtual_memory_max_bytes", .gauge, "Address space that may be taken.",
                Double(usage.maxVirtualMemory)),
        ]
    }
}
