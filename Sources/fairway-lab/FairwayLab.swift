import Lab

@main
enum FairwayLab {
    static func main() { LabProgram.run() }
}
