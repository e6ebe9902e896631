// The cache's own parts: keys, records, the folder after every kind of end, bodies with many readers, bounds.
import Bytes
import Foundation
import HTTP
import Storage
import Synchronization
import TestKit
import Testing
import World

@testable import WebServer

@Suite("the cache's parts")
struct CacheTests {
  static func request(_ target: String = "/a", _ fields: String = "") throws -> RequestHead {
    var bytes = Buffer("GET \(target) HTTP/1.1\r\nHost: here.test\r\n\(fields)\r\n")
    var reader = RequestReader()
    return try #require(try reader.next(from: &bytes))
  }

  static func stored(_ fields: String = "Cache-Control: max-age=60\r\n", at now: Instant = .simulationStart) throws -> StoredResponse {
    var bytes = Buffer("HTTP/1.1 200 OK\r\nDate: \(DateText.bytes(of: now).text)\r\n\(fields)\r\n")
    var reader = ResponseReader()
    let head = try #require(try reader.next(from: &bytes, answering: .get))
    return StoredResponse(head: head, requestedAt: now, receivedAt: now, policy: CachePolicy())
  }

  static func withFolder<R>(_ body: (String) async throws -> R) async throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-cache-\(UUID().uuidString.prefix(8))").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
  }

  /// Keeps a response of this size.
  @discardableResult
  static func keep(_ path: String, _ size: Int, in cache: WebCache, fields: String = "Cache-Control: max-age=60\r\n") throws -> CacheEntry {
    let request = try request(path)
    let key = try #require(CacheKey.bytes(of: request, isSecure: false))
    let entry = try #require(cache.begin(key, for: request, try stored(fields), Filling(variant: Buffer()), announcedLength: nil))
    var checksum = Checksum()
    var content = Origin.content(size)
    while let piece = content.take(min(1_000, content.count)), !piece.isEmpty {
      checksum.add(piece)
      try entry.body.append(piece)
    }
    cache.complete(entry, checksum: checksum.value)
    return entry
  }

  static func find(_ path: String, in cache: WebCache) throws -> CacheEntry? {
    let request = try request(path)
    let key = try #require(CacheKey.bytes(of: request, isSecure: false))
    if case .entry(let entry) = cache.find(key, for: request, at: .simulationStart) { return entry }
    return nil
  }

  @Test("keys: one for each address, the same for each spelling", arguments: [
    ("http://a.test/", "http://A.Test:80/", true), ("http://a.test/", "http://a.test./", true), ("http://a.test/", "http://a.test:080/", true), ("http://a.test/", "http://a.test:81/", false),
    ("http://a.test/x", "http://a.test/X", false), ("http://a.test/x?a=1", "http://a.test/x?a=2", false), ("http://a.test/x", "http://a.test/x?", false), ("http://[2001:db8::1]/", "http://[2001:DB8::1]:80/", true),
    ("http://a.test/%41", "http://a.test/A", false),
  ])
  func keys(_ one: String, _ other: String, _ isSame: Bool) throws {
    func key(_ target: String) throws -> [UInt8] {
      var bytes = Buffer("GET \(target) HTTP/1.1\r\nHost: x.test\r\n\r\n")
      var reader = RequestReader()
      let head = try #require(try reader.next(from: &bytes))
      return try #require(CacheKey.bytes(of: head, isSecure: false))
    }
    #expect((try key(one) == key(other)) == isSame)
    #expect(try key(one) != CacheKey.bytes(of: try Self.request("/"), isSecure: true))
  }

  @Test("a record reads back, and with any byte changed or missing it is none")
  func records() throws {
    let record = CacheRecord(
      key: "http://a.test:80/", varyKey: "x", head: "HTTP/1.1 200 OK\r\nETag: \"x\"\r\n\r\n", requestedAt: Instant(nanoseconds: 5), receivedAt: Instant(nanoseconds: 7), bodyLength: 9, bodyChecksum: 11)
    let bytes = record.bytes
    #expect(CacheRecord(reading: bytes) == record)
    for index in 0..<bytes.count {
      var changed = bytes.array
      changed[index] ^= 1
      #expect(CacheRecord(reading: Buffer(changed)) == nil)
      #expect(CacheRecord(reading: bytes[0..<index]) == nil)
    }
  }

  @Test("a checksum does not depend on the pieces, and on everything else")
  func checksums() {
    var random = SeededRandom(seed: 5)
    let bytes = Origin.content(100)
    for pieces in [Cutter.single(bytes)] + Cutter.random(bytes, count: 50, using: &random) {
      var checksum = Checksum()
      for piece in pieces { checksum.add(piece) }
      #expect(checksum.value == Checksum.of(bytes))
    }
    #expect(Set((0...100).map { Checksum.of(bytes[0..<$0]) }).count == 101)
  }

  @Test("what was kept is there after a restart; what is torn is not", arguments: ["nothing", "body cut", "body changed", "body gone", "record cut", "record gone", "half left"])
  func restart(_ harm: String) async throws {
    try await Self.withFolder { folder in
      var settings = CacheSettings()
      settings.folder = folder
      settings.objectInMemoryBytesMax = 10_000
      do {
        let cache = try WebCache(settings)
        try Self.keep("/small", 3_000, in: cache)
        try Self.keep("/large", 30_000, in: cache)
        #expect(cache.load.diskBytes > 33_000)
      }
      let files = names(in: folder)
      #expect(files.count == 4)
      for file in files {
        let path = folder + "/" + file
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        switch (harm, file.hasPrefix("body")) {
        case ("body cut", true), ("record cut", false): try bytes.dropLast().write(to: URL(fileURLWithPath: path))
        case ("body changed", true): try Data(bytes.dropLast() + [bytes.last.map { $0 ^ 1 } ?? 0]).write(to: URL(fileURLWithPath: path))
        case ("body gone", true), ("record gone", false): try FileManager.default.removeItem(atPath: path)
        case ("half left", true): try bytes.prefix(10).write(to: URL(fileURLWithPath: folder + "/half-9\(file.count)"))
        default: break
        }
      }
      let again = try WebCache(settings)
      for (path, size) in [("/small", 3_000), ("/large", 30_000)] {
        let entry = try Self.find(path, in: again)
        switch harm {
        case "nothing", "half left":
          let found = try #require(entry)
          #expect(!found.isVerified && found.verify(intoMemory: 10_000))
          let reader = try #require(found.body.join())
          var whole = Buffer()
          while let piece = try await found.body.next(reader, at: Int64(whole.count)) { whole.append(piece) }
          #expect(whole == Origin.content(size))
        case "body changed": #expect(entry?.verify(intoMemory: 10_000) == false)
        default: #expect(entry == nil)
        }
      }
      #expect(!names(in: folder).contains { $0.hasPrefix("half") })
      if harm == "body gone" || harm == "record gone" { #expect(names(in: folder).isEmpty) }
    }
  }

  @Test("a confirmation and a removal survive too")
  func changes() async throws {
    try await Self.withFolder { folder in
      var settings = CacheSettings()
      settings.folder = folder
      do {
        let cache = try WebCache(settings)
        let kept = try Self.keep("/a", 10, in: cache, fields: "Cache-Control: max-age=1\r\nETag: \"a\"\r\n")
        try Self.keep("/b", 10, in: cache)
        let confirmation = try Self.stored("Cache-Control: max-age=99\r\nETag: \"a\"\r\n").head
        #expect(cache.freshen(kept, by: confirmation, requestedAt: .simulationStart, receivedAt: .simulationStart + .seconds(5)))
        let other = try #require(WebAddress("http://here.test/b"))
        #expect(cache.purge(other) == 1)
      }
      let again = try WebCache(settings)
      #expect(try Self.find("/a", in: again)?.stored.lifetime == 99)
      #expect(try Self.find("/b", in: again) == nil)
      #expect(again.load.entries == 1)
    }
  }

  @Test("bounds hold: entries, memory, disk, variants")
  func bounds() async throws {
    try await Self.withFolder { folder in
      var settings = CacheSettings()
      settings.entriesMax = 20
      let many = try WebCache(settings)
      for number in 0..<100 { try Self.keep("/\(number)", 10, in: many) }
      #expect(many.load.entries <= 20 && many.load.entries > 10)
      settings = CacheSettings()
      settings.memoryBytesMax = 200_000
      let heavy = try WebCache(settings)
      for number in 0..<50 { try Self.keep("/\(number)", 20_000, in: heavy) }
      #expect(heavy.load.memoryBytes <= 200_000 && heavy.load.entries >= 5)
      // Addresses of which nothing is kept, each as long as a page.
      let passing = try WebCache(settings)
      for number in 0..<1_000 {
        passing.notePassing(Array("http://here.test:80/\(number)".utf8) + [UInt8](repeating: 0x78, count: 4_000), at: .simulationStart)
      }
      #expect(passing.load.memoryBytes <= 200_000 && passing.load.memoryBytes > 4_000 && passing.load.entries == 0)
      settings.folder = folder
      settings.diskBytesMax = 400_000
      let deep = try WebCache(settings)
      for number in 0..<50 { try Self.keep("/\(number)", 20_000, in: deep) }
      #expect(deep.load.diskBytes <= 400_000 && deep.load.memoryBytes <= 200_000 && deep.load.entries > heavy.load.entries)
      let onDisk = names(in: folder).filter { $0.hasPrefix("body") }.count
      #expect(onDisk == deep.load.entries)
      #expect(try WebCache(settings).load.entries == onDisk)
    }
  }

  @Test("who comes too late for a body that is not kept is told so")
  func late() async throws {
    let body = CachedBody(spooling: nil, memoryBytesMax: 1_000)
    let first = try #require(body.join())
    try body.append("one")
    body.pass()
    #expect(body.join() != nil)
    #expect(try await body.next(first, at: 0) == "one")
    try body.append("two")
    // The second one above is still at the beginning, so everything is there.
    #expect(try await body.next(first, at: 3) == "two")
    #expect(body.join() != nil)
    for reader in [2, 3] { body.leave(reader) }
    #expect(try await body.next(first, at: 3) == "two")
    #expect(body.join() == nil)
  }

  @Test("many readers of a body that grows, each at its own pace; one that is not kept goes at the slowest's", .timeLimit(.minutes(1)), arguments: [false, true])
  func readers(_ isPassing: Bool) async throws {
    let body = CachedBody(spooling: nil, memoryBytesMax: 1 << 20)
    let content = Origin.content(200_000)
    let readers = (0..<5).compactMap { _ in body.join() }
    if isPassing { body.pass() }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for (number, reader) in readers.enumerated() {
        group.addTask {
          defer { body.leave(reader) }
          var whole = Buffer()
          while let piece = try await body.next(reader, at: Int64(whole.count), most: 1_000 * (number + 1)) {
            whole.append(piece)
            if number == 0, whole.count % 20_000 == 0 { await Task.yield() }
          }
          return whole == content
        }
      }
      var rest = content
      while let piece = rest.take(min(7_000, rest.count)), !piece.isEmpty {
        try body.append(piece)
        if isPassing {
          #expect(body.heldBytes < 60_000)
          _ = await body.room(30_000)
        }
      }
      body.finish()
      for try await isRight in group { #expect(isRight) }
    }
    let broken = CachedBody(spooling: nil, memoryBytesMax: 100)
    let reader = try #require(broken.join())
    broken.breakOff()
    await #expect(throws: BodyBroken.self) { try await broken.next(reader, at: 0) }
  }
}
