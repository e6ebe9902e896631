// Sessions: made, found, changed, renamed, forgotten, bounded; the cookie; requests other sites made.
import Bytes
import HTTP
import Storage
import Testing
import World

@testable import WebServer

@Suite struct SessionTests {
  private let begin = Instant.simulationStart

  private func store(_ records: any RecordStore = MemoryRecords(), _ limits: SessionLimits = SessionLimits(), seed: UInt64 = 1) async throws -> SessionStore {
    try await SessionStore.open(in: records, limits: limits, random: SeededRandom(seed: seed))
  }

  @Test("a session is found by its name only, remembers, and survives a restart of the server")
  func remembers() async throws {
    let records = MemoryRecords()
    let sessions = try await store(records)
    let (id, first) = try await sessions.make(at: begin)
    #expect(first.number == 1 && id.description.utf8.count == 32)
    _ = try await sessions.change(id, at: begin) { $0["basket"] = "a&b=1 ä" }
    let again = try await store(records, seed: 2)
    #expect(again.count == 1)
    let found = try #require(try await again.visit(id, at: begin + .seconds(1)))
    #expect(found["basket"] == "a&b=1 ä" && found.number == 1 && found.lastSeen == begin)
    #expect(try await again.visit(try #require(SessionID(Buffer(String(repeating: "0", count: 32)))), at: begin) == nil)
    #expect(try await again.make(at: begin).session.number == 2)
    // Nothing in the table opens a session.
    for row in try await records.records(in: "session", from: "", to: nil, limit: 10) {
      #expect(!row.key.text.contains(id.description) && !row.value.text.contains(id.description))
    }
  }

  @Test("a new name at login; the old one is worth nothing")
  func renamed() async throws {
    let sessions = try await store()
    let (id, _) = try await sessions.make(at: begin)
    _ = try await sessions.change(id, at: begin) { $0["basket"] = "1" }
    let renamed = try #require(try await sessions.rename(id, at: begin) { $0.user = "alice" })
    #expect(renamed.id != id && renamed.session.user == "alice" && renamed.session["basket"] == "1" && sessions.count == 1)
    #expect(try await sessions.visit(id, at: begin) == nil)
    #expect(try await sessions.visit(renamed.id, at: begin)?.user == "alice")
    try await sessions.end(renamed.id)
    #expect(try await sessions.visit(renamed.id, at: begin) == nil && sessions.count == 0)
    #expect(try await sessions.rename(id, at: begin) { _ in } == nil)
  }

  @Test("sessions expire, and the longest unseen one makes room")
  func bounds() async throws {
    var limits = SessionLimits()
    limits.sessionsMax = 3
    limits.idleTimeout = .seconds(100)
    limits.lifetimeMax = .seconds(250)
    limits.noteInterval = .seconds(10)
    let sessions = try await store(MemoryRecords(), limits)
    var ids: [SessionID] = []
    for second in 0..<3 { ids.append(try await sessions.make(at: begin + .seconds(second)).id) }
    // A visit that soon is not noted, so the first one stays the longest unseen.
    _ = try await sessions.visit(ids[0], at: begin + .seconds(5))
    ids.append(try await sessions.make(at: begin + .seconds(6)).id)
    #expect(sessions.count == 3)
    #expect(try await sessions.visit(ids[0], at: begin + .seconds(7)) == nil)
    #expect(try await sessions.visit(ids[1], at: begin + .seconds(90)) != nil)
    #expect(try await sessions.visit(ids[2], at: begin + .seconds(110)) == nil)
    #expect(try await sessions.visit(ids[1], at: begin + .seconds(180))?.lastSeen == begin + .seconds(180))
    #expect(try await sessions.visit(ids[1], at: begin + .seconds(260)) == nil, "past its whole life")
    _ = try await sessions.make(at: begin + .seconds(261))
    #expect(sessions.count == 1, "the one that expired unseen was swept")
    #expect(try await sessions.all(limit: 10).map(\.session.number) == [5])
  }

  @Test("a session that grows too large is refused, and stays as it was")
  func large() async throws {
    let sessions = try await store()
    let (id, _) = try await sessions.make(at: begin)
    await #expect(throws: SessionError.tooLarge(allowed: 16_384)) {
      try await sessions.change(id, at: begin) { $0["x"] = String(repeating: "y", count: 16_384) }
    }
    #expect(try await sessions.visit(id, at: begin)?["x"] == nil)
  }

  @Test("changes made at the same time all count")
  func together() async throws {
    let sessions = try await store()
    let (id, _) = try await sessions.make(at: begin)
    let begin = begin
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask { _ = try? await sessions.change(id, at: begin) { $0["n"] = "\((Int($0["n"] ?? "") ?? 0) + 1)" } }
      }
    }
    #expect(try await sessions.visit(id, at: begin)?["n"] == "4")
  }

  @Test("names that never were one", arguments: ["", "abc", String(repeating: "g", count: 32), String(repeating: "A", count: 32), String(repeating: "a", count: 33)])
  func names(_ text: String) { #expect(SessionID(Buffer(text)) == nil) }

  @Test("the cookie is safe by default")
  func cookie() throws {
    var random = SeededRandom(seed: 1)
    let id = SessionID(using: &random)
    let cookie = SessionCookie()
    #expect(cookie.field(id, isEncrypted: false).text == "session=\(id); Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax")
    #expect(cookie.field(id, isEncrypted: true).text == "__Host-session=\(id); Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Lax")
    #expect(cookie.field(nil, isEncrypted: false).text == "session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax")
    let request = try head("GET / HTTP/1.1\r\nHost: a\r\nCookie: x=1; session=\(id)\r\n\r\n")
    #expect(cookie.id(in: request, isEncrypted: false) == id && cookie.id(in: request, isEncrypted: true) == nil)
  }

  private func head(_ text: String) throws -> RequestHead {
    var reader = RequestReader()
    var bytes = Buffer(text)
    return try #require(try reader.next(from: &bytes))
  }

  @Test("requests that other sites made", arguments: [
    ("GET", "Origin: http://evil.test", false), ("POST", "", false), ("POST", "Origin: http://shop.test:8080", false), ("POST", "Origin: http://evil.test", true),
    ("POST", "Origin: null", true), ("POST", "Origin: http://shop.test", true), ("POST", "Sec-Fetch-Site: same-origin", false), ("POST", "Sec-Fetch-Site: none", false),
    ("DELETE", "Sec-Fetch-Site: cross-site", true), ("POST", "Sec-Fetch-Site: same-site\r\nOrigin: http://shop.test:8080", true),
  ])
  func foreign(method: String, field: String, isForeign: Bool) throws {
    #expect(CrossSite.isForeign(try head("\(method) / HTTP/1.1\r\nHost: shop.test:8080\r\n\(field.isEmpty ? "" : field + "\r\n")\r\n")) == isForeign)
  }
}
