// All zones one server is an authority for, as one value that is exchanged whole, and the entrance for queries.
// Read next: Answer.swift (what is answered), AuthorityService.swift (who asks).
package import Bytes
package import DNS
import Synchronization
package import Trace
package import World

/// What an answer needs to know of the authority: plain memory, borrowed from it.
struct AuthorityTables {
  let zones: UnsafeMutablePointer<ZoneView>
  /// From the names of apexes to one more than the index of the zone.
  let slots: NameSlots
  /// Unit: labels of the longest apex.
  let labelsMax: Int
  let isFull: Bool
  let chainMax: Int
  /// Kept alive by the authority; nil: no name is steered.
  let steering: Unmanaged<Steering>?

  /// The zone whose apex is the longest ending of the name; nil: none of ours.
  @inline(__always)
  func zone(above scratch: AnswerScratch, _ nameCount: Int, _ labelCount: Int, isForDS: Bool) -> UnsafeMutablePointer<ZoneView>? {
    var labels = Swift.min(labelCount, labelsMax)
    var own: UnsafeMutablePointer<ZoneView>?
    while labels >= 0 {
      let start = labels == 0 ? nameCount &- 1 : Int(scratch.starts[labelCount &- labels])
      let name = scratch.name + start
      let count = nameCount &- start
      let found = slots.find(FoldedName.hash(name, count)) { number in
        let view = zones[Int(number) &- 1]
        return view.apexCount == count && FoldedName.equal(view.node(view.apex).name, name, count)
      }
      if found != 0 {
        let zone = zones + (Int(found) &- 1)
        // RFC 4035 §3.1.4.1: DS at an apex belongs to the zone above, if that one is ours too.
        guard isForDS, start == 0 else { return zone }
        own = zone
      }
      labels &-= 1
    }
    return own
  }
}

/// Some zones, ready to answer. Immutable: to change a zone is to publish another authority.
package final class Authority: Sendable {
  /// How much an answer holds.
  package enum Completeness: Sendable, Hashable {
    /// What was asked for, and what the asker cannot go on without.
    case minimal
    /// Also the zone's servers and the addresses of servers and mail exchanges.
    case full
  }

  package let zones: [Zone]
  package let limits: Limits
  /// What chooses the addresses of some names; nil: the zones say everything.
  package let steering: Steering?
  // Unchecked: the memory is never written after `init`.
  nonisolated(unsafe) let tables: AuthorityTables

  /// An authority for `zones`; of two with the same apex the later one counts. The names of `steering` lie in them.
  package init(zones: [Zone], completeness: Completeness = .minimal, steering: Steering? = nil, limits: Limits = Limits()) {
    self.steering = steering
    var apexes: [Name: Int] = [:]
    for (index, zone) in zones.enumerated() { apexes[zone.apex] = index }
    let zones = zones.enumerated().filter { apexes[$0.element.apex] == $0.offset }.map(\.element)
    self.zones = zones
    self.limits = limits
    let views = UnsafeMutablePointer<ZoneView>.allocate(capacity: max(1, zones.count))
    let slots = NameSlots(for: zones.count)
    for (index, zone) in zones.enumerated() {
      (views + index).initialize(to: zone.view)
      let apex = zone.view.node(zone.view.apex)
      slots.insert(FoldedName.hash(apex.name, apex.nameCount), UInt32(truncatingIfNeeded: index + 1))
    }
    tables = AuthorityTables(
      zones: views, slots: slots, labelsMax: zones.map { $0.apex.labelCount }.max() ?? -1, isFull: completeness == .full,
      chainMax: limits.chainMax, steering: steering.map { Unmanaged.passUnretained($0) })
  }

  deinit {
    tables.zones.deallocate()
    tables.slots.release()
  }

  /// The same without the zone at `apex`, and with `zone`.
  package func replacing(_ apex: Name, with zone: Zone?) -> Authority {
    Authority(
      zones: zones.filter { $0.apex != apex } + (zone.map { [$0] } ?? []), completeness: tables.isFull ? .full : .minimal, steering: steering,
      limits: limits)
  }

  /// The zone `name` lies in.
  package func zone(above name: Name) -> Zone? {
    zones.filter { name.isSubdomain(of: $0.apex) }.max { $0.apex.labelCount < $1.apex.labelCount }
  }
}

/// Where the current authority is to be had. Publishing another one takes effect with the next query.
package final class AuthoritySource: Sendable {
  private let current: Mutex<Authority>
  /// Counts publications, so that readers look at the lock only after one.
  private let generation = Atomic<Int>(0)

  package init(_ authority: Authority) { current = Mutex(authority) }

  /// The authority that answers now.
  package var authority: Authority { current.withLock { $0 } }

  /// Lets `authority` answer from now on. Queries being answered finish with the one before.
  package func publish(_ authority: Authority) {
    current.withLock { $0 = authority }
    generation.wrappingAdd(1, ordering: .releasing)
  }

  /// Lets what `make` makes of the authority answer from now on. Nothing else is published meanwhile.
  package func change(_ make: (Authority) -> Authority) {
    current.withLock { $0 = make($0) }
    generation.wrappingAdd(1, ordering: .releasing)
  }

  /// Lets `zone` answer in the place of the one at its apex.
  func publish(_ zone: Zone) { replace(zone.apex, with: zone) }

  /// Lets no zone at `apex` answer.
  func withdraw(_ apex: Name) { replace(apex, with: nil) }

  private func replace(_ apex: Name, with zone: Zone?) { change { $0.replacing(apex, with: zone) } }

  @inline(__always)
  fileprivate var count: Int { generation.load(ordering: .acquiring) }
}

/// Answers queries, one after the other: one for each loop.
// Unchecked: its owner never uses it on two threads at a time.
package final class AuthorityResponder: @unchecked Sendable {
  private let source: AuthoritySource
  /// Whether there is a desk for what is no plain question.
  private let hasDesk: Bool
  private var authority: Authority
  private var generation: Int
  private var scratch: AnswerScratch
  /// Where answers to `Buffer`s are put together; made at the first one.
  private var memory: UnsafeMutableRawBufferPointer?
  /// What keeps answers from those who did not ask; nil: nothing.
  private let guards: AnswerGuards?
  /// The cookie option's data for the answer being made: the client's half and ours.
  private let cookie: UnsafeMutableRawPointer
  /// Unit: bytes of it; 0: the answer has none.
  private var cookieCount = 0
  /// What became of the last answer, if it was not sent as it is.
  private var heldBack: (verdict: ResponseRate.Verdict, kind: ResponseClass, client: Address)?

  package init(_ source: AuthoritySource, hasDesk: Bool = false, guards: AnswerGuards? = nil) {
    self.guards = guards
    cookie = .allocate(byteCount: ServerCookie.clientSize + ServerCookie.size, alignment: 8)
    self.source = source
    self.hasDesk = hasDesk
    generation = source.count
    authority = source.authority
    scratch = AnswerScratch(chainMax: authority.limits.chainMax)
  }

  deinit {
    scratch.release()
    cookie.deallocate()
    memory?.deallocate()
  }

  /// The smallest memory for an answer that `answer` accepts. Unit: bytes.
  package static var replySizeMin: Int { DNS.Limits.Format.datagramMax }

  /// What `answer` returns for a message that the desk must see.
  package static var forDesk: Int { -1 }

  /// Writes the answer to the message `query` into `memory` and returns its size; zero: no answer is due; `forDesk`: ask the desk.
  /// Over UDP at most what the asker takes and `Limits.datagramMax` allows is written. `client` is who asks: steered names are answered by it.
  package func answer(
    _ query: UnsafeRawBufferPointer, from client: Address? = nil, over carriage: ConversationInfo.Carriage,
    into memory: UnsafeMutableRawBufferPointer
  ) -> Int {
    if source.count != generation { renew() }
    guard let bytes = query.baseAddress, let target = memory.baseAddress, memory.count >= AuthorityResponder.replySizeMin else { return 0 }
    var query = Query(bytes, query.count)
    let verdict = query.read(labelStarts: scratch.starts, optionsMax: authority.limits.optionsMax)
    if guards != nil { (heldBack, cookieCount) = (nil, 0) }
    if hasDesk, verdict != .ignore, verdict == .transfer || query.isSigned || query.flags & 0x7800 != 0 { return AuthorityResponder.forDesk }
    if let guards { return answer(query, verdict, by: guards, client, over: carriage, into: memory) }
    return answer(query, verdict, client, over: carriage, into: target, room: memory.count)
  }

  /// The answer to a query that has been read.
  @inline(__always)
  private func answer(
    _ query: Query, _ verdict: Query.Verdict, _ client: Address?, over carriage: ConversationInfo.Carriage, into target: UnsafeMutableRawPointer, room: Int
  ) -> Int {
    let authority = authority
    switch verdict {
    case .ignore: return 0
    case .formatError: return refuse(query, .formatError, target)
    case .notImplemented: return refuse(query, .notImplemented, target)
    case .transfer: return refuse(query, .refused, target)
    case .readable: break
    }
    var size = min(room, DNS.Limits.Format.messageMax)
    if carriage == .udp {
      // RFC 6891 §6.2.3, §6.2.5: at least 512, at most what both ends take.
      size = min(size, max(DNS.Limits.Format.datagramMax, min(query.payloadSize, authority.limits.datagramMax)))
    }
    target.copyMemory(from: query.bytes, byteCount: query.questionEnd)
    let optSize = AuthorityResponder.optSize &+ (cookieCount > 0 ? AuthorityResponder.optionHeaderSize &+ cookieCount : 0)
    var reply = ReplyWriter(base: target, count: query.questionEnd, limit: query.hasEDNS ? size - optSize : size)
    if let steering = authority.steering {
      return steer(query, client, by: steering, &reply, isDatagram: carriage == .udp)
    }
    return answer(query, reply, isDatagram: carriage == .udp)
  }

  /// The answer from the zones.
  @inline(__always)
  private func answer(_ query: Query, _ reply: ReplyWriter, isDatagram: Bool) -> Int {
    var answer = Answer(query, tables: authority.tables, scratch: scratch, reply: reply, isDatagram: isDatagram)
    if query.version > 0 {
      answer.responseCode = ResponseCode.badVersion.rawValue
    } else if query.class == RecordClass.internet.rawValue {
      answer.compose()
    } else {
      answer.refuse(.notAuthoritative)
    }
    return finish(&answer)
  }

  /// What comes of a message.
  enum Reply {
    /// No answer is due.
    case none
    case whole(Buffer)
    /// The desk must see it.
    case forDesk
  }

  /// What comes of the message `query`.
  func reply(_ query: Buffer, from client: Address? = nil, over carriage: ConversationInfo.Carriage) -> Reply {
    let memory = memory ?? .allocate(byteCount: DNS.Limits.Format.messageMax, alignment: 8)
    self.memory = memory
    let count = query.withUnsafeBytes { answer($0, from: client, over: carriage, into: memory) }
    if count == AuthorityResponder.forDesk { return .forDesk }
    return count == 0 ? .none : .whole(Buffer(memory[0..<count]))
  }

  /// The answer to the message `query`; nil: none is due, or the desk must see it.
  package func answer(_ query: Buffer, from client: Address? = nil, over carriage: ConversationInfo.Carriage) -> Buffer? {
    if case .whole(let answer) = reply(query, from: client, over: carriage) { answer } else { nil }
  }

  /// Unit: bytes of an OPT record without options.
  private static var optSize: Int { 11 }

  private func renew() {
    generation = source.count
    authority = source.authority
    scratch.release()
    scratch = AnswerScratch(chainMax: authority.limits.chainMax)
  }

  /// The header, and the OPT record if the query had one (RFC 6891 §6.1.1).
  @inline(__always)
  private func finish(_ answer: inout Answer, scopeLength: Int? = nil) -> Int {
    let query = answer.query
    var end = answer.reply.count
    var additionals = answer.reply.additionals
    if query.hasEDNS {
      additionals &+= 1
      end = appendOPT(query, answer.responseCode, answer.extendedError, scopeLength: scopeLength, to: answer.reply, at: end)
    }
    // RFC 1035 §4.1.1, RFC 4035 §3.1.6: opcode, RD and CD come back as they came.
    var flags = 0x8000 | query.flags & 0x7910
    if answer.isAuthoritative { flags |= 0x0400 }
    if answer.isTruncated { flags |= 0x0200 }
    let reply = answer.reply
    reply.store(flags | answer.responseCode & 15, at: 2)
    reply.store(reply.answers, at: 6)
    reply.store(reply.authorities, at: 8)
    reply.store(additionals, at: 10)
    return end
  }

  private func appendOPT(
    _ query: Query, _ responseCode: UInt16, _ extendedError: UInt16?, scopeLength: Int?, to reply: ReplyWriter, at start: Int
  ) -> Int {
    reply.base.storeBytes(of: 0, toByteOffset: start, as: UInt8.self)
    reply.store(RecordType.opt.rawValue, at: start &+ 1)
    reply.store(UInt16(truncatingIfNeeded: authority.limits.datagramMax), at: start &+ 3)
    // RFC 6891 §6.1.3, RFC 3225 §3: the code's high bits, version 0, DO as it came.
    reply.store(UInt32(responseCode >> 4) << 24 | (query.dnssecOK ? 0x8000 : 0), at: start &+ 5)
    var end = start &+ AuthorityResponder.optSize
    if let extendedError {
      // RFC 8914 §2. Refusals carry no records, so there is room.
      reply.store(OptionCode.extendedError.rawValue, at: end)
      reply.store(UInt16(2), at: end &+ 2)
      reply.store(extendedError, at: end &+ 4)
      end &+= 6
    }
    if let scopeLength { end = appendSubnet(query, scopeLength, to: reply.base, at: end) }
    if cookieCount > 0 {
      // RFC 7873 §5.2: the client's half as it came, and ours.
      reply.store(OptionCode.cookie.rawValue, at: end)
      reply.store(UInt16(truncatingIfNeeded: cookieCount), at: end &+ 2)
      (reply.base + (end &+ 4)).copyMemory(from: cookie, byteCount: cookieCount)
      end &+= AuthorityResponder.optionHeaderSize &+ cookieCount
    }
    reply.store(UInt16(truncatingIfNeeded: end &- start &- AuthorityResponder.optSize), at: start &+ 9)
    return end
  }

  /// The answer of an authority that steers: some names by choice, all others from the zones. Out of the plain way, which it would slow.
  @inline(never)
  private func steer(_ query: Query, _ client: Address?, by steering: Steering, _ reply: inout ReplyWriter, isDatagram: Bool) -> Int {
    guard query.version == 0, query.class == RecordClass.internet.rawValue else { return answer(query, reply, isDatagram: isDatagram) }
    var subnet: ClientSubnet?
    if query.subnetAt > 0 {
      let data = UnsafeRawBufferPointer(start: query.bytes + query.subnetAt, count: query.subnetCount)
      // RFC 7871 §7.1.2: an option that says impossible things is answered with FORMERR.
      guard let told = try? ClientSubnet(reading: Array(data)) else { return refuse(query, .formatError, reply.base) }
      subnet = told
      reply.limit -= AuthorityResponder.optionHeaderSize + query.subnetCount
    }
    var answer = Answer(query, tables: authority.tables, scratch: scratch, reply: reply, isDatagram: isDatagram)
    let areV6 = query.type == RecordType.aaaa.rawValue
    if areV6 || query.type == RecordType.a.rawValue {
      FoldedName.fold(query.bytes + Limits.questionAt, query.nameCount, to: scratch.name)
      if let index = steering.index(of: scratch.name, query.nameCount),
        let chosen = steering.addresses(forName: index, areV6: areV6, client: AuthorityResponder.place(client, subnet))
      {
        answer.isAuthoritative = true
        // What does not fit is left out: the best come first.
        for address in chosen.addresses where !answer.reply.append(address, timeToLive: steering.names[index].timeToLive) { break }
        // RFC 7871 §7.2.1: who told nothing of its place is told nothing either.
        return finish(&answer, scopeLength: subnet.map { $0.sourceLength == 0 ? 0 : chosen.scopeLength })
      }
    }
    answer.compose()
    // RFC 7871 §7.2.1: every answer to such a question says for whom it holds; what zones say holds for everybody.
    return finish(&answer, scopeLength: subnet.map { _ in 0 })
  }

  /// Whose place counts: the client's that the question tells of, else the asker's own.
  private static func place(_ asker: Address?, _ subnet: ClientSubnet?) -> SteeringClient {
    if let subnet, subnet.sourceLength > 0, let address = subnet.address { return SteeringClient(address, knownLength: subnet.sourceLength) }
    return SteeringClient(asker ?? .any)
  }

  /// Unit: bytes of an option's code and length.
  private static var optionHeaderSize: Int { 4 }

  /// RFC 7871 §7.2.1: the option as it came, with the scope of this answer.
  private func appendSubnet(_ query: Query, _ scopeLength: Int, to target: UnsafeMutableRawPointer, at start: Int) -> Int {
    let count = AuthorityResponder.optionHeaderSize &+ query.subnetCount
    (target + start).copyMemory(from: query.bytes + (query.subnetAt &- AuthorityResponder.optionHeaderSize), byteCount: count)
    (target + start).storeBytes(of: UInt8(truncatingIfNeeded: scopeLength), toByteOffset: AuthorityResponder.optionHeaderSize &+ 3, as: UInt8.self)
    return start &+ count
  }

  /// The answer of an authority that is guarded. Out of the plain way, which it would slow.
  @inline(never)
  private func answer(
    _ query: Query, _ verdict: Query.Verdict, by guards: AnswerGuards, _ client: Address?, over carriage: ConversationInfo.Carriage,
    into memory: UnsafeMutableRawBufferPointer
  ) -> Int {
    guard verdict != .ignore, let target = memory.baseAddress else { return 0 }
    let client = client ?? .any
    let isCounted = carriage == .udp && guards.rate.limits(client)
    let hasCookie = query.cookieAt > 0 && guards.cookies.answers
    guard isCounted || hasCookie else { return answer(query, verdict, client, over: carriage, into: target, room: memory.count) }
    let now = guards.clock.now
    var isKnown = false
    if hasCookie {
      // RFC 7873 §5.2.2
      guard ServerCookie.isPossible(count: query.cookieCount) else { return refuse(query, .formatError, target) }
      isKnown = takeCookie(query, client, by: guards, at: now)
      // RFC 7873 §5.2.3: over TCP the address is proved already.
      if !isKnown, guards.cookies.requiresServerCookie, carriage == .udp { return refuse(query, .badCookie, target) }
      // RFC 7873 §5.4: a query that asks for nothing but a cookie.
      if verdict == .formatError, query.questionEnd <= 12, query.flags & 0x7800 == 0 { return refuse(query, .noError, target) }
    }
    let count = answer(query, verdict, client, over: carriage, into: target, room: memory.count)
    guard isCounted, !isKnown, count >= 12 else { return count }
    let kind = ResponseClass(target)
    let judged = guards.rate.judge(client, kind, at: now)
    if judged != .send { heldBack = (judged, kind, client) }
    switch judged {
    case .send: return count
    case .drop: return 0
    case .cut:
      // Who knows cookies comes back with one; all others over TCP. Errors are small, and would say nothing cut.
      if hasCookie { return refuse(query, .badCookie, target) }
      if kind == .error { return count }
      let cut = refuse(query, .noError, target)
      target.storeBytes(of: target.load(fromByteOffset: 2, as: UInt8.self) | 0x02, toByteOffset: 2, as: UInt8.self)
      return cut
    }
  }

  /// Why the last answer was not sent as it is; nil: it was, or, with `.first`, a limit was not reached just now.
  func complaint(_ which: Complaints) -> String? {
    guard let heldBack, which == .all || heldBack.verdict.isFirst else { return nil }
    return guards?.complaint(about: heldBack.verdict, heldBack.kind, heldBack.client)
  }

  /// Which answers that were held back are told of.
  enum Complaints { case all, first }

  /// Notes the cookie for the answer; true: the query showed one of ours.
  private func takeCookie(_ query: Query, _ client: Address, by guards: AnswerGuards, at now: Instant) -> Bool {
    let time = UInt32(truncatingIfNeeded: now.secondsSince1970)
    let shown = query.bytes + query.cookieAt
    let verdict = ServerCookie.judge(shown, count: query.cookieCount, from: client, with: guards.secrets, time: time)
    cookieCount = ServerCookie.clientSize + ServerCookie.size
    cookie.copyMemory(from: shown, byteCount: verdict == .good ? cookieCount : ServerCookie.clientSize)
    if verdict != .good {
      ServerCookie.write(for: cookie, at: client, with: guards.secrets.current, time: time, to: cookie + ServerCookie.clientSize)
    }
    return verdict != .bad
  }

  /// A header, the question where it could be read, and the OPT record if the query had one (RFC 6891 §6.1.1).
  private func refuse(_ query: Query, _ code: ResponseCode, _ target: UnsafeMutableRawPointer) -> Int {
    let end = max(12, query.questionEnd)
    let reply = ReplyWriter(base: target, count: end, limit: end)
    target.copyMemory(from: query.bytes, byteCount: end)
    reply.store(0x8000 | query.flags & 0x7900 | code.rawValue & 15, at: 2)
    reply.store(UInt16(end > 12 ? 1 : 0), at: 4)
    for offset in stride(from: 6, to: 12, by: 2) { reply.store(UInt16(0), at: offset) }
    guard query.hasEDNS else { return end }
    reply.store(UInt16(1), at: 10)
    return appendOPT(query, code.rawValue, nil, scopeLength: nil, to: reply, at: end)
  }
}
