// A folder that may be changed: files that come whole or not at all, conditions, what a crash leaves, and every way out that stays shut.
import Bytes
import Foundation
import Storage
import Testing

@Suite("Changing a folder")
struct WritableFolderTests {
  private func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
  private func all(_ path: String) -> [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }

  @Test("a draft is seen when it is kept, and not before; one that is forgotten leaves nothing")
  func drafts() async throws {
    try await withDirectory { path in
      let folder = try WritableFolder(ServedFolder(path: path))
      var draft: FolderDraft? = try folder.draft(for: Array("a.txt".utf8))
      try draft?.append("one ")
      try draft?.append("two")
      #expect(text(path + "/a.txt") == nil && all(path).count == 1)
      guard case .kept(let status, replaced: false)? = try draft?.keep(if: { $0 == nil }) else {
        Issue.record("not kept")
        return
      }
      draft = nil
      #expect(status.size == 7 && text(path + "/a.txt") == "one two" && all(path) == ["a.txt"])
      draft = try folder.draft(for: Array("a.txt".utf8))
      try draft?.append("half")
      #expect(try draft?.keep(if: { $0 == nil }) == .refused)
      draft = nil
      #expect(text(path + "/a.txt") == "one two" && all(path) == ["a.txt"])
      draft = try folder.draft(for: Array("a.txt".utf8))
      guard case .kept(_, replaced: true)? = try draft?.keep(if: { $0?.inode == status.inode }) else {
        Issue.record("not replaced")
        return
      }
      #expect(text(path + "/a.txt") == "")
      #expect(try !folder.remove(Array("a.txt".utf8), if: { _ in false }))
      #expect(try folder.remove(Array("a.txt".utf8), if: { $0 != nil }) && all(path) == [])
      #expect(throws: FolderError.absent) { try folder.remove(Array("a.txt".utf8), if: { _ in true }) }
    }
  }

  @Test("what a crash left goes at the next start, what somebody still writes stays")
  func sweeping() async throws {
    try await withDirectory { path in
      for name in [".netstead-unfinished-1-1", ".netstead-unfinished-2-9", "page.html", ".other"] {
        #expect(FileManager.default.createFile(atPath: path + "/" + name, contents: Data("x".utf8)))
      }
      let first = try WritableFolder(ServedFolder(path: path))
      #expect(all(path) == [".other", "page.html"])
      let draft = try first.draft(for: Array("new".utf8))
      _ = try WritableFolder(ServedFolder(path: path))
      #expect(all(path).count == 3)
      guard case .kept = try draft.keep(if: { _ in true }) else {
        Issue.record("not kept")
        return
      }
      #expect(all(path) == [".other", "new", "page.html"])
    }
  }

  @Test("no way out, no way over folders and links")
  func shut() async throws {
    try await withDirectory { path in
      let inside = path + "/in"
      try FileManager.default.createDirectory(atPath: inside + "/sub", withIntermediateDirectories: true)
      try FileManager.default.createDirectory(atPath: path + "/out", withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(atPath: inside + "/link", withDestinationPath: path + "/out")
      let folder = try WritableFolder(ServedFolder(path: inside))
      for name in ["../x", "link/x", "sub/../../x", "", ".", "..", "sub/", "nowhere/x", "a\u{0}b"] {
        #expect(throws: FolderError.self, "\(name)") { try folder.draft(for: Array(name.utf8)) }
      }
      for name in ["sub", "link"] {
        let draft = try folder.draft(for: Array(name.utf8))
        #expect(throws: FolderError.self) { try draft.keep(if: { _ in true }) }
        #expect(throws: FolderError.self) { try folder.remove(Array(name.utf8), if: { _ in true }) }
      }
      let draft = try folder.draft(for: Array("sub/x".utf8))
      guard case .kept = try draft.keep(if: { $0 == nil }) else {
        Issue.record("not kept")
        return
      }
      #expect(all(inside + "/sub") == ["x"] && all(path + "/out") == [])
    }
  }
}
