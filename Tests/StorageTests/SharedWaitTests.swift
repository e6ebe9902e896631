// Who waits for the disk at the same time waits once for all: counted, on a disk that takes its time.
import Bytes
import Foundation
import Synchronization
import Testing

@testable import Storage

/// The system's files, counted, on a disk whose directories take a while to become durable.
private final class SlowFiles: FileOperations {
  let directorySyncs = Mutex(0)
  private let files = SystemFiles()

  func write(_ bytes: Buffer, to path: String) throws(StorageError) { try files.write(bytes, to: path) }
  func append(_ bytes: Buffer, to path: String) throws(StorageError) { try files.append(bytes, to: path) }
  func hasten(file path: String) { files.hasten(file: path) }
  func synchronize(file path: String) throws(StorageError) { try files.synchronize(file: path) }
  func rename(_ path: String, to target: String) throws(StorageError) { try files.rename(path, to: target) }
  func synchronize(directory path: String) throws(StorageError) {
    directorySyncs.withLock { $0 += 1 }
    usleep(20_000)
  }
  func remove(_ path: String) throws(StorageError) { try files.remove(path) }
  func read(_ path: String) throws(StorageError) -> Buffer? { try files.read(path) }
  func open(_ path: String) throws(StorageError) -> BlobContent? { try files.open(path) }
  func names(in directory: String) throws(StorageError) -> [String] { try files.names(in: directory) }
  func makeDirectory(_ path: String) throws(StorageError) { try files.makeDirectory(path) }
}

@Suite("who waits for the disk together waits once")
struct SharedWaitTests {
  private static let many = 200

  @Test("blobs: many puts and removals at once need few waits for the directory")
  func blobs() async throws {
    try await withDirectory { path in
      let files = SlowFiles()
      let store = try FileBlobs(directory: path + "/blobs", files: files)
      let names = try (0..<Self.many).map { try #require(BlobName("blob-\($0)")) }
      let before = files.directorySyncs.withLock { $0 }
      try await withThrowingTaskGroup { group in
        for name in names { group.addTask { try await store.put(Buffer("content of \(name)"), as: name) } }
        try await group.waitForAll()
      }
      let waits = files.directorySyncs.withLock { $0 } - before
      #expect(waits >= 1 && waits <= Self.many / 4, "\(waits) waits")
      for name in names { #expect(try await store.bytes(of: name) == Buffer("content of \(name)")) }
      try await withThrowingTaskGroup { group in
        for name in names { group.addTask { try await store.remove(name) } }
        try await group.waitForAll()
      }
      #expect(try await store.names() == [])
    }
  }

  @Test("records: many batches at once share transactions, and each has its own outcome")
  func records() async throws {
    try await withDirectory { path in
      let store = try SQLiteRecords(path: path + "/r.sqlite")
      let before = store.transactions
      let refused = await withTaskGroup(of: (Int, StorageError?).self) { group in
        for number in 0..<Self.many {
          let key = Buffer("k\(number)")
          // Every third one fails after its first change, which must not stay.
          let wish: [Change] = number % 3 == 0 ? [.expect(table: "t", key: "nothing", value: "something")] : []
          group.addTask {
            do throws(StorageError) {
              try await store.apply([.put(table: "t", key: key, value: "1")] + wish)
              return (number, nil)
            } catch { return (number, error) }
          }
        }
        var refused: Set<Int> = []
        for await (number, error) in group {
          if error != nil { refused.insert(number) }
          #expect(error == nil || error == .conflict(table: "t", key: "nothing"))
        }
        return refused
      }
      #expect(refused == Set((0..<Self.many).filter { $0 % 3 == 0 }))
      let keys = Set(try await store.records(in: "t", from: "", to: nil, limit: 1_000).map(\.key.text))
      #expect(keys == Set((0..<Self.many).filter { $0 % 3 != 0 }.map { "k\($0)" }))
      let transactions = store.transactions - before
      #expect(transactions >= 1 && transactions <= Self.many / 4, "\(transactions) transactions")
    }
  }

  @Test("changes to one key by many at once all happen, one after the other")
  func counter() async throws {
    try await withDirectory { path in
      let store = try SQLiteRecords(path: path + "/r.sqlite")
      try await store.apply([.put(table: "t", key: "n", value: "0")])
      try await withThrowingTaskGroup { group in
        for _ in 0..<20 {
          group.addTask {
            while true {
              let value = try await store.value(in: "t", at: "n")
              let next = Buffer("\((Int(value?.text ?? "") ?? 0) + 1)")
              do {
                return try await store.apply([.expect(table: "t", key: "n", value: value), .put(table: "t", key: "n", value: next)])
              } catch StorageError.conflict {}
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await store.value(in: "t", at: "n") == "20")
    }
  }
}
