// Orders and what comes of them.
// Read before: ClientConversation.swift, Order.swift.
import Bytes
import World

extension ClientConversation {
  mutating func obey(_ order: Order, into actions: inout [Action]) {
    guard case .idle = state else { return Invariant.broken("an order came to a connection that is \(stateName)") }
    state = .ordered(order)
    switch order {
    case .status: say("STAT", into: &actions)
    case .list: say("LIST", into: &actions)
    case .uniqueIDs: say("UIDL", into: &actions)
    case .retrieve(let number): say("RETR \(number)", into: &actions)
    case .top(let number, let lines): say("TOP \(number) \(lines)", into: &actions)
    case .delete(let number): say("DELE \(number)", into: &actions)
    case .reset: say("RSET", into: &actions)
    case .noOperation: say("NOOP", into: &actions)
    case .quit: leave(into: &actions)
    }
  }

  /// The first line of the answer.
  mutating func note(_ status: Status, of order: Order, into actions: inout [Action]) {
    guard case .ok(let text) = status else {
      if case .refused(let refusal) = status { answer(.refused(refusal), into: &actions) }
      return
    }
    switch order {
    case .status:
      // RFC 1939 §5 STAT: a drop listing.
      let words = text.split(separator: " ")
      guard words.count >= 2, let messages = Int(words[0]), messages >= 0, let bytes = Int64(words[1]), bytes >= 0 else {
        return breakOff("expected two numbers in the answer to STAT (RFC 1939 §5)", into: &actions)
      }
      answer(.status(messages: messages, bytes: bytes), into: &actions)
    case .list, .uniqueIDs:
      sizes = []
      uniqueIDs = []
      listedLines = 0
      reading = .listing
    case .retrieve, .top:
      dots = DotStuffing.Decoder()
      reading = .message
    case .delete, .reset, .noOperation, .quit: answer(.done, into: &actions)
    }
  }

  private mutating func answer(_ answer: Answer, into actions: inout [Action]) {
    reading = .line
    state = .idle
    actions.append(.ask(.answered(answer)))
  }

  // MARK: Listings

  /// A line of a listing; nil: its end.
  mutating func note(listed line: Buffer?, isFollowed: Bool, into actions: inout [Action]) {
    listedLines += 1
    if listedLines > limits.listingLinesMax { return breakOff("expected a listing of at most \(limits.listingLinesMax) lines", into: &actions) }
    switch (state, line) {
    case (.askingCapabilities, nil):
      reading = .line
      proceed(isFollowed: isFollowed, into: &actions)
    // RFC 2449 §3: the case of capabilities does not matter.
    case (.askingCapabilities, let line?): if capabilities.count < 256 { capabilities.append(line.text.uppercased()) }
    case (.ordered(.list), nil):
      answer(.list(sizes), into: &actions)
      sizes = []
    case (.ordered(.uniqueIDs), nil):
      answer(.uniqueIDs(uniqueIDs), into: &actions)
      uniqueIDs = []
    case (.ordered(let order), let line?):
      let words = line.text.split(separator: " ")
      guard words.count >= 2, let number = Int(words[0]), number >= 1 else {
        return breakOff("expected a message's number and more, found \(line[0..<min(line.count, 32)]) (RFC 1939 §5)", into: &actions)
      }
      if order == .uniqueIDs {
        uniqueIDs.append(Listed(number: number, String(words[1])))
      } else if let size = Int64(words[1]), size >= 0 {
        sizes.append(Listed(number: number, size))
      } else {
        breakOff("expected a message's size, found \(line[0..<min(line.count, 32)]) (RFC 1939 §5)", into: &actions)
      }
    default: break
    }
  }

  // MARK: Messages

  /// A piece of a message.
  mutating func hand(_ bytes: Buffer, isEnd: Bool, into actions: inout [Action]) {
    if !bytes.isEmpty {
      untakenBytes += bytes.count
      actions.append(.ask(.content(bytes)))
    }
    if isEnd { answer(.messageEnd, into: &actions) }
  }

  // MARK: The farewell

  // RFC 1939 §6: what the server could not delete it says here.
  mutating func noteFarewell(_ status: Status, into actions: inout [Action]) {
    if case .refused(let refusal) = status { return end(.refused(refusal, at: .farewell), .afterFlush, into: &actions) }
    end(nil, .afterFlush, into: &actions)
  }
}
