// Mail between two domains in virtual time: from a user's submission through queue and relay into another domain's mailbox, and what becomes of
// mail that does not arrive.
// Not here: the protocols (SMTPTests), the store (MailServerTests), real programs (PeerTests).
import Accounts
import Bytes
import DNS
@testable import Host
import IMAP
import Mail
@testable import MailServer
import SimulatedTransport
import SMTP
import Storage
import Synchronization
import TestKit
import Testing
import Transport
import World

/// Two mail servers and a user in an internet of their own.
final class MailWorld: Sendable {
  let internet = SimulatedInternet(seed: 11) { _, _ in Link(delay: .milliseconds(10)) }
  /// What the DNS says; changed by tests.
  let records = Mutex<[LookupQuestion: LookupAnswer]>([:])
  let user: SimulatedNetwork
  let rogue: SimulatedNetwork

  static let here = Address("192.0.2.1")!
  static let there = Address("192.0.2.2")!
  static let spare = Address("192.0.2.3")!

  init() {
    user = internet.addHost("user", Address("192.0.2.50")!)
    rogue = internet.addHost("rogue", Address("192.0.2.66")!)
  }

  func say(_ name: String, _ type: RecordType, _ data: RecordData...) throws {
    records.withLock { $0[LookupQuestion(try! Name(name), type)] = .records(data) }
  }

  func forget(_ name: String, _ type: RecordType, _ answer: LookupAnswer? = nil) throws {
    records.withLock { $0[LookupQuestion(try! Name(name), type)] = answer }
  }

  /// Both domains with their records, `there` with an exchanger of its own name.
  func publish() throws {
    for (domain, address) in [("here.test", Self.here), ("there.test", Self.there)] {
      try say(domain, .mx, .mx(preference: 10, exchange: Name("mail.\(domain)")))
      try say("mail.\(domain)", .a, RecordData(address))
      try say(domain, .txt, .txt([Array("v=spf1 mx -all".utf8)]))
    }
  }

  static let key = SigningKey(seed: (0..<32).map { UInt8($0) })!

  func host(
    _ domain: String, _ address: Address, users: [String], care: Care = .marking, aliases: [MailSettings.Alias] = [], backupFor: [String] = [],
    records store: any RecordStore = MemoryRecords(), blobs: any BlobStore = MemoryBlobs(), listens: Bool = true
  ) async throws -> MailHost {
    let network = internet.addHost("mail.\(domain)", address)
    var settings = MailSettings()
    settings.care = care
    settings.aliases = aliases
    settings.backupFor = backupFor
    var random = SeededRandom(seed: 5)
    let hash = PasswordHash("secret", costLog: 1, using: &random)!
    let secret = Mutex(SeededRandom(seed: 6))
    var means = MailHost.Means(
      network: network, records: store, blobs: blobs, trace: nil, clientTrace: nil,
      lookUps: { [self] name, type, _ in
        // As long as nothing is known of a name there is none; where something is, only that is missing.
        self.records.withLock { all in
          all[LookupQuestion(name, type)] ?? (all.keys.contains { $0.name == name } ? .records([]) : .noName)
        }
      },
      exchangePort: 25, chance: SeededRandom(seed: 7), secret: { secret.withLock { $0.next() } })
    means.mayLogInInTheClear = true
    means.keys = [("s1", Self.key)]
    let host = try await MailHost.open(
      settings, domain: domain, accounts: Dictionary(uniqueKeysWithValues: users.map { ("\($0)@\(domain)", hash) }), means)
    if listens { try await host.receive(on: Assembly(name: domain, network: network, recorder: nil), at: address) { $0 } }
    return host
  }

  /// Submits a message at `here` and returns what the server said about each recipient.
  func submit(_ text: String, from: String, to recipients: [String], user name: String = "ada", isEightBit: Bool = false) async throws -> [Fate] {
    var options = ClientOptions(name: "user.test", tls: .never, credentials: SASL.Credentials(user: name, password: "secret"))
    options.logsIn = .always
    return try await send(text, from: from, to: recipients, options, Endpoint(Self.here, 587), user, isEightBit: isEightBit)
  }

  func send(
    _ text: String, from: String, to recipients: [String], _ options: ClientOptions, _ endpoint: Endpoint, _ network: SimulatedNetwork,
    isEightBit: Bool = false
  ) async throws -> [Fate] {
    let delivery = SMTP.Delivery(
      sender: from.isEmpty ? .empty : .mailbox(try MailAddress(from)), recipients: try recipients.map { try MailAddress($0) },
      content: [.bytes(Buffer(text.replacing("\n", with: "\r\n")))], isEightBit: isEightBit)
    let sent = await Sending.send(
      delivery, to: Exchanger(name: "server", endpoint: endpoint), as: options, limits: SMTP.Limits(), network: network, tls: nil,
      timeout: .seconds(30), trace: nil)
    return try #require(sent.fates, "\(sent.failure ?? "no fates")")
  }

  /// Runs `body` as a task of the internet until it is done.
  func run<R: Sendable>(for time: Duration = .seconds(60), _ body: @escaping @Sendable () async throws -> R) throws -> R {
    try internet.run(atMost: time, body)
  }

  /// The messages of an account's mailbox, as text.
  static func messages(_ host: MailHost, _ account: String, _ mailbox: MailboxName = .inbox) async throws -> [String] {
    var texts: [String] = []
    let session = try await host.post.store.account(account).open(mailbox, as: .readOnly) { _ in }
    defer { session.close() }
    for content in try await host.post.store.contents(of: session.entries(of: session.all).map(\.content)) {
      if let content, let bytes = content.bytes(0..<content.size) { texts.append(bytes.text) }
    }
    return texts
  }
}

@Suite("mail between domains")
struct MailHostTests {
  private static let letter = "From: Ada <ada@here.test>\nTo: bob@there.test\nSubject: Stones\n\nHow many?\n"

  @Test("a letter travels from submission to mailbox, signed, checked, and traced at each hop")
  func journey() throws {
    let world = MailWorld()
    try world.publish()
    try world.say("s1._domainkey.here.test", .txt, MailWorld.key.recordData)
    let text = try world.run {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"])
      let there = try await world.host("there.test", MailWorld.there, users: ["bob"])
      let fates = try await world.submit(Self.letter, from: "ada@here.test", to: ["bob@there.test"])
      guard case .accepted = fates.first else { throw Unexpected("\(fates)") }
      try await here.post.network.clock.sleep(until: here.post.network.clock.now + .seconds(5))
      #expect(here.post.queue.count == 0)
      let all = try await MailWorld.messages(there, "bob@there.test")
      #expect(all.count == 1)
      return all.first ?? ""
    }
    let head = MessageHead(reading: Buffer(text))
    #expect(head.value("return-path")?.text == "<ada@here.test>")
    #expect(head.all("received").count == 2)
    let results = head.value("authentication-results")?.text ?? ""
    #expect(results.hasPrefix("mail.there.test") && results.contains("spf=pass") && results.contains("dkim=pass"), "\(results)")
    #expect(head.first("message-id") != nil && head.first("date") != nil && head.first("dkim-signature") != nil)
    #expect(text.hasSuffix("\r\n\r\nHow many?\r\n"))
  }

  struct Unexpected: Error { var text: String; init(_ text: String) { self.text = text } }

  @Test("recipients here and elsewhere: each gets it once, and nobody else's trace")
  func several() throws {
    let world = MailWorld()
    try world.publish()
    let (ada, bob) = try world.run {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada", "amy"])
      let there = try await world.host("there.test", MailWorld.there, users: ["bob"])
      let fates = try await world.submit(Self.letter, from: "ada@here.test", to: ["bob@there.test", "ada@here.test", "ADA+x@here.test", "amy@here.test"])
      #expect(fates.allSatisfy { if case .accepted = $0 { true } else { false } }, "\(fates)")
      try await here.post.network.clock.sleep(until: here.post.network.clock.now + .seconds(5))
      #expect(try await MailWorld.messages(here, "amy@here.test").count == 1)
      return (try await MailWorld.messages(here, "ada@here.test"), try await MailWorld.messages(there, "bob@there.test"))
    }
    #expect(ada.count == 1 && bob.count == 1)
    #expect(ada.first?.hasPrefix("Return-Path: <ada@here.test>\r\n") == true)
    // The one that travelled on has the Return-Path of its own end only.
    #expect(MessageHead(reading: Buffer(bob.first ?? "")).all("return-path").count == 1)
  }

  @Test("a server that is down is tried again until it is up; a spare one is used at once", arguments: [false, true])
  func retries(hasSpare: Bool) throws {
    let world = MailWorld()
    try world.publish()
    if hasSpare {
      try world.say("there.test", .mx, .mx(preference: 10, exchange: Name("gone.there.test")), .mx(preference: 20, exchange: Name("mail.there.test")))
      try world.say("gone.there.test", .a, RecordData(MailWorld.spare))
    }
    try world.run(for: .seconds(3 * 3_600)) {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"])
      let clock = here.post.network.clock
      // The address is somebody's, but nobody listens there.
      let silent = hasSpare ? nil : world.internet.addHost("mail.there.test down", MailWorld.there)
      _ = silent
      var there: MailHost?
      if hasSpare { there = try await world.host("there.test", MailWorld.there, users: ["bob"]) }
      _ = try await world.submit(Self.letter, from: "ada@here.test", to: ["bob@there.test"])
      try await clock.sleep(until: clock.now + .seconds(120))
      if hasSpare {
        let arrived = try await MailWorld.messages(try #require(there), "bob@there.test").count
        #expect(arrived == 1 && here.post.queue.count == 0)
        return
      }
      let entry = try #require(here.post.queue.all.first)
      #expect(entry.attempts == 1 && entry.nextAttempt > clock.now && !entry.lastFailure.isEmpty)
      there = try await world.host("there.test", MailWorld.there, users: ["bob"])
      try await clock.sleep(until: clock.now + .seconds(3_600))
      let arrived = try await MailWorld.messages(try #require(there), "bob@there.test").count
      #expect(arrived == 1 && here.post.queue.count == 0)
    }
  }

  struct Failing: Sendable {
    var recipient: String
    var code: String
  }

  @Test("what cannot arrive comes back as a report", arguments: [
    Failing(recipient: "nobody@there.test", code: "5.1.1"), Failing(recipient: "x@nowhere.test", code: "5.1.2"),
    Failing(recipient: "x@nomail.test", code: "5.1.10"), Failing(recipient: "x@back.test", code: "5.4.6"),
  ])
  func bounces(_ c: Failing) throws {
    let world = MailWorld()
    try world.publish()
    try world.say("nomail.test", .mx, .mx(preference: 0, exchange: .root))
    try world.say("back.test", .mx, .mx(preference: 10, exchange: Name("mail.here.test")))
    let reports = try world.run {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"])
      _ = try await world.host("there.test", MailWorld.there, users: ["bob"])
      _ = try await world.submit(Self.letter, from: "ada@here.test", to: [c.recipient])
      try await here.post.network.clock.sleep(until: here.post.network.clock.now + .seconds(10))
      #expect(here.post.queue.count == 0)
      return try await MailWorld.messages(here, "ada@here.test")
    }
    #expect(reports.count == 1)
    let report = reports.first ?? ""
    #expect(report.hasPrefix("Return-Path: <>\r\n") && report.contains("multipart/report") && report.contains("Status: \(c.code)"), "\(report)")
    #expect(report.contains(c.recipient) && report.contains("Subject: Stones"))
  }

  @Test("five days of silence end in a report, after word of the delay; nobody reports about reports")
  func expires() throws {
    let world = MailWorld()
    try world.publish()
    let reports = try world.run(for: .seconds(6 * 86_400)) {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"])
      let clock = here.post.network.clock
      _ = try await world.submit(Self.letter, from: "ada@here.test", to: ["bob@there.test"])
      try await clock.sleep(until: clock.now + .seconds(5 * 86_400 + 7_200))
      #expect(here.post.queue.count == 0)
      return try await MailWorld.messages(here, "ada@here.test")
    }
    #expect(reports.count == 3)
    #expect(reports.prefix(2).allSatisfy { $0.contains("Action: delayed") } && reports.last?.contains("Action: failed") == true)
  }

  struct Refused: Sendable {
    var what: String
    var from: String
    var to: String
    var text = "From: ada@here.test\n\nx\n"
    var code: String
    var logsIn = true
  }

  @Test("who may not: relaying, other people's names, unknown recipients", arguments: [
    Refused(what: "a stranger to strangers", from: "eve@evil.test", to: "bob@there.test", code: "5.7.1", logsIn: false),
    Refused(what: "a stranger with a route", from: "eve@evil.test", to: "\"bob@there.test\"@here.test", code: "5.1.1", logsIn: false),
    Refused(what: "a stranger with a percent sign", from: "eve@evil.test", to: "bob%there.test@here.test", code: "5.1.1", logsIn: false),
    Refused(what: "nobody of this name", from: "eve@evil.test", to: "nobody@here.test", code: "5.1.1", logsIn: false),
    Refused(what: "another user's envelope", from: "amy@here.test", to: "bob@there.test", code: "5.7.1"),
    Refused(what: "another domain's envelope", from: "bob@there.test", to: "bob@there.test", code: "5.7.1"),
    Refused(what: "another author", from: "ada@here.test", to: "bob@there.test", text: "From: amy@here.test\n\nx\n", code: "5.7.1"),
    Refused(what: "no author", from: "ada@here.test", to: "bob@there.test", text: "Subject: x\n\nx\n", code: "5.7.1"),
    Refused(what: "two authors", from: "ada@here.test", to: "bob@there.test", text: "From: ada@here.test, amy@here.test\n\nx\n", code: "5.7.1"),
  ])
  func refused(_ c: Refused) throws {
    let world = MailWorld()
    try world.publish()
    try world.run {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada", "amy"])
      let fates =
        c.logsIn
        ? try await world.submit(c.text, from: c.from, to: [c.to])
        : try await world.send(
          c.text, from: c.from, to: [c.to], ClientOptions(name: "rogue.test", tls: .never), Endpoint(MailWorld.here, 25), world.rogue)
      guard case .permanent(let reply) = fates.first else { throw Unexpected("\(c.what): \(fates)") }
      #expect(reply.enhanced?.description == c.code, "\(c.what): \(reply)")
      #expect(here.post.queue.count == 0)
      for name in ["ada@here.test", "amy@here.test"] { #expect(try await MailWorld.messages(here, name).isEmpty) }
    }
  }

  @Test("forged mail: marked, sorted, refused, or let in", arguments: Care.allCases)
  func forged(care: Care) throws {
    let world = MailWorld()
    try world.publish()
    try world.run {
      let there = try await world.host("there.test", MailWorld.there, users: ["bob"], care: care)
      let fates = try await world.send(
        "From: ada@here.test\nSubject: send money\nAuthentication-Results: mail.there.test; spf=pass\n\nquick\n", from: "ada@here.test",
        to: ["bob@there.test"], ClientOptions(name: "rogue.test", tls: .never), Endpoint(MailWorld.there, 25), world.rogue)
      let inbox = try await MailWorld.messages(there, "bob@there.test")
      let junk = try await MailWorld.messages(there, "bob@there.test", MailboxName("Junk"))
      switch care {
      case .refusing:
        guard case .permanent(let reply) = fates.first else { throw Unexpected("\(fates)") }
        #expect(reply.code == 550 && inbox.isEmpty && junk.isEmpty)
      case .sorting: #expect(inbox.isEmpty && junk.count == 1)
      case .marking:
        #expect(inbox.count == 1 && junk.isEmpty)
        // What claimed to be our own verdict is gone.
        #expect(inbox.first?.contains("spf=fail") == true && inbox.first?.contains("spf=pass") == false)
      case .careless: #expect(inbox.count == 1 && inbox.first?.contains("spf=fail") == false)
      }
    }
  }

  /// A letter in somebody's name, from a host whose own envelope nobody disowns.
  struct Asked: Sendable, CustomTestStringConvertible {
    /// What here.test publishes; nil: nothing.
    var policy: String?
    var care = Care.sorting
    var authors = "ada@here.test"
    /// `inbox`, `Junk` or `550`.
    var becomes: String
    /// What stands in the message's field.
    var field = ""
    var testDescription: String { "\(policy ?? "nothing"), \(care), \(authors): \(becomes)" }
  }

  @Test("what the author's domain asks for is done with mail that is not its own", .spec("RFC 9989", "5.3", "5.4"), arguments: [
    Asked(policy: nil, becomes: "inbox", field: "dmarc=none\r\n\t header.from=here.test"),
    Asked(policy: "v=DMARC1; p=none", becomes: "inbox", field: "dmarc=fail\r\n\t header.from=here.test\r\n\t policy.dmarc=none"),
    Asked(policy: "v=DMARC1; p=quarantine", becomes: "Junk", field: "dmarc=fail\r\n\t header.from=here.test\r\n\t policy.dmarc=quarantine"),
    Asked(policy: "v=DMARC1; p=reject", becomes: "550"),
    Asked(policy: "v=DMARC1; p=reject; t=y", becomes: "Junk", field: "trying it out"),
    Asked(policy: "v=DMARC1; p=reject", authors: "ada@sub.here.test", becomes: "550"),
    Asked(policy: "v=DMARC1; p=reject; sp=none", authors: "ada@sub.here.test", becomes: "inbox", field: "dmarc=fail\r\n\t header.from=sub.here.test"),
    Asked(policy: "v=DMARC1; p=reject", care: .marking, becomes: "inbox", field: "policy.dmarc=reject"),
    Asked(policy: "v=DMARC1; p=quarantine", care: .refusing, becomes: "550"),
    Asked(policy: "v=DMARC1; p=none", care: .refusing, becomes: "inbox", field: "dmarc=fail"),
    Asked(policy: "v=DMARC1; p=reject", care: .careless, becomes: "inbox"),
    // Nobody hides behind a second author.
    Asked(policy: "v=DMARC1; p=reject", authors: "x@rogue.test, ada@here.test", becomes: "550"),
    Asked(policy: nil, authors: "a@a.test, b@b.test, c@c.test, d@d.test, e@e.test", becomes: "Junk", field: "dmarc=permerror"),
    Asked(policy: "v=DMARC1; p=reject", authors: "x@rogue.test", becomes: "inbox", field: "dmarc=none"),
  ])
  func authors(_ asked: Asked) throws {
    let world = MailWorld()
    try world.publish()
    if let policy = asked.policy { try world.say("_dmarc.here.test", .txt, .txt([Array(policy.utf8)])) }
    try world.run {
      let there = try await world.host("there.test", MailWorld.there, users: ["bob"], care: asked.care)
      let fates = try await world.send(
        "From: \(asked.authors)\nSubject: send money\n\nquick\n", from: "x@rogue.test", to: ["bob@there.test"],
        ClientOptions(name: "rogue.test", tls: .never), Endpoint(MailWorld.there, 25), world.rogue)
      let inbox = try await MailWorld.messages(there, "bob@there.test")
      let junk = try await MailWorld.messages(there, "bob@there.test", MailboxName("Junk"))
      if case .permanent(let reply) = fates.first {
        #expect(asked.becomes == "550" && reply.code == 550 && reply.enhanced?.description == "5.7.1" && inbox.isEmpty && junk.isEmpty)
      } else {
        #expect((inbox.count, junk.count) == (asked.becomes == "inbox" ? (1, 0) : asked.becomes == "Junk" ? (0, 1) : (0, 0)))
        if !asked.field.isEmpty { #expect((inbox + junk).first?.contains(asked.field) == true, "\(inbox + junk)") }
      }
    }
  }

  @Test("mail that is its author's own passes, by its signature alone")
  func ownAuthor() throws {
    let world = MailWorld()
    try world.publish()
    try world.say("s1._domainkey.here.test", .txt, MailWorld.key.recordData)
    try world.say("here.test", .txt, .txt([Array("v=spf1 -all".utf8)]))
    try world.say("_dmarc.here.test", .txt, .txt([Array("v=DMARC1; p=reject; adkim=s; aspf=s".utf8)]))
    try world.run {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"])
      let there = try await world.host("there.test", MailWorld.there, users: ["bob"], care: .sorting)
      _ = try await world.submit(Self.letter, from: "ada@here.test", to: ["bob@there.test"])
      try await here.post.network.clock.sleep(until: here.post.network.clock.now + .seconds(5))
      let all = try await MailWorld.messages(there, "bob@there.test")
      #expect(all.count == 1 && all[0].contains("spf=fail") && all[0].contains("dmarc=pass\r\n\t header.from=here.test\r\n\t policy.dmarc=reject"), "\(all)")
    }
  }

  @Test("a message that has been everywhere runs no further")
  func circles() throws {
    let world = MailWorld()
    try world.publish()
    let hops = String(repeating: "Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\n", count: 100)
    try world.run {
      _ = try await world.host("there.test", MailWorld.there, users: ["bob"], care: .careless)
      let fates = try await world.send(
        hops + "From: x@y.test\n\nx\n", from: "x@y.test", to: ["bob@there.test"], ClientOptions(name: "a.test", tls: .never),
        Endpoint(MailWorld.there, 25), world.rogue)
      guard case .permanent(let reply) = fates.first else { throw Unexpected("\(fates)") }
      #expect(reply.enhanced?.description == "5.4.6")
    }
  }

  @Test("what was accepted outlives the process, and is passed on by the next one")
  func survives() throws {
    let world = MailWorld()
    try world.publish()
    try world.run(for: .seconds(7_200)) {
      let (records, blobs) = (MemoryRecords(), MemoryBlobs())
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"], records: records, blobs: blobs)
      let clock = here.post.network.clock
      _ = try await world.submit(Self.letter, from: "ada@here.test", to: ["bob@there.test"])
      await here.close(grace: .zero)
      let there = try await world.host("there.test", MailWorld.there, users: ["bob"])
      let again = try await world.host("here.test", Address("192.0.2.9")!, users: ["ada"], records: records, blobs: blobs)
      #expect(again.post.queue.count == 1)
      try await clock.sleep(until: clock.now + .seconds(3_600))
      #expect(try await MailWorld.messages(there, "bob@there.test").count == 1)
      #expect(again.post.queue.count == 0)
    }
  }
}
