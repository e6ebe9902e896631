// Cookies: the hash by its authors' vectors, server cookies by those of RFC 9018, and every way in which one is not good.
import Bytes
import DNS
import TestKit
import Testing
import Trace
import World

@Suite("cookies")
struct CookieTests {
  @Test("SipHash-2-4 by its authors' vectors: 0, 1, 2 … hashed with the key 0 1 2 …", .spec("SipHash", "A"), arguments: [
    (0, 0x726F_DB47_DD0E_0E31), (1, 0x74F8_39C5_93DC_67FD), (7, 0xAB02_00F5_8B01_D137), (8, 0x93F5_F579_9A93_2462), (15, 0xA129_CA61_49BE_45E5),
    (63, 0x958A_324C_EB06_4572),
  ] as [(Int, UInt64)])
  func hashes(_ count: Int, _ hash: UInt64) throws {
    let key = try #require(SipKey(Array(0..<16)))
    let bytes = (0..<count).map { UInt8($0) }
    #expect(bytes.withUnsafeBytes { key.hash($0) } == hash)
    #expect(key.hash(0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908) == (0..<16).map { UInt8($0) }.withUnsafeBytes { key.hash($0) })
    #expect(SipKey(bytes) == nil || count == 16)
  }

  private static let old = "e5e973e5a6b2a43f48e7dc849e37bfcf"

  /// A cookie that came back, and what is made of it.
  struct Vector: Sendable {
    var address: String
    var cookie: String
    var secret: String
    var previous: String?
    var time: UInt32
    var verdict: ServerCookie.Verdict
    /// What is given in its place.
    var fresh: String
  }

  @Test("server cookies by the vectors of the RFC, and just beside them", .spec("RFC 9018", "A"), arguments: [
    // A.1: nothing but the client's half.
    Vector(address: "198.51.100.100", cookie: "2464c4abcf10c957", secret: old, time: 1_559_731_985, verdict: .bad, fresh: "010000005cf79f111f8130c3eee29480"),
    // A.2: forty minutes later.
    Vector(address: "198.51.100.100", cookie: "2464c4abcf10c957010000005cf79f111f8130c3eee29480", secret: old, time: 1_559_734_385, verdict: .aging, fresh: "010000005cf7a871d4a564a1442aca77"),
    // A.3: reserved bits that another server set are hashed as they are; by now it is too old.
    Vector(address: "203.0.113.203", cookie: "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", secret: old, time: 1_559_727_985, verdict: .good, fresh: "010000005cf78f71"),
    Vector(address: "203.0.113.203", cookie: "fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5", secret: old, time: 1_559_734_700, verdict: .bad, fresh: "010000005cf7a9acf73a7810aca2381e"),
    // A.4: made with the secret before.
    Vector(
      address: "2001:db8:220:1:59de:d0f4:8769:82b8", cookie: "22681ab97d52c298010000005cf7c57926556bd0934c72f8", secret: "445536bcd2513298075a5d379663c962",
      previous: "dd3bdf9344b678b185a6f5cb60fca715", time: 1_559_741_961, verdict: .aging, fresh: "010000005cf7c609a6bb79d16625507a"),
    Vector(
      address: "2001:db8:220:1:59de:d0f4:8769:82b8", cookie: "22681ab97d52c298010000005cf7c57926556bd0934c72f8", secret: "445536bcd2513298075a5d379663c962",
      time: 1_559_741_961, verdict: .bad, fresh: "010000005cf7c609a6bb79d16625507a"),
    // Another address, another client's half, a changed hash, another version, one byte too many, and times at both ends.
    Vector(address: "198.51.100.101", cookie: "2464c4abcf10c957010000005cf79f111f8130c3eee29480", secret: old, time: 1_559_731_985, verdict: .bad, fresh: "01000000"),
    Vector(address: "198.51.100.100", cookie: "2464c4abcf10c958010000005cf79f111f8130c3eee29480", secret: old, time: 1_559_731_985, verdict: .bad, fresh: "01000000"),
    Vector(address: "198.51.100.100", cookie: "2464c4abcf10c957010000005cf79f111f8130c3eee29481", secret: old, time: 1_559_731_985, verdict: .bad, fresh: "01000000"),
    Vector(address: "198.51.100.100", cookie: "2464c4abcf10c957020000005cf79f111f8130c3eee29480", secret: old, time: 1_559_731_985, verdict: .bad, fresh: "01000000"),
    Vector(address: "198.51.100.100", cookie: "2464c4abcf10c957010000005cf79f111f8130c3eee2948000", secret: old, time: 1_559_731_985, verdict: .bad, fresh: "01000000"),
    Vector(address: "198.51.100.100", cookie: "2464c4abcf10c957010000005cf79f111f8130c3eee29480", secret: old, time: 1_559_731_985 + 1_800, verdict: .good, fresh: "01000000"),
    Vector(address: "198.51.100.100", cookie: "2464c4abcf10c957010000005cf79f111f8130c3eee29480", secret: old, time: 1_559_731_985 + 3_600, verdict: .aging, fresh: "01000000"),
    Vector(address: "198.51.100.100", cookie: "2464c4abcf10c957010000005cf79f111f8130c3eee29480", secret: old, time: 1_559_731_985 + 3_601, verdict: .bad, fresh: "01000000"),
    Vector(address: "198.51.100.100", cookie: "2464c4abcf10c957010000005cf79f111f8130c3eee29480", secret: old, time: 1_559_731_985 - 300, verdict: .good, fresh: "01000000"),
    Vector(address: "198.51.100.100", cookie: "2464c4abcf10c957010000005cf79f111f8130c3eee29480", secret: old, time: 1_559_731_985 - 301, verdict: .bad, fresh: "01000000"),
  ])
  func vectors(_ vector: Vector) throws {
    func key(_ text: String) -> SipKey? { Hexadecimal.bytes(text.utf8).flatMap { SipKey($0) } }
    let secrets = CookieSecrets(current: try #require(key(vector.secret)), previous: vector.previous.flatMap { key($0) })
    let (address, cookie) = (try #require(Address(vector.address)), try #require(Hexadecimal.bytes(vector.cookie.utf8)))
    var fresh = [UInt8](repeating: 0, count: ServerCookie.size)
    let verdict = cookie.withUnsafeBytes { bytes -> ServerCookie.Verdict? in
      guard let base = bytes.baseAddress else { return nil }
      fresh.withUnsafeMutableBytes { room in
        if let target = room.baseAddress { ServerCookie.write(for: base, at: address, with: secrets.current, time: vector.time, to: target) }
      }
      return ServerCookie.judge(base, count: bytes.count, from: address, with: secrets, time: vector.time)
    }
    #expect(verdict == vector.verdict)
    #expect(Hexadecimal.text(fresh).hasPrefix(vector.fresh))
  }

  @Test("a cookie is explained, half by half", arguments: [
    ("2464c4abcf10c957", ["Client's half"]), ("2464c4abcf10c957010000005cf79f111f8130c3eee29480", ["Client's half", "Version", "Reserved", "Made", "Hash"]),
    ("2464c4abcf10c9570200000000000000", ["Client's half", "Server's half"]), ("2464c4", []),
  ])
  func explained(_ cookie: String, _ names: [String]) throws {
    let bytes = try #require(Hexadecimal.bytes(cookie.utf8))
    let query = Message.query(try Name("www.garnet.test"), .a, id: 7, edns: EDNS(options: [EDNSOption(.cookie, bytes)]))
    let explanation = DNS.explain(query.wire())
    let data = try #require(explanation.fields.last?.children.last?.children.last)
    #expect(explanation.problem == nil && data.children.map(\.name) == names)
    #expect(data.children.isEmpty || data.children.reduce(0) { $0 + $1.range.count } == bytes.count)
  }

  @Test("a cookie option has 8 bytes, or 16 to 40", .spec("RFC 7873", "4"), arguments: [0, 7, 8, 9, 15, 16, 24, 40, 41])
  func lengths(_ count: Int) {
    let option = EDNSOption(.cookie, (0..<count).map { UInt8($0) })
    let isOne = count == 8 || (16...40).contains(count)
    #expect((option.cookie != nil) == isOne && ServerCookie.isPossible(count: count) == isOne)
    if isOne { #expect(option.cookie?.client == Array(0..<8) && option.cookie?.server.count == count - 8) }
    #expect(EDNSOption(.nsid, option.data).cookie == nil)
  }
}
