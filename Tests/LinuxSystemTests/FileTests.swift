import Glibc
import LinuxSystem
import Testing

struct FileTests {
    @Test("Bytes and words are written and read at any place; a replaced content is never longer than the new one")
    func content() throws {
        let folder = try Folder()
        let file = try FileDescriptor.open(folder.file("a"), O_RDWR | O_CREAT)
        try file.writeAll(Array("hello, world".utf8))
        try file.replace(Array("hello, world".utf8), with: Array("bye".utf8))
        lseek(file.rawValue, 0, SEEK_SET)
        let content = try file.readToEnd()
        #expect(String(decoding: content, as: UTF8.self) == "bye")
        try file.truncate(to: 0)
        try file.write([1, 2, .max], at: 1)
        let words = try file.readWords(8, at: 0)
        let none = try file.readWords(1, at: 9)
        #expect(words == [0, 1, 2, .max] && none.isEmpty)
    }

    @Test("A file that is too long, missing or a directory is an error that says so")
    func errors() throws {
        let folder = try Folder()
        let file = try FileDescriptor.open(folder.file("a"), O_RDWR | O_CREAT)
        try file.writeAll([UInt8](repeating: 7, count: 100))
        lseek(file.rawValue, 0, SEEK_SET)
        let error = #expect(throws: SystemError.self) { _ = try file.readToEnd(limit: 99) }
        #expect(error?.errno == .fileTooBig)
        let missing = #expect(throws: SystemError.self) {
            _ = try FileDescriptor.open(folder.file("b"), O_RDONLY).rawValue
        }
        #expect(missing?.description == "open \(folder.file("b")): No such file or directory")
        let directory = #expect(throws: SystemError.self) {
            _ = try FileDescriptor.open(folder.path, O_WRONLY).rawValue
        }
        #expect(directory?.errno == .isDirectory)
    }

    @Test("A descriptor closes itself once, unless it was given away")
    func ownership() throws {
        let number = { () throws -> Int32 in
            let file = try FileDescriptor.open("/dev/null", O_RDONLY)
            return file.release()
        }
        let kept = try number()
        #expect(fcntl(kept, F_GETFD) == FD_CLOEXEC)
        do {
            let owner = FileDescriptor(adopting: kept)
            let number = owner.rawValue
            #expect(number == kept)
        }
    }

    @Test("Directories are made with those above them, listed and emptied")
    func directories() throws {
        let folder = try Folder()
        try Directory.create(folder.file("x"))
        try Directory.create(folder.file("x"))
        #expect(try Directory.names(in: folder.path) == ["x"])
        #expect(try Directory.namesIfPresent(in: folder.file("y")).isEmpty)
        let missing = #expect(throws: SystemError.self) { _ = try Directory.names(in: folder.file("y")) }
        #expect(missing?.errno == .notFound)
        let open = try OpenDirectory(folder.path)
        _ = try open.open("f", O_WRONLY | O_CREAT).rawValue
        let names = try Set(open.names())
        #expect(names == ["x", "f"])
        let first = try open.remove("f")
        let second = try open.remove("f")
        #expect(first && !second)
        let moment = FileTime(seconds: 1_000_000_000, nanoseconds: 5)
        try open.setModified(moment)
        let status = try open.status()
        #expect(try status.modified == moment && FileStatus(of: folder.path).modified == moment)
        unsafe rmdir(folder.file("x"))
    }
}
