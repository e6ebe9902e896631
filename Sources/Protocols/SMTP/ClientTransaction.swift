// Transactions: a sender, recipients, and which reply belongs to whom.
// Read before: ClientConversation.swift.
import Bytes
import Mail
import World

/// A message under way.
struct Transfer: Sendable {
  let delivery: Delivery
  /// What is known, by recipient.
  var fates: [Fate?]
  /// The recipients of this transaction, as places in the delivery: a server that takes few at a time gets several transactions.
  var current: ArraySlice<Int>
  /// Those for a further transaction.
  var later: [Int] = []
  /// Commands sent whose replies have not come: nil is MAIL, a number the recipient in that place.
  var unanswered: ArraySlice<Int?> = []
  /// How many of `current` have been named.
  var named = 0
  var isSenderAccepted = false
  /// The recipients the server has taken in this transaction.
  var accepted: [Int] = []
  var progress = ContentSending()

  init(_ delivery: Delivery) {
    self.delivery = delivery
    fates = Array(repeating: nil, count: delivery.recipients.count)
    current = ArraySlice(delivery.recipients.indices)
  }

  /// The fates, `fate` where none is known.
  func fates(otherwise fate: Fate) -> [Fate] { fates.map { $0 ?? fate } }

  /// Gives `fate` to all of these.
  mutating func decide(_ places: some Sequence<Int>, _ fate: Fate) { for place in places { fates[place] = fate } }
}

extension ClientConversation {
  // MARK: The beginning

  mutating func begin(_ delivery: Delivery, into actions: inout [Action]) {
    guard case .idle = state, let peer else { return Invariant.broken("a delivery came to a connection that is \(stateName)") }
    var transfer = Transfer(delivery)
    if let refusal = refusal(of: delivery, by: peer) {
      actions.append(.note("not sent: \(refusal)"))
      transfer.decide(transfer.current, .permanent(refusal))
      transfer.current = []
    }
    self.transfer = transfer
    beginTransaction(into: &actions)
  }

  /// Why this server cannot take this message; nil: it can.
  private func refusal(of delivery: Delivery, by peer: Peer) -> Reply? {
    // RFC 1870 §6.2
    if let most = peer.messageBytesMax, delivery.size > most { return Reply(552, EnhancedCode(5, 3, 4), "\(peer.name) takes messages of at most \(most) bytes") }
    // RFC 6152 §3
    if delivery.isEightBit, !peer.takesEightBits { return Reply(554, EnhancedCode(5, 6, 3), "\(peer.name) takes no 8-bit messages") }
    return nil
  }

  private mutating func beginTransaction(into actions: inout [Action]) {
    guard var transfer, let peer, !transfer.current.isEmpty else { return finishTransfer(into: &actions) }
    // RFC 9422 §4
    if let most = peer.recipientsMax, transfer.current.count > most {
      transfer.later = Array(transfer.current.dropFirst(most))
      transfer.current = transfer.current.prefix(most)
    }
    transfer.named = 0
    transfer.accepted = []
    transfer.isSenderAccepted = false
    transfer.progress = ContentSending()
    transfer.unanswered = [nil]
    self.transfer = transfer
    state = .transaction
    let size = peer.takesSizes ? " SIZE=\(transfer.delivery.size)" : ""
    let body = transfer.delivery.isEightBit ? " BODY=8BITMIME" : ""
    say("MAIL FROM:\(transfer.delivery.sender)\(size)\(body)", into: &actions)
    if peer.pipelines { nameRecipients(into: &actions) }
  }

  /// Names recipients as far as the server may be told ahead of its replies.
  // RFC 2920 §3.1
  private mutating func nameRecipients(into actions: inout [Action]) {
    guard var transfer else { return }
    let ahead = peer?.pipelines == true ? limits.pipelinedMax : 1
    while transfer.unanswered.count < ahead, transfer.named < transfer.current.count {
      let place = transfer.current[transfer.current.startIndex + transfer.named]
      say("RCPT TO:<\(transfer.delivery.recipients[place])>", into: &actions)
      transfer.unanswered.append(place)
      transfer.named += 1
    }
    self.transfer = transfer
  }

  // MARK: The replies

  /// A reply to MAIL or RCPT.
  mutating func noteEnvelope(_ reply: Reply, into actions: inout [Action]) {
    guard let asked = transfer?.unanswered.popFirst() else { return breakOff("a reply nobody asked for: \(reply)", into: &actions) }
    if reply.outcome == .wantsMore { return breakOff("expected a verdict on \(asked == nil ? "MAIL" : "RCPT"), found \(reply)", into: &actions) }
    if let place = asked { noteRecipient(place, reply) } else { noteSender(reply) }
    if transfer?.isSenderAccepted == true { nameRecipients(into: &actions) }
    if transfer?.unanswered.isEmpty == true { endEnvelope(into: &actions) }
  }

  private mutating func noteSender(_ reply: Reply) {
    guard let transfer else { return }
    if reply.outcome == .done {
      self.transfer?.isSenderAccepted = true
    } else {
      // Another transaction would be told the same.
      self.transfer?.decide(Array(transfer.current) + transfer.later, Fate(refusedBy: reply))
      self.transfer?.later = []
    }
  }

  private mutating func noteRecipient(_ place: Int, _ reply: Reply) {
    // Without a sender the replies to recipients named ahead say nothing about them.
    guard let transfer, transfer.isSenderAccepted else { return }
    if reply.outcome == .done {
      self.transfer?.accepted.append(place)
    } else if reply.code == 452, reply.enhanced == nil || reply.enhanced == EnhancedCode(4, 5, 3), !transfer.accepted.isEmpty {
      // RFC 5321 §4.5.3.1.10: too many for one transaction. Those before it are let through, these come next.
      self.transfer?.later.append(place)
    } else {
      self.transfer?.decide([place], Fate(refusedBy: reply))
    }
  }

  /// Everything about the envelope is answered.
  private mutating func endEnvelope(into actions: inout [Action]) {
    if transfer?.accepted.isEmpty == false {
      say("DATA", into: &actions)
      state = .awaitingLeave
    } else if transfer?.isSenderAccepted == true {
      reset(into: &actions)
    } else {
      finishTransfer(into: &actions)
    }
  }

  /// Takes back a transaction that came to nothing.
  mutating func reset(into actions: inout [Action]) {
    say("RSET", into: &actions)
    state = .resetting
  }

  /// The transaction is over: the next one, or word to the owner.
  mutating func finishTransfer(into actions: inout [Action]) {
    guard var transfer else { return becomeReady(into: &actions) }
    if !transfer.later.isEmpty {
      transfer.current = ArraySlice(transfer.later)
      transfer.later = []
      self.transfer = transfer
      return beginTransaction(into: &actions)
    }
    actions.append(.ask(.delivered(transfer.fates(otherwise: .undecided(.lost(at: .recipient))))))
    self.transfer = nil
    becomeReady(into: &actions)
  }
}
