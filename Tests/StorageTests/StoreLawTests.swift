// One suite for every filling of the two ports: what holds for memory holds for disk.
import Bytes
import Foundation
import Storage
import Testing

/// A fresh directory, removed at the end of `body`.
func withDirectory<R>(_ body: (String) async throws -> R) async throws -> R {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-test-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try await body(path)
}

@Suite("every record store obeys the same law")
struct RecordLawTests {
  enum Filling: CaseIterable { case memory, disk }

  func with(_ filling: Filling, _ body: (any RecordStore) async throws -> Void) async throws {
    switch filling {
    case .memory: try await body(MemoryRecords())
    case .disk: try await withDirectory { try await body(SQLiteRecords(path: $0 + "/records.sqlite")) }
    }
  }

  @Test("a file that cannot have a write-ahead log is no record store") func modes() {
    #expect(throws: StorageError.self) { _ = try SQLiteRecords(path: ":memory:") }
  }

  @Test("puts, replaces, removes, ranges in byte order", arguments: Filling.allCases)
  func basics(_ filling: Filling) async throws {
    try await with(filling) { store in
      try await store.apply([
        .put(table: "t", key: "b", value: "2"), .put(table: "t", key: [0xFF], value: "4"), .put(table: "t", key: "a", value: "1"),
        .put(table: "t", key: "ab", value: ""), .put(table: "other", key: "a", value: "x"),
      ])
      #expect(try await store.value(in: "t", at: "a") == "1")
      #expect(try await store.value(in: "t", at: "ab") == "")
      #expect(try await store.value(in: "t", at: "c") == nil)
      #expect(try await store.records(in: "t", from: "", to: nil, limit: 10).map(\.key) == ["a", "ab", "b", [0xFF]])
      #expect(try await store.records(in: "t", from: "ab", to: [0xFF], limit: 10).map(\.key) == ["ab", "b"])
      #expect(try await store.records(in: "t", from: "", to: nil, limit: 1).map(\.key) == ["a"])
      #expect(try await store.values(in: "t", at: ["b", "c", "a", "ab", "b"]) == ["2", nil, "1", "", "2"])
      #expect(try await store.values(in: "none", at: ["b"]) == [nil])
      try await store.apply([.put(table: "t", key: "a", value: "9"), .remove(table: "t", key: "b")])
      #expect(try await store.value(in: "t", at: "a") == "9")
      #expect(try await store.value(in: "t", at: "b") == nil)
    }
  }

  @Test("a batch with an expectation that fails changes nothing", arguments: Filling.allCases)
  func atomic(_ filling: Filling) async throws {
    try await with(filling) { store in
      try await store.apply([.put(table: "t", key: "a", value: "1")])
      await #expect(throws: StorageError.conflict(table: "t", key: "a")) {
        try await store.apply([
          .put(table: "t", key: "b", value: "2"), .expect(table: "t", key: "b", value: "2"), .expect(table: "t", key: "a", value: "7"),
        ])
      }
      #expect(try await store.value(in: "t", at: "b") == nil)
      try await store.apply([.expect(table: "t", key: "z", value: nil), .put(table: "t", key: "z", value: "1")])
      #expect(try await store.value(in: "t", at: "z") == "1")
    }
  }

  @Test("what is too large is refused", arguments: Filling.allCases)
  func bounds(_ filling: Filling) async throws {
    try await with(filling) { store in
      let long = Buffer(repeatElement(UInt8(1), count: StorageLimits.keyLengthMax + 1))
      await #expect(throws: StorageError.self) { try await store.apply([.put(table: "t", key: long, value: "")]) }
    }
  }
}

@Suite("every blob store obeys the same law")
struct BlobLawTests {
  enum Filling: CaseIterable { case memory, disk }

  @Test("puts, replaces, removes, lists", arguments: Filling.allCases)
  func basics(_ filling: Filling) async throws {
    try await withDirectory { path in
      let store: any BlobStore = filling == .memory ? MemoryBlobs() : try FileBlobs(directory: path + "/blobs")
      let (a, b) = (try #require(BlobName("a-1")), try #require(BlobName("b.eml")))
      try await store.put("one", as: a)
      try await store.put("two", as: b)
      try await store.put("uno", as: a)
      #expect(try await store.bytes(of: a) == "uno")
      #expect(try await store.names() == [a, b])
      let open = try #require(try await store.open(a))
      #expect(open.count == 3 && open.bytes(0..<3) == "uno" && open.bytes(1..<9) == "no" && open.bytes(5..<9) == "")
      try await store.remove(a)
      try await store.remove(a)
      #expect(open.bytes(0..<3) == "uno", "what is open stays readable")
      #expect(try await store.open(a) == nil)
      #expect(try await store.bytes(of: a) == nil)
      #expect(try await store.names() == [b])
    }
  }

  @Test("drafts are seen when they are kept, and forgotten ones never", arguments: Filling.allCases)
  func drafts(_ filling: Filling) async throws {
    try await withDirectory { path in
      let store: any BlobStore = filling == .memory ? MemoryBlobs() : try FileBlobs(directory: path + "/blobs")
      let name = try #require(BlobName("a"))
      let draft = try await store.draft()
      try await draft.append("one ")
      try await draft.append("two")
      #expect(try await store.names() == [] && draft.count == 7)
      try await draft.keep(as: name)
      #expect(try await store.bytes(of: name) == "one two")
      await draft.discard()
      await #expect(throws: StorageError.self) { try await draft.keep(as: name) }
      #expect(try await store.names() == [name])
      let other = try await store.draft()
      try await other.append("half")
      await other.discard()
      await #expect(throws: StorageError.self) { try await other.append("more") }
      _ = try await store.draft()
      #expect(try await store.names() == [name])
      if filling == .disk { #expect(try FileManager.default.contentsOfDirectory(atPath: path + "/blobs") == ["a"]) }
    }
  }

  @Test("names that could leave the directory are no names", arguments: ["", ".", "..", "a/b", "../x", ".half-1", "Ä", "A", "a b", String(repeating: "a", count: 129)])
  func names(_ text: String) { #expect(BlobName(text) == nil) }
}
