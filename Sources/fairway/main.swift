// The CNI plugin: one execution, whose exit code the runtime reads.
import CNIPlugin
import Glibc
import LinuxSystem

exit(Plugin.main(commandLine: ProcessArguments.all))
