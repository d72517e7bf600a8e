// The CNI plugin: one execution, whose exit code the runtime reads.
import CNIPlugin
import Glibc

exit(Plugin.main())
