// Items: what a node keeps for others besides peers. It takes the shape of BEP 44 (`get`, `put`, a token, two hours, a thousand bytes) and one thing more:
// an item is sent only to who shows a token. So a short question under a false address never draws a long answer to somebody else.
// Differs from BEP 44: what proves an item is not the network's affair but a rule's, and `item` stands for it where BEP 44 has `v`, `k`, `seq` and `sig`.
// Not here: what the items are (Host/NameTable has the rule for blocks of names). Read next: ItemStore.swift.
public import Bytes
public import World

/// Says which items nodes keep: those that prove themselves, so that nobody has to be believed. A pure function.
public protocol DHTItemRule: Sendable {
  /// What an item says of itself. Costs little.
  func head(of item: Buffer) throws(SyntaxError) -> DHTItemHead
  /// Whether it is by who may put it there. May cost a signature's check.
  func isGenuine(_ item: Buffer) -> Bool
}

/// Where an item belongs, and until when it holds.
public struct DHTItemHead: Sendable, Hashable {
  public var target: Bits160
  public var expires: Instant

  public init(target: Bits160, expires: Instant) {
    self.target = target
    self.expires = expires
  }
}

/// What is left to be done with an item when its look-up is over: fetch it from one holder after the other, or wait for those it was given to.
struct ItemErrand: Sendable {
  /// That of the look-up.
  let number: UInt64
  let ticket: Ticket
  let target: Bits160
  var report: LookUpReport
  /// Whether it is given; otherwise it is looked for.
  var isGiven: Bool
  /// Who keeps it and was not asked yet.
  var holders: [(contact: NodeContact, token: Buffer, expires: Instant)] = []
  /// How many were asked or given it who have not answered.
  var waiting = 0
}

extension DHTNode {
  // MARK: Answering

  func tell(of target: Bits160, _ token: Buffer?, _ query: KRPCQuery, _ asker: Address, at now: Instant, in answer: inout KRPCReply) {
    let kept = items.item(at: target, at: now)
    answer.itemExpires = kept?.expires
    if let token, tokens.accepts(token, from: asker, at: now) {
      answer.item = kept?.bytes
    } else {
      addNodes(target, query, to: &answer)
      answer.token = tokens.token(for: asker, at: now)
    }
  }

  /// What costs least is judged first.
  mutating func keep(_ item: Buffer, _ token: Buffer, of asker: Address, at now: Instant) throws(KRPCFailure) {
    guard let rule = setting.items else { throw KRPCFailure(.server, "no items are kept here") }
    guard tokens.accepts(token, from: asker, at: now) else { throw KRPCFailure(.malformed, "bad token") }
    guard item.count <= limits.itemBytesMax else { throw KRPCFailure(.itemTooLong, "expected at most \(limits.itemBytesMax) bytes") }
    let head: DHTItemHead
    do throws(SyntaxError) { head = try rule.head(of: item) } catch { throw KRPCFailure(.malformed, error.description) }
    guard head.expires > now else { throw KRPCFailure(.malformed, "it has expired") }
    let kept = items.item(at: head.target, at: now)
    if kept?.bytes != item {
      if let kept, kept.expires > head.expires { throw KRPCFailure(.itemOld, "one that holds longer is kept") }
      guard items.hasRoom(for: head.target, of: asker, at: now) else { throw KRPCFailure(.server, "no room for more of this address") }
      guard meters.mayCheck(at: now) else { throw KRPCFailure(.server, "too many at a time") }
      guard rule.isGenuine(item) else { throw KRPCFailure(.itemForged, "it is not by who may put it there") }
    }
    // Who puts again what is kept already only lengthens its life: it counts for whom it counted for.
    items.keep(item, head, of: kept?.bytes == item ? nil : asker, at: now)
  }

  // MARK: Asking

  mutating func give(_ item: Buffer, for ticket: Ticket, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    var report = LookUpReport()
    do throws(SyntaxError) {
      guard let head = try setting.items?.head(of: item) else { return actions.append(.ask(.finished(ticket, report))) }
      if item.count <= limits.itemBytesMax { return lookUp(head.target, .item(putting: item), for: ticket, at: now, into: &actions) }
      report.refusal = KRPCFailure(.itemTooLong, "expected at most \(limits.itemBytesMax) bytes, found \(item.count)")
    } catch { report.refusal = KRPCFailure(.malformed, error.description) }
    actions.append(.ask(.finished(ticket, report)))
  }

  /// The nearest nodes are known: `item` is given to them, or what they have is fetched.
  mutating func goOn(
    with item: Buffer?, after lookUp: LookUp, _ report: LookUpReport, _ tokens: [(contact: NodeContact, token: Buffer)], at now: Instant,
    into actions: inout [DatagramAction<Question>]
  ) {
    guard let ticket = lookUp.ticket else { return }
    var errand = ItemErrand(number: lookUp.number, ticket: ticket, target: lookUp.target, report: report, isGiven: item != nil)
    if let item {
      for (contact, token) in tokens { send(.put(item: item, token: token), to: contact.endpoint, contact.id, for: .item(errand.number), at: now, into: &actions) }
      errand.waiting = tokens.count
      if keepOwn(item, at: lookUp.target, among: report.nodes, at: now) { errand.report.keptBy += 1 }
    } else {
      errand.holders = lookUp.holders
      let own = items.item(at: lookUp.target, at: now)
      if let own, errand.holders.allSatisfy({ $0.expires <= own.expires }) { errand.report.item = own.bytes }
    }
    errands.append(errand)
    advance(errand: errand.number, at: now, into: &actions)
  }

  /// Whether this node is one of the nearest itself, and keeps the owner's item too.
  private mutating func keepOwn(_ item: Buffer, at target: Bits160, among nearest: [NodeContact], at now: Instant) -> Bool {
    guard !setting.isReadOnly, let head = try? setting.items?.head(of: item), head.expires > now,
      nearest.count < limits.bucketNodesMax || nearest.contains(where: { id.bits ^ target < $0.id.bits ^ target })
    else { return false }
    if let kept = items.item(at: target, at: now), kept.expires > head.expires { return false }
    items.keep(item, head, of: .any, at: now)
    return true
  }

  /// Asks the next holder, or ends the errand.
  private mutating func advance(errand number: UInt64, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    guard let place = errands.firstIndex(where: { $0.number == number }), errands[place].waiting == 0 else { return }
    if errands[place].report.item == nil, !errands[place].holders.isEmpty {
      let (contact, token, _) = errands[place].holders.removeFirst()
      errands[place].waiting = 1
      return send(.get(target: errands[place].target, token: token), to: contact.endpoint, contact.id, for: .item(number), at: now, into: &actions)
    }
    let errand = errands.remove(at: place)
    actions.append(.ask(.finished(errand.ticket, errand.report)))
  }

  /// A holder has sent the item, or a node keeps it now.
  mutating func take(_ reply: KRPCReply, ofErrand number: UInt64, from remote: Endpoint, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    guard let place = errands.firstIndex(where: { $0.number == number }) else { return }
    errands[place].waiting -= 1
    if errands[place].isGiven {
      errands[place].report.keptBy += 1
    } else if let item = reply.item {
      // Who keeps an item may be anybody: what he sends is judged as what others want kept.
      if let rule = setting.items, item.count <= limits.itemBytesMax, let head = try? rule.head(of: item), head.target == errands[place].target, head.expires > now,
        rule.isGenuine(item)
      {
        errands[place].report.item = item
      } else {
        actions.append(.note("not taken: it is not what belongs there", about: remote))
      }
    }
    advance(errand: number, at: now, into: &actions)
  }

  /// A node has not answered, or not with what was wanted.
  mutating func missAnswer(ofErrand number: UInt64, _ failure: KRPCFailure?, at now: Instant, into actions: inout [DatagramAction<Question>]) {
    guard let place = errands.firstIndex(where: { $0.number == number }) else { return }
    errands[place].waiting -= 1
    if let failure { errands[place].report.refusal = failure }
    advance(errand: number, at: now, into: &actions)
  }
}
