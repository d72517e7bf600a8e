import Daemons
import Testing

@Suite struct StatusTests {
    @Test("The kernel may lack something for a minute")
    func health() {
        var status = DataplaneStatus()
        #expect(status.isHealthy(now: 1_000_000_000_000))
        status.pendingSince = 1_000_000_000
        #expect(status.isHealthy(now: 60_999_999_999) && !status.isHealthy(now: 61_000_000_000))
    }
}
