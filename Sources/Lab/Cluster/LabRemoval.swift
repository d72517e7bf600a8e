import CLinux
import FoundationEssentials
import Glibc
import LinuxSystem

/// The removal of a lab, from its written state alone.
package enum LabRemoval {
    /// Ends the lab's processes and removes its namespaces, its files, and its state file last.
    ///
    /// Safe to repeat, and on a lab that was made only in part.
    ///
    /// - Throws: `LabError` naming what could not be removed; the state file is then still there.
    package static func remove(_ state: LabState) throws {
        endProcesses(of: state.id)
        for namespace in state.namespaces.reversed() { try unmount(namespace) }
        for network in state.networks {
            // A delegate may have written its own default.
            try delete("/var/lib/cni/networks/\(network)")
        }
        try delete(LabStore.folder(state.id))
        try delete(LabStore.draftFile(state.id))
        try delete(LabStore.stateFile(state.id))
        // Fails while other labs are there, as it should.
        _ = unsafe rmdir(LabStore.root)
    }

    /// Ends what registered itself in the lab's `processes` folder; see `ProcessRecord`.
    private static func endProcesses(of id: String) {
        let folder = LabStore.folder(id)
        // Renamed first: a process that comes to register itself from now on finds no folder, and does not run.
        _ = unsafe rename("\(folder)/processes", "\(folder)/processes.closed")
        let records = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/processes.closed")) ?? []
        let alive = records.compactMap { ProcessRecord.read("\(folder)/processes.closed/\($0)") }.filter(\.isAlive)
        for identity in alive { ProcessHandle(identity)?.send(SIGTERM) }
        for identity in alive { identity.terminate() }
    }

    /// What `ip netns del` does; the namespace itself goes with its last process.
    private static func unmount(_ namespace: String) throws {
        let path = LabNamespace.path(of: namespace)
        deletePluginState(ofNamespaceAt: path)
        while unsafe umount2(path, Int32(MNT_DETACH)) == 0 {}
        if unsafe unlink(path) != 0 {
            let errno = Errno.current
            if errno != .notFound { throw SystemError("remove the namespace \(namespace)", errno) }
        }
    }

    /// The plugin keeps a node's records and locks in the machine's `/run`, in a folder of the node's namespace.
    private static func deletePluginState(ofNamespaceAt path: String) {
        guard let namespace = try? NetworkNamespace(path: path),
            let name = try? namespace.perform({ () throws(SystemError) in try NetworkNamespace.currentName() })
        else { return }
        try? delete("/run/fairway-cni/.netns-\(name)")
        // Fails while others use it, as it should.
        _ = unsafe rmdir("/run/fairway-cni")
    }

    private static func delete(_ path: String) throws {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch let error as CocoaError where error.code == .fileNoSuchFile {}
    }
}
