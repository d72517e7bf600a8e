/// The process's command line.
package enum ProcessArguments {
    /// All of it, the program's name first.
    ///
    /// `CommandLine.arguments` makes the same with generic code that costs 80 us of a process's start.
    package static var all: [String] {
        var all: [String] = []
        for index in 0..<Int(CommandLine.argc) {
            if let argument = unsafe CommandLine.unsafeArgv[index] { all.append(unsafe String(cString: argument)) }
        }
        return all
    }
}
