// A folder changed in place: folders, names, files written on; links never lead out. And the threads that wait for disks.
import Bytes
import Foundation
import Storage
import Synchronization
import Testing
import World

@Suite("Changing a folder in place")
struct FolderChangeTests {
  private func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
  private func path(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test("folders are made and removed, names change, files take the place of files only")
  func names() async throws {
    try await withDirectory { root in
      let folder = try WritableFolder(ServedFolder(path: root))
      try folder.makeFolder(path("a"))
      #expect(throws: FolderError.exists) { try folder.makeFolder(path("a")) }
      #expect(throws: FolderError.absent) { try folder.makeFolder(path("b/c")) }
      for name in ["a/x", "y"] { try Data(name.utf8).write(to: URL(fileURLWithPath: root + "/" + name)) }
      #expect(throws: FolderError.notEmpty) { try folder.removeFolder(path("a")) }
      #expect(try folder.rename(path("a/x"), to: path("y")) && text(root + "/y") == "a/x")
      #expect(try !folder.rename(path("y"), to: path("a")))
      #expect(try !folder.rename(path("a"), to: path("y")))
      #expect(throws: FolderError.absent) { try folder.rename(path("nothing"), to: path("z")) }
      #expect(try folder.rename(path("a"), to: path("b")))
      try folder.removeFolder(path("b"))
      #expect(throws: FolderError.absent) { try folder.removeFolder(path("b")) }
      try folder.setModified(path("y"), to: Instant(nanoseconds: 1_500_000_000))
      #expect(try folder.folder.look(at: path("y")).modified == Instant(nanoseconds: 1_500_000_000))
      #expect(throws: FolderError.absent) { try folder.setModified(path("nothing"), to: .simulationStart) }
      #expect(try folder.room() > 0)
    }
  }

  @Test("a file is written on from a byte, or at its end")
  func continuing() async throws {
    try await withDirectory { root in
      let folder = try WritableFolder(ServedFolder(path: root))
      for (offset, added, whole) in [(nil, "one", "one"), (nil, " two", "one two"), (4, "2", "one 2"), (5, "!", "one 2!"), (0, "new", "new")] as [(Int64?, Buffer, String)] {
        let file = try #require(try folder.continuation(of: path("f"), from: offset))
        try file.append(added)
        try file.keep()
        #expect(text(root + "/f") == whole)
      }
      #expect(try folder.continuation(of: path("f"), from: 4) == nil)
      #expect(throws: FolderError.absent) { try folder.continuation(of: path("g"), from: 1) }
      try folder.makeFolder(path("d"))
      #expect(throws: FolderError.isFolder) { try folder.continuation(of: path("d"), from: nil) }
      mkfifo(root + "/pipe", 0o600)
      #expect(throws: FolderError.self) { try folder.continuation(of: path("pipe"), from: nil) }
    }
  }

  @Test("no link leads out", arguments: [true, false])
  func links(_ usesBeneath: Bool) async throws {
    try await withDirectory { root in
      for name in ["root", "root/inside", "outside"] { try FileManager.default.createDirectory(atPath: root + "/" + name, withIntermediateDirectories: false) }
      for name in ["root/inside/f", "outside/secret"] { try Data("12345".utf8).write(to: URL(fileURLWithPath: root + "/" + name)) }
      symlink("../outside/secret", root + "/root/out")
      symlink("../outside", root + "/root/outfolder")
      symlink("inside/f", root + "/root/in")
      symlink("nowhere", root + "/root/broken")
      try Data("x".utf8).write(to: URL(fileURLWithPath: root + "/root/.netstead-unfinished-0-0"))
      let served = try ServedFolder(path: root + "/root", usesBeneath: usesBeneath)
      #expect(Set(try served.everything(in: [], itemsMax: 100).map { String(decoding: $0.name, as: UTF8.self) }) == (usesBeneath ? ["inside", "in"] : ["inside"]))
      for name in ["out", "outfolder/secret", "../outside/secret", "broken"] { #expect(throws: FolderError.self) { try served.look(at: path(name)) } }
      let folder = try WritableFolder(served)
      for name in ["out", "outfolder/new", "in"] { #expect(throws: FolderError.self) { try folder.continuation(of: path(name), from: nil) } }
      for name in ["outfolder/new"] {
        #expect(throws: FolderError.self) { try folder.makeFolder(path(name)) }
        #expect(throws: FolderError.self) { try folder.rename(path("inside/f"), to: path(name)) }
      }
      #expect(throws: FolderError.notRegular) { try folder.rename(path("out"), to: path("moved")) }
      #expect(try !folder.rename(path("inside/f"), to: path("out")))
      #expect(throws: FolderError.absent) { try folder.setModified(path("out"), to: .simulationStart) }
      #expect(text(root + "/outside/secret") == "12345" && text(root + "/outside/new") == nil)
    }
  }

  @Test("the disk's threads do everything they are given, also what is left when they are forgotten")
  func threads() async throws {
    let done = Atomic<Int>(0)
    let count = 1_000
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let box = Mutex<DiskThreads?>(try? DiskThreads(count: 3))
      for _ in 0..<count {
        box.withLock { $0 }?.perform { if done.add(1, ordering: .relaxed).newValue == count { continuation.resume() } }
      }
      box.withLock { $0 = nil }
    }
    #expect(done.load(ordering: .relaxed) == count)
  }
}
