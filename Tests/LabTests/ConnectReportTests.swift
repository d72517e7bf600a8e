import Lab
import Testing

@Suite("Connect report")
struct ConnectReportTests {
    @Test("A report survives its JSON, the last line of a log")
    func roundTrip() throws {
        var report = ConnectReport()
        report.attempts = 3
        report.succeeded = 2
        report.responders = ["b1": 2]
        report.clients = ["fd00::1": 2]
        report.failures = [.timeout: 1]
        #expect(try ConnectReport(json: "some noise\n" + report.json() + "\n") == report)
        #expect(report.failed == 1)
    }

    @Test("Bars are in proportion, and what was counted has one")
    func bars() {
        let lines = BarChart(["a": 3000, "bb": 1500, "c": 1]).lines
        #expect(lines[0] == "a   " + String(repeating: "█", count: 30) + " 3000")
        #expect(lines[1] == "bb  " + String(repeating: "█", count: 15) + " 1500")
        #expect(lines[2] == "c   █ 1")
    }
}
