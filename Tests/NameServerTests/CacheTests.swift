// The cache in a time of its own: lifetimes, trust, negative entries, failures, delegations, bounds.
import DNS
import Testing
import World

@testable import NameServer

@Suite("record cache")
struct CacheTests {
  private let start = Instant.simulationStart
  private let soa = "z.test. 900 SOA a. b. 1 2 3 4 300"

  private func after(_ seconds: Int64) -> Instant { start + .seconds(seconds) }

  @Test("a set's TTL counts down and ends", arguments: [(0, 60), (1, 59), (59, 1), (60, nil), (3_600, nil)] as [(Int64, UInt32?)])
  func countsDown(_ c: (seconds: Int64, ttl: UInt32?)) throws {
    var cache = RecordCache()
    let kept = try records("a.test. 60 A 192.0.2.1\na.test. 90 A 192.0.2.2")
    cache.keep(kept, trust: .authoritative, at: start)
    let found = cache.find(try Name("A.TEST"), .a, at: after(c.seconds))
    guard let ttl = c.ttl else { return #expect(found == nil) }
    guard case .records(let records, .authoritative)? = found else { Issue.record("\(String(describing: found))"); return }
    #expect(records.map(\.ttl) == [ttl, ttl])
    #expect(records.map(\.data) == kept.map(\.data))
  }

  @Test("RFC 2181 §5.4.1: less trusted data never replaces more trusted, until that is out of date")
  func trust() throws {
    var cache = RecordCache()
    let name = try Name("a.test")
    cache.keep(try records("a.test. 60 A 192.0.2.1"), trust: .authoritative, at: start)
    cache.keep(try records("a.test. 600 A 192.0.2.66"), trust: .answer, at: after(1))
    guard case .records(let first, _)? = cache.find(name, .a, at: after(2)) else { Issue.record(); return }
    #expect(first.first?.data.address == Address("192.0.2.1"))
    cache.keep(try records("a.test. 60 A 192.0.2.2"), trust: .authoritative, at: after(3))
    guard case .records(let second, _)? = cache.find(name, .a, at: after(4)) else { Issue.record(); return }
    #expect(second.first?.data.address == Address("192.0.2.2"))
    cache.keep(try records("a.test. 60 A 192.0.2.3"), trust: .additional, at: after(63))
    guard case .records(_, .additional)? = cache.find(name, .a, at: after(64)) else { Issue.record(); return }
  }

  @Test("RFC 2308 §5, RFC 8020 §2: what does not exist is kept as long as the SOA record says; a name's absence covers what is below")
  func negative() throws {
    var cache = RecordCache()
    let soa = try #require(records(soa).first)
    cache.keep(noData: try Name("a.z.test"), .mx, soa: soa, at: start)
    cache.keep(noName: try Name("no.z.test"), soa: soa, at: start)
    guard case .noData(let kept?)? = cache.find(try Name("a.z.test"), .mx, at: after(100)) else { Issue.record(); return }
    #expect(kept.ttl == 200)
    #expect(cache.find(try Name("a.z.test"), .a, at: after(100)) == nil)
    guard case .noName? = cache.find(try Name("no.z.test"), .txt, at: after(299)) else { Issue.record(); return }
    guard case .noName? = cache.find(try Name("x.y.no.z.test"), .txt, at: after(299)) else { Issue.record(); return }
    #expect(cache.find(try Name("x.y.no.z.test"), .txt, at: after(300)) == nil)
    #expect(cache.find(try Name("z.test"), .txt, at: after(1)) == nil)
    cache.keep(noName: try Name("other.test"), soa: nil, at: start)
    #expect(cache.find(try Name("other.test"), .a, at: start) == nil)
  }

  @Test("RFC 9520 §3.2: each failure is remembered twice as long as the one before, up to five minutes")
  func failures() throws {
    var cache = RecordCache()
    let name = try Name("bad.test")
    var now = start
    for seconds in [5, 10, 20, 40, 80, 160, 300, 300] as [Int64] {
      cache.keep(Failure(.networkError, "x"), for: name, .a, at: now)
      #expect(cache.find(name, .a, at: now + .milliseconds(seconds * 1_000 - 1)) == .failed(Failure(.cachedError, "x")))
      now = now + .seconds(seconds)
      #expect(cache.find(name, .a, at: now) == nil)
    }
    cache.keep(try records("bad.test. 60 A 192.0.2.1"), trust: .authoritative, at: now)
    cache.keep(Failure(.networkError, "x"), for: name, .a, at: now)
    guard case .records? = cache.find(name, .a, at: now) else { Issue.record(); return }
  }

  @Test("the deepest delegation that is still alive leads on")
  func delegations() throws {
    var cache = RecordCache()
    func delegation(_ zone: String) throws -> Delegation { Delegation(zone: try Name(zone), servers: [.init(try Name("ns.\(zone)"), [.loopback])]) }
    cache.keep(try delegation("test"), ttl: 1_000, at: start)
    cache.keep(try delegation("z.test"), ttl: 100, at: start)
    let name = try Name("a.b.z.test")
    #expect(cache.delegation(above: name, at: after(99))?.zone == (try Name("z.test")))
    #expect(cache.delegation(above: name, at: after(100))?.zone == (try Name("test")))
    #expect(cache.delegation(above: try Name("y.test"), at: after(1))?.zone == (try Name("test")))
    #expect(cache.delegation(above: try Name("example"), at: after(1)) == nil)
    // What the servers themselves say about NS is data, not a way down.
    cache.keep(try records("z.test. 60 NS ns.other.test."), trust: .authoritative, at: after(200))
    #expect(cache.delegation(above: name, at: after(201))?.zone == (try Name("test")))
  }

  @Test("lifetimes and sizes have their bounds")
  func bounds() throws {
    var limits = NameServer.Limits()
    limits.cacheEntriesMax = 100
    var cache = RecordCache(limits: limits)
    cache.keep(try records("long.test. 9999999 A 192.0.2.1"), trust: .authoritative, at: start)
    #expect(cache.find(try Name("long.test"), .a, at: after(86_400)) == nil)
    cache.keep(try records("now.test. 0 A 192.0.2.1"), trust: .authoritative, at: start)
    #expect(cache.find(try Name("now.test"), .a, at: start) == nil)
    let many = try records((0..<101).map { "many.test. 60 A 192.0.2.\($0)\n" }.joined())
    cache.keep(many, trust: .authoritative, at: start)
    #expect(cache.find(try Name("many.test"), .a, at: start) == nil)
    for index in 0..<1_000 {
      cache.keep(try records("n\(index).test. 60 A 192.0.2.1"), trust: .authoritative, at: start)
      // One that is asked for all the time stays.
      _ = cache.find(try Name("n0.test"), .a, at: start)
    }
    #expect(cache.count == 100 && cache.evictions == 900)
    #expect(cache.find(try Name("n0.test"), .a, at: start) != nil)
    limits.cacheBytesMax = 4_000
    var small = RecordCache(limits: limits)
    for index in 0..<50 { small.keep(try records("n\(index).test. 60 A 192.0.2.1"), trust: .authoritative, at: start) }
    #expect(small.byteCount <= 4_000 && small.count > 5)
  }
}
