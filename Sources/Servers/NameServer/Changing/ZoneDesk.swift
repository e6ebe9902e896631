// What an authority does beside answering questions: updates, notifications, transfers, and everything that is signed. Each message comes here
// because the plain way (Authority.swift) has no answer for it.
// Not here: what an update does (ChangingZone.swift), how a copy is kept (SecondaryCopy.swift), the two carriers (AuthorityService.swift).
package import Bytes
package import DNS
import Synchronization
package import Trace
package import World

/// The desk of one authority.
package final class ZoneDesk: Sendable {
  private let source: AuthoritySource
  private let clock: any WorldClock
  private let limits: Limits
  private let zones: Mutex<Zones>
  private let transfers = Atomic<Int>(0)

  private struct Zones {
    var keys: TransactionKeys
    var changing: [Name: ChangingZone] = [:]
    var copies: [Name: SecondaryCopy] = [:]
    /// Of zones that do not change here.
    var rights: [Name: ZoneRights] = [:]
  }

  /// What comes of a message.
  package enum Reply: Sendable {
    /// Nothing is sent.
    case none
    case whole(Buffer)
    /// The same, to somebody who has shown nothing: over UDP perhaps in another's name.
    case unproven(Buffer)
    /// Many messages, over TCP.
    case parts(TransferAnswer)
    /// One message, once this is done.
    case later(@Sendable () async -> Buffer?)
  }

  package init(_ source: AuthoritySource, keys: TransactionKeys, clock: any WorldClock, limits: Limits = Limits()) {
    self.source = source
    self.clock = clock
    self.limits = limits
    zones = Mutex(Zones(keys: keys))
  }

  /// Takes updates of `zone`, and gives it to those who may have it.
  package func add(_ zone: ChangingZone) { zones.withLock { $0.changing[zone.apex] = zone } }

  /// Takes notifications for `copy`, and gives the zone to those who may have it.
  package func add(_ copy: SecondaryCopy) { zones.withLock { $0.copies[copy.zone.apex] = copy } }

  /// Gives the zone at `apex`, which does not change, to those who may have it.
  package func add(_ apex: Name, _ rights: ZoneRights) { zones.withLock { $0.rights[apex] = rights } }

  /// Knows these keys from now on, and no others.
  package func replace(_ keys: TransactionKeys) { zones.withLock { $0.keys = keys } }

  /// Has nothing to do with the zone at `apex` any more: nobody changes it, nobody gets it. What goes on for it stops, unless it is one of `kept`.
  package func remove(_ apex: Name, keeping kept: [ChangingZone?] = []) {
    let gone = zones.withLock { zones in
      zones.rights[apex] = nil
      return [zones.changing.removeValue(forKey: apex), zones.copies.removeValue(forKey: apex)?.zone]
    }
    for case let zone? in gone where !kept.contains(where: { $0 === zone }) { zone.stop() }
  }

  /// Stops what goes on for the zones.
  package func stop() {
    let all = zones.withLock { Array($0.changing.values) + $0.copies.values.map(\.zone) }
    for zone in all { zone.stop() }
  }

  /// A request whose signature, if it has one, is right.
  private struct Request {
    var message: Message
    var client: Endpoint
    var carriage: ConversationInfo.Carriage
    var session: TransactionSession?

    var key: Name? { session?.key.name }

    /// `answer` as it leaves, signed if the request was.
    func finished(_ answer: Message, at now: Instant, datagramMax: Int) -> Buffer {
      let size = carriage == .udp ? max(DNS.Limits.Format.datagramMax, min(message.replySizeMax, datagramMax)) : DNS.Limits.Format.messageMax
      guard var session else { return answer.wire(maximumSize: size) }
      return session.sign(answer.wire(maximumSize: size - TransactionSession.size(with: session.key)), at: now)
    }
  }

  /// Takes a message. `answer` gives the answer to a plain question.
  package func take(
    _ bytes: Buffer, from client: Endpoint, over carriage: ConversationInfo.Carriage, answer: (Buffer) -> Buffer?
  ) -> Reply {
    let now = clock.now
    var bare = bytes
    var session: TransactionSession?
    switch zones.withLock({ $0.keys }).judge(bytes, at: now) {
    case .unsigned: break
    case .signed(let message, let dialogue): (bare, session) = (message, dialogue)
    case .refused(let answer, _): return .unproven(answer)
    case .malformed: return formatError(bytes)
    }
    guard let message = try? Message(reading: bare) else { return formatError(bytes) }
    guard !message.flags.isResponse else { return .none }
    let request = Request(message: message, client: client, carriage: carriage, session: session)
    switch message.flags.opcode {
    case .update: return update(request)
    case .notify: return whole(request, notified(request))
    case .query:
      if let question = TransferQuestion(reading: message) { return transfer(question, request) }
      guard let answered = answer(bare), let plain = try? Message(reading: answered) else { return .none }
      return .whole(request.finished(plain, at: now, datagramMax: limits.datagramMax))
    default: return whole(request, request.message.reply(.notImplemented, edns: edns(request)))
    }
  }

  private func edns(_ request: Request) -> EDNS? { request.message.edns == nil ? nil : EDNS(payloadSize: UInt16(clamping: limits.datagramMax)) }

  private func whole(_ request: Request, _ answer: Message) -> Reply {
    let answer = request.finished(answer, at: clock.now, datagramMax: limits.datagramMax)
    return request.session == nil ? .unproven(answer) : .whole(answer)
  }

  private func refuse(_ request: Request, _ code: ResponseCode) -> Reply { whole(request, request.message.reply(code, edns: edns(request))) }

  /// RFC 1035 §4.1.1: what cannot be read gets its header back.
  private func formatError(_ bytes: Buffer) -> Reply {
    let header = bytes.withUnsafeBytes { bytes in
      var reader = MessageReader(bytes)
      return try? reader.header()
    }
    guard let header, !header.flags.isResponse else { return .none }
    var flags = Flags()
    flags.opcode = header.flags.opcode
    return .unproven(Message(id: header.id, flags: flags).reply(.formatError).wire())
  }

  // MARK: Updates

  private func update(_ request: Request) -> Reply {
    do throws(ZoneUpdate.Refusal) {
      let name = try ZoneUpdate.zone(of: request.message)
      let (zone, isServed) = zones.withLock { ($0.changing[name], $0.copies[name] != nil || $0.rights[name] != nil) }
      guard let zone else {
        // Not done: RFC 2136 §6, passing on to the primary.
        return refuse(request, isServed || source.authority.zones.contains { $0.apex == name } ? .refused : .notAuthoritative)
      }
      // Differs from RFC 2136 §3.3: who may is asked first, so that strangers learn nothing from prerequisites.
      guard zone.rights.update.contains(where: { $0.covers(request.client.address, request.key) }) else { return refuse(request, .refused) }
      let update = try ZoneUpdate(reading: request.message)
      return .later { [self] in
        let code = await zone.update(update)
        return request.finished(request.message.reply(code, edns: edns(request)), at: clock.now, datagramMax: limits.datagramMax)
      }
    } catch { return refuse(request, error.code) }
  }

  // MARK: Notifications

  /// RFC 1996 §3.11: the serial it hints at is not believed, only looked up.
  private func notified(_ request: Request) -> Message {
    guard let notified = request.message.notified else { return request.message.reply(.formatError, edns: edns(request)) }
    guard let copy = zones.withLock({ $0.copies[notified.zone] }) else { return request.message.reply(.notAuthoritative, edns: edns(request)) }
    guard copy.isPrimary(request.client.address, request.key) else { return request.message.reply(.refused, edns: edns(request)) }
    copy.refresh()
    var reply = request.message.reply(edns: edns(request))
    reply.flags.isAuthoritative = true
    return reply
  }

  // MARK: Transfers

  private func transfer(_ question: TransferQuestion, _ request: Request) -> Reply {
    let (changing, rights) = zones.withLock { zones in
      let zone = zones.changing[question.zone] ?? zones.copies[question.zone]?.zone
      return (zone, zone?.rights ?? zones.rights[question.zone])
    }
    guard let served = source.authority.zones.first(where: { $0.apex == question.zone }) else { return refuse(request, .notAuthoritative) }
    guard let rights, rights.transfer.contains(where: { $0.covers(request.client.address, request.key) }) else { return refuse(request, .refused) }
    let found: (transfer: ZoneTransfer, start: ResourceRecord)
    if let changing {
      guard let known = changing.transfer(since: question.since) else { return refuse(request, .serverFailure) }
      found = known
    } else {
      let records = served.records
      guard let start = records.first, let soa = start.startOfAuthority else { return refuse(request, .serverFailure) }
      let isNewer = question.since.map { soa.version.isNewer(than: $0) } ?? true
      found = (isNewer ? .whole(records) : .current, start)
    }
    guard request.carriage == .tcp else {
      // RFC 5936 §4.2: whole zones travel over TCP; RFC 1995 §2: the SOA record alone sends the asker there.
      guard question.since != nil else { return refuse(request, .formatError) }
      var reply = request.message.reply(edns: edns(request))
      reply.flags.isAuthoritative = true
      reply.answers = [found.start]
      return whole(request, reply)
    }
    guard transfers.wrappingAdd(1, ordering: .relaxed).newValue <= limits.transfersMax else {
      transfers.wrappingSubtract(1, ordering: .relaxed)
      return refuse(request, .refused)
    }
    return .parts(TransferAnswer(request.message, found.transfer.records(start: found.start), request.session, clock) { [self] in
      transfers.wrappingSubtract(1, ordering: .relaxed)
    })
  }
}

/// The messages of one transfer, made as the peer takes them.
// Unchecked: it stays with the connection it was made for.
package final class TransferAnswer: @unchecked Sendable {
  private var writer: TransferWriter
  private var session: TransactionSession?
  private let clock: any WorldClock
  private let whenOver: @Sendable () -> Void

  init(
    _ query: Message, _ records: [ResourceRecord], _ session: TransactionSession?, _ clock: any WorldClock, whenOver: @escaping @Sendable () -> Void
  ) {
    writer = TransferWriter(answering: query, records, reserved: session.map { TransactionSession.size(with: $0.key) } ?? 0)
    self.session = session
    self.clock = clock
    self.whenOver = whenOver
  }

  deinit { whenOver() }

  /// The next message, and whether it is the last one; nil: there are no more.
  func next() -> (message: Buffer, isLast: Bool)? {
    guard let message = writer.message() else { return nil }
    return (session?.sign(message, at: clock.now) ?? message, writer.isFinished)
  }
}
