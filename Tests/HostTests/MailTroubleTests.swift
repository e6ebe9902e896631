// Mail in bad times, in virtual time: mailboxes that are full, a disk that is full, a server that takes seven bits only.
// Not here: kills, storms and real disks (PeerTests).
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
import Testing
import Transport
import World

/// Records on a disk that is full whenever a test says so.
private final class FullDisk: RecordStore {
  private let inner = MemoryRecords()
  let isFull = Mutex(false)
  /// How often something was to be written.
  let attempts = Mutex(0)

  func value(in table: String, at key: Buffer) async throws(StorageError) -> Buffer? { try await inner.value(in: table, at: key) }
  func values(in table: String, at keys: [Buffer]) async throws(StorageError) -> [Buffer?] { try await inner.values(in: table, at: keys) }
  func records(in table: String, from lower: Buffer, to upper: Buffer?, limit: Int) async throws(StorageError) -> [Record] {
    try await inner.records(in: table, from: lower, to: upper, limit: limit)
  }

  func apply(_ changes: [Change]) async throws(StorageError) {
    attempts.withLock { $0 += 1 }
    if isFull.withLock({ $0 }) { throw .full }
    try await inner.apply(changes)
  }
}

/// Blobs on a disk that has as much room as a test says, and gives back what it says.
private final class NarrowDisk: BlobStore {
  /// How a disk reads.
  enum Reading: Sendable {
    case well, withErrors, nothing
  }

  private let inner = MemoryBlobs()
  let left = Mutex<Int64>(100 << 20)
  let reading = Mutex(Reading.well)

  var room: Int64? { left.withLock { $0 } }
  func put(_ bytes: Buffer, as name: BlobName) async throws(StorageError) { try await inner.put(bytes, as: name) }
  func bytes(of name: BlobName) async throws(StorageError) -> Buffer? { try await inner.bytes(of: name) }

  func open(_ name: BlobName) async throws(StorageError) -> BlobContent? {
    switch reading.withLock({ $0 }) {
    case .well: return try await inner.open(name)
    case .withErrors: throw .failed("the disk does not answer")
    case .nothing: return nil
    }
  }

  func remove(_ name: BlobName) async throws(StorageError) { try await inner.remove(name) }
  func names() async throws(StorageError) -> [BlobName] { try await inner.names() }
  func draft() async throws(StorageError) -> any BlobDraft { try await inner.draft() }
}

/// A mail server of the old kind: our own conversation, which does not say 8BITMIME and has no answer to QUIT.
private struct OldServer: StreamConversation {
  private var inner: SMTP.ServerConversation

  init(refusing refusal: Reply?) {
    let postmaster = try! MailAddress("postmaster@there.test")
    inner = SMTP.ServerConversation(ServerOptions(.relay, name: "old.there.test", postmaster: postmaster, tls: .absent), refusing: refusal)
  }

  typealias Question = SMTP.ServerConversation.Question
  typealias Input = SMTP.ServerConversation.Input

  static var dialect: Dialect { .smtp }
  var stateName: String { inner.stateName }
  var acceptsBytes: Bool { inner.acceptsBytes }
  var deadline: Instant? { inner.deadline }
  func input(for event: ConnectionEvent) -> Input? { inner.input(for: event) }
  mutating func next(from bytes: inout Buffer) -> Input? { inner.next(from: &bytes) }

  mutating func handle(_ input: Input, at now: Instant, into actions: inout [StreamAction<Question>]) {
    var all: [StreamAction<Question>] = []
    inner.handle(input, at: now, into: &all)
    // RFC 5321 §4.1.1.10: whoever said QUIT is answered and then hung up on.
    if all.contains(where: { if case .send(let bytes) = $0 { bytes.text.hasPrefix("221") } else { false } }) { return }
    actions += all.map { if case .send(let bytes) = $0 { .send(Buffer(bytes.text.replacing("250-8BITMIME\r\n", with: ""))) } else { $0 } }
  }
}

/// What came to a server that takes everything.
private final class Letterbox: Sendable {
  let letters = Mutex<[Buffer]>([])
  private let coming = Mutex(Buffer())
  private let connections = Mutex(0)

  /// Takes mail at `endpoint`; after `connectionsMax` connections it has no time any more.
  func listen(at endpoint: Endpoint, _ network: SimulatedNetwork, connectionsMax: Int = .max) async throws {
    _ = try await network.listen(at: endpoint, options: ListenOptions()) { _, _ in
      let count = self.connections.withLock { count in
        count += 1
        return count
      }
      return ConversationDriver(OldServer(refusing: count > connectionsMax ? .tooManyConnections : nil), trace: nil) { question, answers in
        switch question {
        case .sender(let ticket, _, _): return .answered(ticket, .senderAccepted)
        case .recipient(let ticket, _, _, _): return .answered(ticket, .recipientAccepted)
        case .message(let ticket, _, _): return .answered(ticket, .goAhead)
        case .content(let ticket, let bytes):
          self.coming.withLock { $0.append(bytes) }
          return .contentTaken(ticket, bytes.count)
        case .messageEnd(let ticket):
          let letter = self.coming.withLock { $0.takeAll() }
          self.letters.withLock { $0.append(letter) }
          return .answered(ticket, .contentAccepted)
        case .credentials, .abandoned: return nil
        }
      }
    }
  }
}

@Suite("mail in bad times")
struct MailTroubleTests {
  private static let letter = "From: Ada <ada@here.test>\nTo: bob@there.test\nSubject: Stones\n\nHow many?\n"

  private func isAccepted(_ fate: Fate?) -> Bool { if case .accepted = fate { true } else { false } }

  /// What was said to somebody who shall try again.
  private func later(_ fate: Fate?) -> String { if case .temporary(let reply) = fate { "\(reply.code) \(reply.enhanced?.description ?? "")" } else { "\(fate as Any)" } }

  // MARK: Full mailboxes

  @Test("of several mailboxes one is full: the others get it, its sender hears of that one; where all are full nothing is taken")
  func fullMailboxes() throws {
    let world = MailWorld()
    try world.publish()
    try world.run {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"])
      let there = try await world.host(
        "there.test", MailWorld.there, users: ["bob", "eve"], aliases: [MailSettings.Alias(name: "all", targets: ["bob", "eve", "ada@here.test"]), MailSettings.Alias(name: "both", targets: ["bob", "eve"])])
      let clock = here.post.network.clock
      let bob = try await there.post.store.account("bob@there.test")
      try await bob.setQuota(Usage(bytes: 1_000, messages: 10))
      let long = Self.letter + String(repeating: "Many.\n", count: 200)
      #expect(isAccepted(try await world.submit(long, from: "ada@here.test", to: ["all@there.test"]).first))
      try await clock.sleep(until: clock.now + .seconds(10))
      #expect(try await MailWorld.messages(there, "eve@there.test").count == 1 && bob.usage.messages == 0)
      let inbox = try await MailWorld.messages(here, "ada@here.test")
      #expect(inbox.count == 2 && here.post.queue.count == 0 && there.post.queue.count == 0)
      let report = inbox.first { $0.contains("multipart/report") } ?? ""
      #expect(report.contains("Status: 5.2.2") && report.contains("bob@there.test") && !report.contains("eve@there.test"), "\(report)")
      // Known before it comes: how large it is was said.
      _ = try await world.submit(long, from: "ada@here.test", to: ["bob@there.test", "eve@there.test"])
      try await clock.sleep(until: clock.now + .seconds(10))
      let waiting = try #require(here.post.queue.all.first)
      #expect(waiting.recipients.map(\.description) == ["bob@there.test"] && waiting.lastFailure.contains("4.2.2"), "\(waiting)")
      #expect(try await MailWorld.messages(there, "eve@there.test").count == 2)
      // Nobody has room: it stays with whoever has it.
      try await there.post.store.account("eve@there.test").setQuota(Usage(bytes: 10, messages: 10))
      _ = try await world.submit(long, from: "ada@here.test", to: ["both@there.test"])
      try await clock.sleep(until: clock.now + .seconds(10))
      #expect(here.post.queue.count == 2 && there.post.queue.count == 0)
      #expect(here.post.queue.all.last?.lastFailure.contains("4.2.2") == true)
    }
  }

  struct Untold: Sendable {
    var what: String
    var from: String
    var mailbox: MailboxName
    /// Whether there is room after a day.
    var findsRoom: Bool
  }

  @Test("one of several mailboxes is full, and nobody can be told: the others get it, that one if there is room in time, and no report goes out", arguments: [
    Untold(what: "from nobody", from: "", mailbox: .inbox, findsRoom: true), Untold(what: "from nobody, for nothing", from: "", mailbox: .inbox, findsRoom: false),
    Untold(what: "forged", from: "ada@here.test", mailbox: try! MailboxName("Junk"), findsRoom: true),
    Untold(what: "forged, for nothing", from: "ada@here.test", mailbox: try! MailboxName("Junk"), findsRoom: false),
  ])
  func untold(_ c: Untold) throws {
    let world = MailWorld()
    try world.publish()
    try world.run(for: .seconds(6 * 86_400)) {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"])
      let there = try await world.host(
        "there.test", MailWorld.there, users: ["bob", "eve"], care: .sorting, aliases: [MailSettings.Alias(name: "both", targets: ["bob", "eve"])])
      let clock = here.post.network.clock
      let bob = try await there.post.store.account("bob@there.test")
      try await bob.setQuota(Usage(bytes: 10, messages: 10))
      let fates = try await world.send(
        "From: ada@here.test\n\nx\n", from: c.from, to: ["both@there.test"], ClientOptions(name: "rogue.test", tls: .never), Endpoint(MailWorld.there, 25), world.rogue)
      #expect(isAccepted(fates.first), "\(c.what): \(fates)")
      #expect(try await MailWorld.messages(there, "eve@there.test", c.mailbox).count == 1 && there.post.queue.count == 1 && bob.usage.messages == 0, "\(c.what)")
      try await clock.sleep(until: clock.now + .seconds(86_400))
      #expect(there.post.queue.all.first?.lastFailure.contains("4.2.2") == true, "\(c.what)")
      if c.findsRoom { try await bob.setQuota(Usage(bytes: 1_000_000, messages: 10)) }
      try await clock.sleep(until: clock.now + .seconds(2 * 86_400))
      let late = try await MailWorld.messages(there, "bob@there.test", c.mailbox)
      #expect(late.count == (c.findsRoom ? 1 : 0) && late.allSatisfy { $0.hasPrefix("Return-Path: <\(c.from)>\r\n") }, "\(c.what): \(late)")
      #expect(bob.usage.messages == late.count && there.post.queue.count == 0, "\(c.what)")
      #expect(try await MailWorld.messages(here, "ada@here.test").isEmpty && here.post.queue.count == 0, "\(c.what)")
    }
  }

  @Test("accounts whose names need quotes are told about like others; two addresses of one account are one copy")
  func namesOfFull() throws {
    let world = MailWorld()
    try world.publish()
    try world.run {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"])
      let there = try await world.host(
        "there.test", MailWorld.there, users: ["b b", "eve"], aliases: [MailSettings.Alias(name: "both", targets: ["\"b b\"@there.test", "eve"])])
      let clock = here.post.network.clock
      try await there.post.store.account("b b@there.test").setQuota(Usage(bytes: 10, messages: 10))
      let eve = try await there.post.store.account("eve@there.test")
      try await eve.setQuota(Usage(bytes: 1_000_000, messages: 1))
      #expect(isAccepted(try await world.submit(Self.letter, from: "ada@here.test", to: ["both@there.test", "eve+x@there.test", "eve@there.test"]).first))
      try await clock.sleep(until: clock.now + .seconds(10))
      let inbox = try await MailWorld.messages(here, "ada@here.test")
      #expect(eve.usage.messages == 1 && inbox.count == 1 && inbox.first?.contains("\"b b\"@there.test") == true, "\(inbox)")
    }
  }

  @Test("mail kept for another domain is delivered when that domain is ours meanwhile, with its Return-Path; whoever is not there comes back")
  func comesHome() throws {
    let world = MailWorld()
    try world.publish()
    try world.run(for: .seconds(4 * 3_600)) {
      let (records, blobs) = (MemoryRecords(), MemoryBlobs())
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"])
      let clock = here.post.network.clock
      let spare = try await world.host("spare.test", MailWorld.spare, users: ["sam"], backupFor: ["there.test"], records: records, blobs: blobs)
      try world.say("there.test", .mx, .mx(preference: 10, exchange: Name("mail.there.test")), .mx(preference: 20, exchange: Name("mail.spare.test")))
      try world.say("mail.spare.test", .a, RecordData(MailWorld.spare))
      let long = Self.letter + String(repeating: "Many.\n", count: 60_000)
      for text in [Self.letter, long] {
        #expect(try await world.submit(text, from: "ada@here.test", to: ["bob@there.test", "club@there.test", "nobody@there.test"]).allSatisfy(isAccepted))
      }
      try await clock.sleep(until: clock.now + .seconds(60))
      #expect(here.post.queue.count == 0 && spare.post.queue.count == 2)
      await spare.close(grace: .zero)
      let there = try await world.host(
        "there.test", MailWorld.there, users: ["bob"], aliases: [MailSettings.Alias(name: "club", targets: ["bob", "ada@here.test"])], records: records, blobs: blobs)
      try await clock.sleep(until: clock.now + .seconds(2 * 3_600))
      #expect(there.post.queue.count == 0 && here.post.queue.count == 0)
      let bob = try await MailWorld.messages(there, "bob@there.test").sorted { $0.count < $1.count }
      #expect(bob.count == 2 && bob.first?.hasSuffix("How many?\r\n") == true && bob.last?.hasSuffix("How many?\r\n" + String(repeating: "Many.\r\n", count: 60_000)) == true)
      for text in bob { #expect(text.hasPrefix("Return-Path: <ada@here.test>\r\n") && MessageHead(reading: Buffer(text)).all("return-path").count == 1) }
      let ada = try await MailWorld.messages(here, "ada@here.test")
      #expect(ada.count { $0.contains("multipart/report") && $0.contains("Status: 5.1.1") && $0.contains("nobody@there.test") } == 2)
      #expect(ada.count == 4 && ada.allSatisfy { MessageHead(reading: Buffer($0)).all("return-path").count == 1 })
    }
  }

  // MARK: A full disk

  @Test("a full disk: 452 4.3.1 to users and servers, nothing lost, and all goes on when there is room")
  func fullDisk() throws {
    let world = MailWorld()
    try world.publish()
    let disk = FullDisk()
    try world.run(for: .seconds(4 * 3_600)) {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"], records: disk)
      let clock = here.post.network.clock
      // Nobody is there yet.
      _ = world.internet.addHost("mail.there.test down", MailWorld.there)
      #expect(isAccepted(try await world.submit(Self.letter, from: "ada@here.test", to: ["bob@there.test"]).first))
      try await clock.sleep(until: clock.now + .seconds(120))
      disk.isFull.withLock { $0 = true }
      disk.attempts.withLock { $0 = 0 }
      #expect(later(try await world.submit(Self.letter, from: "ada@here.test", to: ["bob@there.test", "ada@here.test"]).first) == "452 4.3.1")
      let stranger = try await world.send(
        Self.letter, from: "eve@evil.test", to: ["ada@here.test"], ClientOptions(name: "evil.test", tls: .never), Endpoint(MailWorld.here, 25), world.rogue)
      #expect(later(stranger.first) == "452 4.3.1")
      // The queue does not turn in circles.
      try await clock.sleep(until: clock.now + .seconds(2 * 3_600))
      #expect(disk.attempts.withLock { $0 } < 40 && here.post.queue.count == 1)
      #expect(here.post.queue.all.first?.lastFailure.contains("no space left") == true)
      disk.isFull.withLock { $0 = false }
      let there = try await world.host("there.test", MailWorld.there, users: ["bob"])
      #expect(isAccepted(try await world.submit(Self.letter, from: "ada@here.test", to: ["bob@there.test"]).first))
      try await clock.sleep(until: clock.now + .seconds(5_400))
      #expect(try await MailWorld.messages(there, "bob@there.test").count == 2)
      #expect(try await MailWorld.messages(here, "ada@here.test").isEmpty && here.post.queue.count == 0)
    }
  }

  @Test("what comes in leaves room for the records of what is there: it is passed on, and failures are told")
  func narrowDisk() throws {
    let world = MailWorld()
    try world.publish()
    let disk = NarrowDisk()
    try world.run(for: .seconds(3_600)) {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"], blobs: disk)
      let clock = here.post.network.clock
      _ = try await world.submit(Self.letter, from: "ada@here.test", to: ["nobody@there.test"])
      let there = try await world.host("there.test", MailWorld.there, users: ["bob"])
      disk.left.withLock { $0 = (16 << 20) + 1_000 }
      #expect(isAccepted(try await world.submit(Self.letter, from: "ada@here.test", to: ["bob@there.test"]).first))
      let long = Self.letter + String(repeating: "Many.\n", count: 200)
      #expect(later(try await world.submit(long, from: "ada@here.test", to: ["bob@there.test"]).first) == "452 4.3.1")
      disk.left.withLock { $0 = 10 << 20 }
      #expect(later(try await world.submit(Self.letter, from: "ada@here.test", to: ["bob@there.test"]).first) == "452 4.3.1")
      try await clock.sleep(until: clock.now + .seconds(900))
      #expect(try await MailWorld.messages(there, "bob@there.test").count == 1 && here.post.queue.count == 0)
      #expect(try await MailWorld.messages(here, "ada@here.test").first?.contains("Status: 5.1.1") == true)
    }
  }

  @Test("a message that cannot be read is tried until it is given up, one that is lost is not; its sender is told", arguments: [false, true])
  func unreadable(isLost: Bool) throws {
    let world = MailWorld()
    try world.publish()
    let disk = NarrowDisk()
    try world.run(for: .seconds(6 * 86_400)) {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"], blobs: disk)
      let clock = here.post.network.clock
      let long = Self.letter + String(repeating: "Many.\n", count: 60_000)
      #expect(isAccepted(try await world.submit(long, from: "ada@here.test", to: ["bob@there.test"]).first))
      disk.reading.withLock { $0 = isLost ? .nothing : .withErrors }
      _ = try await world.host("there.test", MailWorld.there, users: ["bob"])
      try await clock.sleep(until: clock.now + .seconds(3_600))
      #expect(here.post.queue.count == (isLost ? 0 : 1) && here.post.queue.all.allSatisfy { $0.lastFailure.contains("cannot be read") })
      if !isLost { try await clock.sleep(until: clock.now + .seconds(5 * 86_400)) }
      let reports = try await MailWorld.messages(here, "ada@here.test").filter { $0.contains("Action: failed") }
      #expect(here.post.queue.count == 0 && reports.count == 1 && reports.first?.contains(isLost ? "Status: 5.3.0" : "Status: 5.4.7") == true, "\(reports)")
    }
  }

  @Test("what became of an attempt cannot be written: whoever has it gets it once, and a failure is told later")
  func unwritten() throws {
    let world = MailWorld()
    try world.publish()
    let disk = FullDisk()
    try world.run(for: .seconds(7_200)) {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"], records: disk)
      let there = try await world.host("there.test", MailWorld.there, users: ["bob"])
      let clock = here.post.network.clock
      _ = try await world.submit(Self.letter, from: "ada@here.test", to: ["bob@there.test", "nobody@there.test"])
      disk.isFull.withLock { $0 = true }
      try await clock.sleep(until: clock.now + .seconds(60))
      #expect(try await MailWorld.messages(there, "bob@there.test").count == 1 && here.post.queue.count == 1)
      disk.isFull.withLock { $0 = false }
      try await clock.sleep(until: clock.now + .seconds(3_600))
      #expect(try await MailWorld.messages(there, "bob@there.test").count == 1 && here.post.queue.count == 0)
      let reports = try await MailWorld.messages(here, "ada@here.test")
      #expect(reports.count == 1 && reports.first?.contains("nobody@there.test") == true && reports.first?.contains("Status: 5.1.1") == true)
    }
  }

  @Test("that a letter was taken is noted before the farewell, for which its place in the queue is kept")
  func farewell() throws {
    let world = MailWorld()
    try world.publish()
    let letterbox = Letterbox()
    let records = MemoryRecords()
    try world.run {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"], records: records)
      let clock = here.post.network.clock
      try await letterbox.listen(at: Endpoint(MailWorld.there, 25), world.internet.addHost("old.there.test", MailWorld.there))
      _ = try await world.submit(Self.letter, from: "ada@here.test", to: ["bob@there.test"])
      try await clock.sleep(until: clock.now + .seconds(2))
      #expect(letterbox.letters.withLock { $0 }.count == 1)
      #expect(try await records.records(in: MailQueue.table, from: Buffer(), to: nil, limit: 10).isEmpty && here.post.queue.count == 1)
      try await clock.sleep(until: clock.now + .seconds(12))
      #expect(here.post.queue.count == 0)
    }
  }

  @Test("whoever got it at a later attempt does not get it again from the next process")
  func partly() throws {
    let world = MailWorld()
    try world.publish()
    try world.run(for: .seconds(4 * 3_600)) {
      let (records, blobs) = (MemoryRecords(), MemoryBlobs())
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"], records: records, blobs: blobs)
      let clock = here.post.network.clock
      // Nobody is there yet.
      _ = world.internet.addHost("mail.there.test down", MailWorld.there)
      _ = try await world.submit(Self.letter, from: "ada@here.test", to: ["bob@there.test", "eve@there.test"])
      try await clock.sleep(until: clock.now + .seconds(120))
      let there = try await world.host("there.test", MailWorld.there, users: ["bob", "eve"])
      let eve = try await there.post.store.account("eve@there.test")
      try await eve.setQuota(Usage(bytes: 0, messages: 0))
      try await clock.sleep(until: clock.now + .seconds(900))
      #expect(try await MailWorld.messages(there, "bob@there.test").count == 1 && here.post.queue.count == 1)
      await here.close(grace: .zero)
      try await eve.setQuota(Usage(bytes: 1_000_000, messages: 10))
      let again = try await world.host("here.test", Address("192.0.2.9")!, users: ["ada"], records: records, blobs: blobs)
      try await clock.sleep(until: clock.now + .seconds(7_200))
      #expect(try await MailWorld.messages(there, "bob@there.test").count == 1 && eve.usage.messages == 1 && again.post.queue.count == 0)
    }
  }

  // MARK: Seven bits

  struct Wide: Sendable {
    var what: String
    var head = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
    var body: String
    /// Nil: it comes back.
    var arrives: String?
  }

  @Test("a server that takes seven bits only gets them, signed again; what somebody else signed comes back", arguments: [
    Wide(what: "a short text", body: "Grüße\n", arrives: "Gr=C3=BC=C3=9Fe\r\n"),
    Wide(what: "a text that is a file", body: String(repeating: "Grüße\n", count: 60_000), arrives: String(repeating: "Gr=C3=BC=C3=9Fe\r\n", count: 60_000)),
    Wide(what: "said to be of eight bits, and is not", body: "Stones\n", arrives: "Stones\r\n"),
    Wide(what: "signed by the user's own program", head: "DKIM-Signature: v=1; a=rsa-sha256; d=here.test; s=x; h=from; bh=eA==; b=eA==\nContent-Transfer-Encoding: 8bit\n", body: "Grüße\n"),
    Wide(
      what: "signed inside", head: "Content-Type: multipart/signed; boundary=b\nContent-Transfer-Encoding: 8bit\n",
      body: "--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße\n--b\nContent-Type: application/pgp-signature\n\nx\n--b--\n"),
    Wide(what: "a head of eight bits", head: "X-Stone: Grüße\n", body: "x\n"),
  ])
  func sevenBits(_ c: Wide) throws {
    let world = MailWorld()
    try world.publish()
    try world.say("s1._domainkey.here.test", .txt, MailWorld.key.recordData)
    let letterbox = Letterbox()
    let records = MemoryRecords()
    let reports = try world.run {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"], records: records)
      try await letterbox.listen(at: Endpoint(MailWorld.there, 25), world.internet.addHost("old.there.test", MailWorld.there))
      let text = "From: Ada <ada@here.test>\nTo: bob@there.test\nMIME-Version: 1.0\n\(c.head)\n\(c.body)"
      #expect(isAccepted(try await world.submit(text, from: "ada@here.test", to: ["bob@there.test"], isEightBit: true).first), "\(c.what)")
      try await here.post.network.clock.sleep(until: here.post.network.clock.now + .seconds(40))
      #expect(here.post.queue.count == 0)
      return try await MailWorld.messages(here, "ada@here.test")
    }
    let letters = letterbox.letters.withLock { $0 }
    guard let body = c.arrives else {
      #expect(letters.isEmpty && reports.count == 1 && reports.first?.contains("Status: 5.6.3") == true, "\(c.what): \(reports)")
      return
    }
    let letter = try #require(letters.first, "\(c.what): \(reports)")
    #expect(letters.count == 1 && letter.text.hasSuffix("\r\n\r\n" + body) && letter.withUnsafeBytes { $0.allSatisfy { $0 < 0x80 } }, "\(c.what)")
    let head = MessageHead(reading: letter)
    #expect(head.all("dkim-signature").count == 1 && head.all("content-transfer-encoding").count == 1 && head.all("received").count == 1)
    var check = SignatureCheck(head)
    check.take(letter[head.bytes.count..<letter.count])
    for question in check.questions { check.take(.records([MailWorld.key.recordData]), to: question) }
    #expect(check.verdicts(at: .simulationStart + .seconds(60)).map(\.result) == [.pass], "\(c.what)")
    // Nothing is left of either version.
    let contents = try world.run { try await records.records(in: Table.content, from: Buffer(), to: nil, limit: 10).count }
    #expect(contents == 0, "\(c.what)")
  }

  struct Mixed: Sendable {
    var what: String
    /// In the order in which they are tried.
    var exchangers: [Kind]
    /// Whether it may be made seven-bit.
    var isChangeable = true
    /// How it arrives, or that it does not.
    var arrives: Form

    /// What an exchanger is.
    enum Kind: Sendable {
      case old, oldOnce, modern, absent
    }

    /// How a letter comes through.
    enum Form: Sendable {
      case sevenBit, eightBit, report, later
    }
  }

  @Test("several exchangers, some of seven bits: each gets what it can take, and it comes back only when none can take it", arguments: [
    Mixed(what: "rewritten for the first, which then has no time", exchangers: [.oldOnce, .modern], arrives: .sevenBit),
    Mixed(what: "rewritten for the first, which then has no time, nor does the second take eight", exchangers: [.oldOnce, .old], arrives: .sevenBit),
    Mixed(what: "two of seven bits", exchangers: [.old, .old], arrives: .sevenBit),
    Mixed(what: "the second takes it as it is", exchangers: [.old, .modern], isChangeable: false, arrives: .eightBit),
    Mixed(what: "none takes it as it is", exchangers: [.old, .old], isChangeable: false, arrives: .report),
    Mixed(what: "one is away, and may take it", exchangers: [.old, .absent], isChangeable: false, arrives: .later),
  ])
  func exchangers(_ c: Mixed) throws {
    let world = MailWorld()
    try world.publish()
    let signature = c.isChangeable ? "" : "DKIM-Signature: v=1; a=rsa-sha256; d=here.test; s=x; h=from; bh=eA==; b=eA==\n"
    let text = "From: Ada <ada@here.test>\nTo: bob@there.test\nMIME-Version: 1.0\n\(signature)Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nGrüße\n"
    let letterbox = Letterbox()
    let (letters, reports, waiting) = try world.run {
      let here = try await world.host("here.test", MailWorld.here, users: ["ada"])
      var modern: MailHost?
      var exchanges: [RecordData] = []
      for (index, (kind, address)) in zip(c.exchangers, [MailWorld.there, MailWorld.spare]).enumerated() {
        let name = kind == .modern ? "mail.there.test" : "old\(index).there.test"
        exchanges.append(.mx(preference: UInt16(10 * index), exchange: try Name(name)))
        try world.say(name, .a, RecordData(address))
        switch kind {
        case .modern: modern = try await world.host("there.test", address, users: ["bob"])
        case .absent: _ = world.internet.addHost(name, address)
        case .old, .oldOnce: try await letterbox.listen(at: Endpoint(address, 25), world.internet.addHost(name, address), connectionsMax: kind == .oldOnce ? 1 : .max)
        }
      }
      try world.say("there.test", .mx, exchanges[0], exchanges[1])
      // One copy stays here: what is written above it for the mailbox does not travel.
      #expect(isAccepted(try await world.submit(text, from: "ada@here.test", to: ["bob@there.test", "ada@here.test"], isEightBit: true).first), "\(c.what)")
      try await here.post.network.clock.sleep(until: here.post.network.clock.now + .seconds(50))
      var letters = letterbox.letters.withLock { $0.map(\.text) }
      if let modern { letters += try await MailWorld.messages(modern, "bob@there.test") }
      return (letters, try await MailWorld.messages(here, "ada@here.test").filter { $0.contains("multipart/report") }, here.post.queue.count)
    }
    #expect(waiting == (c.arrives == .later ? 1 : 0), "\(c.what)")
    #expect(reports.count == (c.arrives == .report ? 1 : 0) && reports.allSatisfy { $0.contains("Status: 5.6.3") }, "\(c.what): \(reports)")
    switch c.arrives {
    case .report, .later: #expect(letters.isEmpty, "\(c.what)")
    case .sevenBit, .eightBit:
      let letter = try #require(letters.first, "\(c.what)")
      #expect(letters.count == 1 && letter.hasSuffix(c.arrives == .sevenBit ? "\r\n\r\nGr=C3=BC=C3=9Fe\r\n" : "\r\n\r\nGrüße\r\n"), "\(c.what): \(letter)")
      let head = MessageHead(reading: Buffer(letter))
      #expect(head.value("content-transfer-encoding")?.text == (c.arrives == .sevenBit ? "quoted-printable" : "8bit"), "\(c.what)")
      #expect(head.all("return-path").count == (c.exchangers.last == .modern ? 1 : 0), "\(c.what)")
    }
  }
}
