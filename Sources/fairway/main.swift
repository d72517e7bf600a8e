import CNIPlugin
import Glibc

exit(Plugin.main(arguments: Array(CommandLine.arguments.dropFirst())))
