import JSON
package import KubeModel
import YAML

/// What a manifest file says, object by object.
package struct FileReading: Sendable {
    package struct Remark: Sendable, Hashable {
        package enum Level: Sendable, Hashable { case error, warning, debug }

        package var level: Level
        /// Of the file, from 1; nil where the whole file is meant.
        package var line: Int?
        package var text: String
    }

    /// The valid objects, in the order of the file; of two with one name the last counts, as when kubectl applies them.
    package var objects: [KubeObject] = []
    /// One entry for each object or document that cannot be used; nil where it could be any object.
    package var failures: [ObjectID?] = []
    package var remarks: [Remark] = []
    private var names: Set<ObjectID> = []

    /// A file that cannot be read at all.
    package init(unreadable text: String, level: Remark.Level = .error) {
        failures = [nil]
        remarks = [Remark(level: level, text: text)]
    }

    /// Reads a file's content; every document and object stands by itself.
    package init(_ content: [UInt8]) {
        // Nearly every file in JSON is one value, of which no ends have to be found.
        if let whole = YAMLDocument(wholeJSON: content), let value = try? JSONValue(parsing: whole.bytes) {
            take(KubeDocument(value), whole)
            return
        }
        for document in YAMLDocument.split(content) { read(document) }
    }

    private mutating func read(_ document: YAMLDocument) {
        do throws(YAMLSyntaxError) {
            take(KubeDocument(try document.value()), document)
        } catch {
            failures.append(nil)
            let line = document.firstLine + (error.line ?? 1) - 1
            remarks.append(Remark(level: .error, line: line, text: "cannot be parsed: \(error.text)"))
        }
    }

    /// Lines are looked up for remarks only.
    private mutating func take(_ decoded: KubeDocument, _ document: YAMLDocument) {
        var tree: YAMLTree?
        func remark(_ level: Remark.Level, _ path: FieldPath, _ text: String) {
            if tree == nil { tree = try? YAMLTree(document) }
            let line = document.firstLine + (tree?.line(of: path) ?? 1) - 1
            remarks.append(Remark(level: level, line: line, text: text))
        }
        for item in decoded.items {
            var id: ObjectID?
            switch item.outcome {
            case .object(let object):
                id = object.id
                if isAnother(object.id) {
                    remark(.warning, item.path, "\(object.id) stands in this file already; the last counts")
                }
                objects.append(object)
            case .invalid(let name, let field):
                id = name
                failures.append(name)
                remark(.error, field.path, Self.text(name, field, in: item))
            case .ignored(let kind):
                remark(.debug, item.path, "\(kind) is not a kind that Fairway reads")
            case .unknown(let kind):
                remark(
                    .warning, item.path,
                    "\(kind) is no kind of that API group, so nothing is made of it; look at kind and apiVersion")
            }
            for field in item.remarks { remark(.warning, field.path, Self.text(id, field, in: item)) }
        }
    }

    /// Whether the file has an object with this name already; nearly every file has one object, and needs no set of names.
    private mutating func isAnother(_ id: ObjectID) -> Bool {
        if objects.count == 1 { names = [objects[0].id] }
        return !objects.isEmpty && !names.insert(id).inserted
    }

    private static func text(_ id: ObjectID?, _ field: FieldRemark, in item: DecodedItem) -> String {
        let own = FieldRemark(path: field.path.relative(to: item.path), text: field.text)
        let name = id.map(\.description) ?? (item.path.steps.isEmpty ? "an object without a name" : "\(item.path)")
        return "\(name): \(own)"
    }
}

extension YAMLTree {
    fileprivate func line(of path: FieldPath) -> Int {
        line(
            of: path.steps.map { step in
                switch step {
                case .key(let key): .key(key)
                case .index(let index): .index(index)
                }
            })
    }
}
