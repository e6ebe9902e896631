// The folder on disk: what may be opened, and every way out that must stay shut, with the kernel's help and without it.
import Bytes
import Glibc
import Storage
import Testing

/// A folder for one test under /tmp, removed at the end.
final class ScratchFolder {
  let path: String

  init() {
    var template = Array("/tmp/netstead-test-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? "/tmp" }
  }

  deinit { if path != "/tmp" { Self.remove(path) } }

  func write(_ name: String, _ text: String, modified: Int? = nil) { write(name, Array(text.utf8), modified: modified) }

  /// Writes a file by renaming it into place, as careful programs do; `modified` in seconds since 1970.
  func write(_ name: String, _ bytes: [UInt8], modified: Int? = nil) {
    let descriptor = open("\(path)/.new", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    var done = 0
    bytes.withUnsafeBytes { raw in
      while done < raw.count {
        let count = Glibc.write(descriptor, raw.baseAddress.map { $0 + done }, raw.count - done)
        if count <= 0 { break }
        done += count
      }
    }
    if let modified {
      let time = timespec(tv_sec: modified, tv_nsec: 0)
      var times = [time, time]
      futimens(descriptor, &times)
    }
    close(descriptor)
    rename("\(path)/.new", "\(path)/\(name)")
  }

  /// The names in a folder of it, hidden ones too, sorted.
  func names(in folder: String) -> [String] {
    guard let stream = opendir("\(path)/\(folder)") else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  func makeFolder(_ name: String) { mkdir("\(path)/\(name)", 0o755) }

  func link(_ name: String, to target: String) { symlink(target, "\(path)/\(name)") }

  func delete(_ name: String) { unlink("\(path)/\(name)") }

  /// Removes a file, a link (never what it leads to) or a folder with what is in it.
  private static func remove(_ path: String) {
    // O_NOFOLLOW: the tests make links that lead out of the folder, and clean-up must not go through one.
    let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0, let stream = fdopendir(descriptor) else {
      if descriptor >= 0 { close(descriptor) }
      unlink(path)
      return
    }
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { remove("\(path)/\(name)") }
    }
    closedir(stream)
    rmdir(path)
  }
}

@Suite struct ServedFolderTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String { path.count > 40 ? String(path.prefix(40)) + "…" : path }

    var path: String
    /// What comes out with openat2; nil: the file's contents.
    var error: FolderError?
    /// What comes out name by name, where no link is followed.
    var walked: FolderError?

    init(_ path: String, _ error: FolderError?, walked: FolderError? = nil) {
      self.path = path
      self.error = error
      self.walked = walked ?? error
    }
  }

  static let cases = [
    Case("plain.txt", nil), Case("folder/inner.txt", nil),
    Case("inside-link", nil, walked: .outside),
    Case("folder-link/inner.txt", nil, walked: .absent),
    Case("absent", .absent), Case("plain.txt/x", .absent), Case("folder", .isFolder), Case("", .isFolder),
    Case("..", .outside), Case("../etc/passwd", .outside), Case("folder/../plain.txt", .outside), Case("/etc/passwd", .outside),
    Case("folder//inner.txt", .outside), Case("./plain.txt", .outside), Case("folder/", .outside), Case("plain.txt\0", .outside),
    Case("out-link", .outside), Case("absolute-link", .outside), Case("up-link", .outside), Case("etc-link/passwd", .outside, walked: .absent),
    Case("loop", .outside), Case("pipe", .notRegular),
    Case(String(repeating: "x", count: 5_000), .absent),
  ]

  @Test("opens what is inside and nothing else", arguments: cases, [true, false])
  func opens(_ c: Case, usesBeneath: Bool) throws {
    let scratch = ScratchFolder()
    scratch.makeFolder("root")
    scratch.write("secret.txt", "secret")
    scratch.write("root/plain.txt", "found")
    scratch.makeFolder("root/folder")
    scratch.write("root/folder/inner.txt", "found")
    scratch.link("root/inside-link", to: "folder/inner.txt")
    scratch.link("root/folder-link", to: "folder")
    scratch.link("root/out-link", to: "../secret.txt")
    scratch.link("root/absolute-link", to: "\(scratch.path)/secret.txt")
    scratch.link("root/up-link", to: "..")
    scratch.makeFolder("outside")
    scratch.write("outside/passwd", "secret")
    scratch.link("root/etc-link", to: "\(scratch.path)/outside")
    scratch.link("root/loop", to: "loop")
    mkfifo("\(scratch.path)/root/pipe", 0o644)
    let folder = try ServedFolder(path: "\(scratch.path)/root", usesBeneath: usesBeneath)
    do throws(FolderError) {
      let file = try folder.open(Array(c.path.utf8))
      #expect((usesBeneath ? c.error : c.walked) == nil)
      #expect(file.read(at: 0, length: 100) == "found")
      #expect(file.read(at: 5, length: 100) == "")
    } catch {
      #expect(error == (usesBeneath ? c.error : c.walked))
    }
  }

  @Test("lists names sorted, hidden ones and pipes left out, bounded")
  func lists() throws {
    let scratch = ScratchFolder()
    for name in ["b", "a", ".hidden", "c"] { scratch.write(name, name) }
    scratch.makeFolder("d")
    mkfifo("\(scratch.path)/pipe", 0o644)
    let folder = try ServedFolder(path: scratch.path)
    let items = try folder.items(in: [], itemsMax: 10)
    #expect(items.map { String(decoding: $0.name, as: UTF8.self) } == ["a", "b", "c", "d"])
    #expect(items.map(\.status.kind) == [.file, .file, .file, .folder])
    #expect(try folder.items(in: [], itemsMax: 2).count == 2)
    #expect(throws: FolderError.absent) { try folder.items(in: Array("none".utf8), itemsMax: 2) }
  }

  @Test("goes on with the folder that its path leads to by now")
  func reopens() throws {
    let scratch = ScratchFolder()
    scratch.makeFolder("one")
    scratch.makeFolder("two")
    scratch.write("one/a", "1")
    scratch.write("two/a", "2")
    scratch.link("current", to: "one")
    let folder = try ServedFolder(path: "\(scratch.path)/current")
    #expect(!folder.reopen())
    scratch.delete("current")
    scratch.link("current", to: "two")
    #expect(try folder.open(Array("a".utf8)).read(at: 0, length: 9) == "1")
    #expect(folder.reopen())
    #expect(try folder.open(Array("a".utf8)).read(at: 0, length: 9) == "2")
  }
}
