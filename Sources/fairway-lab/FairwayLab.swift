import Lab

/// Hands the process over to the program in `Lab`, so that tests reach all of it.
@main
enum FairwayLab {
    static func main() { LabProgram.run() }
}
