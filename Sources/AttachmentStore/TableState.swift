import Attachments
import JSON
import NFTables
import PodTables

/// What the last holder of the lock knew when it let go of it.
///
/// It is a line in the lock's file, which is unreadable while somebody works, and after somebody was killed.
struct TableState: Hashable {
    /// nf_tables' generation that the tables were in force with.
    var generation: UInt32
    var census: PodTableCensus

    /// Counted up with every change of the rules' meaning, so that another version's tables are compared.
    private static let version = 2

    var line: String {
        func counts(_ counts: [String: Int]) -> JSONValue? {
            if counts.isEmpty { return nil }
            return .object(JSONObject(members: counts.map { JSONObject.Member(key: $0, value: .integer($1)) }))
        }
        let tables = Dictionary(uniqueKeysWithValues: census.tables.map { ($0.description, $1) })
        return JSONValue.object(
            JSONObject([
                "version": .integer(Self.version), "generation": .integer(generation), "tables": counts(tables),
                "loopback": .integer(census.loopback), "masquerades": counts(census.masquerades),
                "specificPorts": counts(census.specificPorts), "contested": .integer(census.contested),
                "digest": .string(String(census.digest, radix: 16)),
            ])
        ).serialized
    }

    init(generation: UInt32, census: PodTableCensus) {
        self.generation = generation
        self.census = census
    }

    /// Reads a state; nil for anything else, and for that of another version.
    init?(parsing bytes: [UInt8]) {
        do {
            let object = try RecordObject(JSONValue(parsing: bytes))
            guard try object.integer("version") == Self.version,
                let generation = UInt32(exactly: try object.integer("generation"))
            else { return nil }
            var census = PodTableCensus()
            let tables = try object.counts("tables")
            for family in TableFamily.allCases { census.tables[family] = tables[family.description] }
            census.loopback = try object.integer("loopback")
            census.masquerades = try object.counts("masquerades")
            census.specificPorts = try object.counts("specificPorts")
            census.contested = try object.integer("contested")
            guard let digest = UInt64(try object.string("digest"), radix: 16) else { return nil }
            census.digest = digest
            self.init(generation: generation, census: census)
        } catch {
            return nil
        }
    }
}
