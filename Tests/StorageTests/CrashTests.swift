// Power cuts: for every n the n-th step is the last; what was acknowledged must be there afterwards, and nothing may be half there.
import Bytes
import Foundation
import Storage
import Synchronization
import Testing

/// A disk that forgets: written bytes and renames are lost at a power cut unless they were synchronized.
final class ForgetfulDisk: FileOperations {
  struct State {
    /// What programs see now, and what a power cut leaves.
    var seen: [String: Buffer] = [:]
    var durable: [String: Buffer] = [:]
    /// Contents known to be on the platter, by path as seen.
    var synchronized: [String: Buffer] = [:]
    /// Directories seen, and those that a power cut leaves.
    var directories: Set<String> = []
    var durableDirectories: Set<String> = []
    var stepsLeft: Int
    /// Whether the step that fails also happens (the power goes after it, before it is reported).
    var lastStepHappens: Bool
  }

  let state: Mutex<State>

  init(steps: Int, lastStepHappens: Bool, durable: [String: Buffer] = [:]) {
    state = Mutex(State(seen: durable, durable: durable, synchronized: durable, stepsLeft: steps, lastStepHappens: lastStepHappens))
  }

  /// What is left: nothing of a directory whose own entry was lost.
  var afterPowerCut: [String: Buffer] {
    state.withLock { state in state.durable.filter { state.durableDirectories.contains(Self.directory(of: $0.key)) } }
  }

  private static func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
  }

  private func step(_ body: (inout State) -> Void) throws(StorageError) {
    let failed = state.withLock { state in
      state.stepsLeft -= 1
      if state.stepsLeft > 0 || (state.stepsLeft == 0 && state.lastStepHappens) { body(&state) }
      return state.stepsLeft <= 0
    }
    if failed { throw .failed("power cut") }
  }

  func write(_ bytes: Buffer, to path: String) throws(StorageError) {
    try step { state in
      state.seen[path] = bytes
      state.synchronized[path] = nil
      // The name may reach the platter before the bytes do: the worst case is kept.
      state.durable[path] = Buffer(bytes.array.prefix(bytes.count / 2))
    }
  }

  func append(_ bytes: Buffer, to path: String) throws(StorageError) {
    try step { state in
      state.seen[path]?.append(bytes)
      state.synchronized[path] = nil
      state.durable[path] = Buffer((state.seen[path] ?? Buffer()).array.prefix(bytes.count / 2))
    }
  }

  func hasten(file path: String) {}

  func synchronize(file path: String) throws(StorageError) {
    try step { state in
      state.synchronized[path] = state.seen[path]
      if state.durable[path] != nil { state.durable[path] = state.seen[path] }
    }
  }

  func rename(_ path: String, to target: String) throws(StorageError) {
    try step { state in
      state.seen[target] = state.seen.removeValue(forKey: path)
      state.synchronized[target] = state.synchronized.removeValue(forKey: path)
    }
  }

  func synchronize(directory path: String) throws(StorageError) {
    try step { state in
      state.durableDirectories.formUnion(state.directories.filter { Self.directory(of: $0) == path })
      state.durable = state.durable.filter { Self.directory(of: $0.key) != path }
      for file in state.seen where Self.directory(of: file.key) == path {
        state.durable[file.key] = state.synchronized[file.key] ?? Buffer(file.value.array.prefix(file.value.count / 2))
      }
    }
  }

  func remove(_ path: String) throws(StorageError) {
    try step { state in
      state.seen[path] = nil
      state.synchronized[path] = nil
    }
  }

  func read(_ path: String) throws(StorageError) -> Buffer? { state.withLock { $0.seen[path] } }

  func open(_ path: String) throws(StorageError) -> BlobContent? { try read(path).map { .memory($0) } }

  func names(in directory: String) throws(StorageError) -> [String] {
    state.withLock { $0.seen.keys.map { String($0.dropFirst(directory.count + 1)) } }
  }

  func makeDirectory(_ path: String) throws(StorageError) {
    try step { $0.directories.insert(path) }
  }
}

@Suite("a power cut loses nothing that was acknowledged")
struct CrashTests {
  @Test("blobs: for every n the power goes at the n-th step", arguments: [true, false])
  func blobs(lastStepHappens: Bool) async throws {
    let names = try (0..<4).map { try #require(BlobName("blob-\($0)")) }
    var reachedEnd = false
    for n in 1...300 where !reachedEnd {
      let disk = ForgetfulDisk(steps: n, lastStepHappens: lastStepHappens)
      var acknowledged: [BlobName: Buffer] = [:]
      var attempted: [BlobName: Set<Buffer>] = [:]
      // Once its removal is acknowledged a blob must not come back.
      var removed: Set<BlobName> = []
      do {
        let store = try FileBlobs(directory: "d", files: disk)
        for round in 0..<3 {
          for name in names {
            let bytes = Buffer("round \(round) of \(name)")
            attempted[name, default: []].insert(bytes)
            // Every other blob comes in pieces.
            if round.isMultiple(of: 2) {
              try await store.put(bytes, as: name)
            } else {
              let draft = try await store.draft()
              try await draft.append(bytes[0..<5])
              try await draft.append(bytes[5..<bytes.count])
              try await draft.keep(as: name)
            }
            acknowledged[name] = bytes
            attempted[name] = [bytes]
          }
        }
        for name in names.prefix(2) {
          acknowledged[name] = nil
          try await store.remove(name)
          removed.insert(name)
        }
        reachedEnd = true
      } catch {}
      let after = try FileBlobs(directory: "d", files: ForgetfulDisk(steps: .max, lastStepHappens: true, durable: disk.afterPowerCut))
      for name in names {
        let found = try await after.bytes(of: name)
        let possible = attempted[name, default: []].union(acknowledged[name].map { [$0] } ?? [])
        if let found { #expect(possible.contains(found), "step \(n): \(name) is \(found)") }
        #expect(!removed.contains(name) || found == nil, "step \(n): \(name) was removed and is back")
        if acknowledged[name] != nil { #expect(found != nil, "step \(n): \(name) was acknowledged and is gone") }
      }
      #expect(try await after.names().allSatisfy { names.contains($0) })
    }
    #expect(reachedEnd, "the scenario has more steps than were tried")
  }

  @Test("records: the log cut anywhere leaves the state after some batch, and never a half one")
  func records() async throws {
    try await withDirectory { path in
      let store = try SQLiteRecords(path: path + "/r.sqlite")
      let batches = 12
      for batch in 0..<batches {
        try await store.apply((0..<5).map { .put(table: "t", key: Buffer("k\($0)"), value: Buffer("\(batch)")) })
      }
      let database = try Data(contentsOf: URL(fileURLWithPath: path + "/r.sqlite"))
      let log = try Data(contentsOf: URL(fileURLWithPath: path + "/r.sqlite-wal"))
      var seen: Set<String> = []
      for (number, length) in stride(from: 0, through: log.count, by: 509).enumerated() {
        let copy = path + "/cut\(number).sqlite"
        try database.write(to: URL(fileURLWithPath: copy))
        try log.prefix(length).write(to: URL(fileURLWithPath: copy + "-wal"))
        let reopened = try SQLiteRecords(path: copy)
        let values = Set(try await reopened.records(in: "t", from: "", to: nil, limit: 10).map(\.value.text))
        #expect(values.count <= 1, "cut at \(length): \(values)")
        seen.formUnion(values)
      }
      #expect(seen.count > 3, "the cuts hit only \(seen)")
      // The uncut log has everything that was acknowledged.
      try database.write(to: URL(fileURLWithPath: path + "/whole.sqlite"))
      try log.write(to: URL(fileURLWithPath: path + "/whole.sqlite-wal"))
      let whole = try SQLiteRecords(path: path + "/whole.sqlite")
      #expect(try await whole.value(in: "t", at: "k4") == Buffer("\(batches - 1)"))
    }
  }

  @Test("a full disk is said, and what was there stays")
  func full() async throws {
    // /dev/full answers every write with ENOSPC.
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return print("skipped: full disk (no /dev/full)") }
    #expect(throws: StorageError.full) { try SystemFiles().write("x", to: "/dev/full") }
  }
}
