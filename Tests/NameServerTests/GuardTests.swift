// What keeps an authority from being made a weapon: cookies asked for and shown, rates that are kept, tables that do not grow. And the resolver, which
// sends cookies and does not believe answers without them.
import Bytes
import DNS
import TestKit
import Testing
import Trace
import World

@testable import NameServer

private let zone = """
  g.test. 60 SOA ns.g.test. host.g.test. 1 2 3 4 5
  g.test. 60 NS ns.g.test.
  ns.g.test. 60 A 192.0.2.1
  www.g.test. 60 A 192.0.2.2
  big.g.test. 60 TXT \(String(repeating: "x", count: 250))
  sub.g.test. 60 NS ns.sub.g.test.
  ns.sub.g.test. 60 A 192.0.2.3
  """

private let victim = Address(198, 51, 100, 7)

/// An authority with guards, a clock for them, and what it says.
private struct Guarded {
  let clock = HandClock()
  let guards: AnswerGuards
  let responder: AuthorityResponder

  init(_ change: (inout ResponseRateSetting, inout CookieSetting) -> Void = { _, _ in }, limits: NameServer.Limits = NameServer.Limits()) throws {
    var (rate, cookies) = (ResponseRateSetting(), CookieSetting())
    change(&rate, &cookies)
    var chance = SeededRandom(seed: 7)
    guards = AnswerGuards(cookies: cookies, rate: rate, clock: clock, chance: &chance, limits: limits)
    responder = AuthorityResponder(AuthoritySource(Authority(zones: [try Zone(records: records(zone))])), guards: guards)
  }

  func ask(
    _ name: String = "www.g.test", _ type: RecordType = .a, cookie: [UInt8]? = nil, from client: Address = victim, over carriage: ConversationInfo.Carriage = .udp
  ) throws -> Message? {
    let options = cookie.map { [EDNSOption(.cookie, $0)] } ?? []
    let query = Message.query(try Name(name), type, id: 5, edns: EDNS(options: options))
    return try responder.answer(query.wire(), from: client, over: carriage).map { try Message(reading: $0) }
  }
}

@Suite("guards of an authority")
struct GuardTests {
  @Test("a cookie is answered with a cookie, which is good the next time; without one nothing is different", .spec("RFC 7873", "5.2"))
  func cookies() throws {
    let guarded = try Guarded()
    let own: [UInt8] = Array(1...8)
    #expect(try guarded.ask()?.edns?.options == [])
    let first = try #require(try guarded.ask(cookie: own)?.edns?.option(.cookie)?.cookie)
    #expect(first.client == own && first.server.count == 16)
    let again = try #require(try guarded.ask(cookie: own + first.server))
    #expect(again.edns?.option(.cookie)?.data == own + first.server && again.answers.count == 1)
    // Too old to be given again.
    guarded.clock.advance(by: .seconds(1_801))
    let renewed = try #require(try guarded.ask(cookie: own + first.server)?.edns?.option(.cookie)?.cookie)
    #expect(renewed.client == own && renewed.server != first.server)
    #expect(try guarded.ask("none.g.test", cookie: own)?.edns?.option(.cookie)?.cookie?.client == own, "errors have one too")
    #expect(try guarded.ask("other.test", cookie: own)?.edns?.option(.cookie)?.cookie?.client == own)
    #expect(try Guarded { $1.answers = false }.ask(cookie: own)?.edns?.options == [])
  }

  @Test("a cookie of an impossible length is malformed", .spec("RFC 7873", "5.2.2"), arguments: [0, 7, 9, 15, 41])
  func malformed(_ count: Int) throws {
    #expect(try Guarded().ask(cookie: Array(repeating: 1, count: count))?.responseCode == .formatError)
  }

  @Test("a cookie that is longer than its record is not looked at", .spec("RFC 7873", "5.2.2"), arguments: [1, 16, 40])
  func beyond(_ missing: Int) throws {
    let message = Message.query(try Name("www.g.test"), .a, id: 5, edns: EDNS(options: [EDNSOption(.cookie, Array(1...40))])).wire().array
    // The option says forty bytes; its record ends before them, and with it the message.
    var bytes = Array(message.dropLast(missing))
    let length = bytes.count - 40 + missing - 6
    bytes[length + 1] -= UInt8(missing)
    let starts = UnsafeMutablePointer<UInt8>.allocate(capacity: 128)
    defer { starts.deallocate() }
    bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      var query = Query(base, bytes.count)
      #expect(query.read(labelStarts: starts, optionsMax: 32) == .formatError && query.cookieAt == 0)
    }
    let answer = try Guarded().responder.answer(Buffer(bytes), from: victim, over: .udp).map { try Message(reading: $0) }
    #expect(answer?.responseCode == .formatError)
  }

  @Test("a query for nothing but a cookie", .spec("RFC 7873", "5.4"))
  func bare() throws {
    let guarded = try Guarded()
    let query = Message(id: 5, flags: Flags(), edns: EDNS(options: [.cookie(client: Array(1...8))]))
    let answer = try #require(try guarded.responder.answer(query.wire(), from: victim, over: .udp).map { try Message(reading: $0) })
    #expect(answer.responseCode == .noError && answer.questions.isEmpty && answer.edns?.option(.cookie)?.cookie?.server.count == 16)
  }

  @Test("where cookies are required, who knows them shows one first, over UDP", .spec("RFC 7873", "5.2.3"))
  func required() throws {
    let guarded = try Guarded { $1.requiresServerCookie = true }
    let refused = try #require(try guarded.ask(cookie: Array(1...8)))
    #expect(refused.responseCode == .badCookie && refused.answers.isEmpty)
    let cookie = try #require(refused.edns?.option(.cookie)?.data)
    #expect(try guarded.ask(cookie: cookie)?.answers.count == 1)
    #expect(try guarded.ask(cookie: cookie, from: Address(198, 51, 100, 8))?.responseCode == .badCookie, "another address")
    #expect(try guarded.ask(cookie: Array(1...8), over: .tcp)?.answers.count == 1)
    #expect(try guarded.ask()?.answers.count == 1, "who knows none")
  }

  /// How a flood was answered.
  private struct Tally: Equatable {
    var whole = 0
    var cut = 0
    var none = 0
  }

  private func flood(_ guarded: Guarded, _ count: Int, _ name: String = "www.g.test", _ type: RecordType = .a, cookie: [UInt8]? = nil, from client: Address = victim) throws -> Tally {
    var tally = Tally()
    for _ in 0..<count {
      switch try guarded.ask(name, type, cookie: cookie, from: client) {
      case nil: tally.none += 1
      case let answer? where answer.flags.isTruncated || answer.responseCode == .badCookie: tally.cut += 1
      case _?: tally.whole += 1
      }
    }
    return tally
  }

  @Test("past the rate one of `slip` answers is cut, the others are dropped", arguments: [(0, 0), (1, 90), (2, 45), (3, 30)])
  func slips(_ slip: Int, _ cut: Int) throws {
    let guarded = try Guarded { rate, _ in (rate.responsesPerSecond, rate.slip) = (10, slip) }
    #expect(try flood(guarded, 100) == Tally(whole: 10, cut: cut, none: 90 - cut))
    #expect(guarded.guards.rate.heldBackCount == 90)
    let complaint = try #require(guarded.responder.complaint(.all))
    #expect(complaint.hasSuffix("more than 10 answers a second to 198.51.100.0/24"))
  }

  @Test("networks and kinds of answers have accounts of their own")
  func classes() throws {
    let guarded = try Guarded { rate, _ in (rate.responsesPerSecond, rate.slip) = (10, 0) }
    for (name, type) in [("www.g.test", RecordType.a), ("www.g.test", .txt), ("a.sub.g.test", .a), ("no.g.test", .a), ("no.example", .a)] {
      #expect(try flood(guarded, 12, name, type) == Tally(whole: 10, cut: 0, none: 2), "\(name) \(type)")
    }
    // The same network, then others.
    #expect(try flood(guarded, 5, from: Address(198, 51, 100, 200)).none == 5)
    #expect(try flood(guarded, 5, from: Address(198, 51, 101, 7)).whole == 5)
    #expect(try flood(guarded, 11, from: .v6(0x2001_0DB8_0000_0100, 1)) == Tally(whole: 10, cut: 0, none: 1))
    #expect(try flood(guarded, 1, from: .v6(0x2001_0DB8_0000_01FF, 2)).none == 1, "the same /56")
    #expect(try flood(guarded, 1, from: .v6(0x2001_0DB8_0000_0200, 2)).whole == 1)
    #expect(try flood(guarded, 50, from: .loopback).whole == 50, "exempt")
  }

  @Test("time fills an account, and a flood empties it as far as `window` says")
  func window() throws {
    let guarded = try Guarded { rate, _ in (rate.responsesPerSecond, rate.slip, rate.window) = (10, 0, 3) }
    #expect(try flood(guarded, 10).whole == 10)
    guarded.clock.advance(by: .milliseconds(500))
    #expect(try flood(guarded, 10) == Tally(whole: 5, cut: 0, none: 5))
    #expect(try flood(guarded, 1_000).none == 1_000)
    guarded.clock.advance(by: .milliseconds(2_900))
    #expect(try flood(guarded, 1).none == 1)
    guarded.clock.advance(by: .milliseconds(400))
    #expect(try flood(guarded, 1).whole == 1)
    // A clock that goes nowhere fills nothing.
    #expect(try flood(guarded, 20).whole <= 3)
  }

  @Test("who shows a cookie is not counted; who could and does not is told to; over TCP nobody is")
  func known() throws {
    let guarded = try Guarded { rate, _ in (rate.responsesPerSecond, rate.slip) = (10, 1) }
    let cookie = try #require(try guarded.ask(cookie: Array(1...8))?.edns?.option(.cookie)?.data)
    _ = try flood(guarded, 100)
    #expect(try flood(guarded, 50, cookie: cookie).whole == 50)
    #expect(try guarded.ask(cookie: Array(2...9))?.responseCode == .badCookie)
    #expect(try guarded.ask()?.flags.isTruncated == true)
    #expect(try guarded.ask(over: .tcp)?.answers.count == 1)
  }

  @Test("a cut answer is no larger than its question, and an answer with a cookie keeps to its size")
  func sizes() throws {
    let guarded = try Guarded { rate, _ in (rate.responsesPerSecond, rate.slip) = (1, 1) }
    _ = try guarded.ask("big.g.test", .txt)
    let query = Message.query(try Name("big.g.test"), .txt, id: 5, edns: EDNS()).wire()
    let answer = try #require(guarded.responder.answer(query, from: victim, over: .udp))
    let cut = try Message(reading: answer)
    #expect(answer.count <= query.count && cut.flags.isTruncated)
  }

  @Test("the table of accounts does not grow, whoever asks")
  func bounded() throws {
    var limits = NameServer.Limits()
    limits.ratesMax = 64
    let guarded = try Guarded({ rate, _ in (rate.responsesPerSecond, rate.slip) = (2, 0) }, limits: limits)
    for network in 0..<5_000 as Range<UInt32> { #expect(try guarded.ask(from: .v4(0x0A00_0001 + network << 8)) != nil) }
    #expect(try flood(guarded, 10, from: victim) == Tally(whole: 2, cut: 0, none: 8))
  }
}

@Suite("cookies of a resolver")
struct ResolverCookieTests {
  @Test("its half is drawn for each server; what the server gives is kept, and nobody else's", .spec("RFC 7873", "5.3"))
  func history() throws {
    var history = ServerHistory(limits: NameServer.Limits())
    var chance = SeededRandom(seed: 3)
    let (one, other) = (Endpoint(Address(192, 0, 2, 1), 53), Endpoint(Address(192, 0, 2, 2), 53))
    let first = history.cookie(for: one, using: &chance)
    #expect(first.data.count == 8 && history.cookie(for: one, using: &chance) == first && history.cookie(for: other, using: &chance) != first)
    history.noteCookie(.cookie(client: first.data, server: Array(repeating: 9, count: 16)), from: one, over: .udp)
    #expect(history.cookie(for: one, using: &chance).data == first.data + Array(repeating: 9, count: 16))
    history.noteCookie(.cookie(client: Array(repeating: 0, count: 8), server: Array(repeating: 8, count: 16)), from: one, over: .tcp)
    history.noteCookie(nil, from: one, over: .udp)
    #expect(history.cookie(for: one, using: &chance).data.last == 9)
    history.noteCookie(nil, from: one, over: .tcp)
    #expect(history.cookie(for: one, using: &chance) == first)
  }

  @Test("an answer over UDP shows the cookie", arguments: [
    ([UInt8](1...8), nil, true), ([UInt8](1...8), [UInt8](1...24), true), ([UInt8](1...24), nil, false), ([UInt8](1...24), [UInt8](1...24), true),
    ([UInt8](1...8), [UInt8](2...25), false), ([UInt8](1...24), [UInt8](1...3), false), (nil, nil, true), (nil, [UInt8](1...24), true),
  ] as [([UInt8]?, [UInt8]?, Bool)])
  func shows(_ asked: [UInt8]?, _ answered: [UInt8]?, _ isBelieved: Bool) throws {
    var query = Message.query(try Name("a.test"), .a, id: 1, edns: EDNS(options: asked.map { [EDNSOption(.cookie, $0)] } ?? []))
    query.flags.recursionDesired = false
    let answer = query.reply(edns: EDNS(options: answered.map { [EDNSOption(.cookie, $0)] } ?? []))
    #expect(answer.showsCookie(of: query) == isBelieved)
  }
}
