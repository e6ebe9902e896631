// What is done with messages: counted, listed, sent, marked, and deleted at the very end.
// Read before: ServerConversation.swift.
import Bytes
import World

/// A message on its way to the client.
struct Sending: Sendable {
  let place: Int
  let size: Int64
  /// How many lines of the body are wanted; nil: the whole message.
  let lines: Int?
  /// How much of it has been read. Unit: bytes.
  var offset: Int64 = 0
  /// What was asked of the owner, and how much of it; nil: nothing, the client takes too little.
  var asked: (ticket: Ticket, bytes: Int)?
  var dots = DotStuffing.Encoder()
  var cut: TopCut?

  init(place: Int, size: Int64, lines: Int?) {
    self.place = place
    self.size = size
    self.lines = lines
    cut = lines.map { TopCut(lines: $0) }
  }
}

/// Finds where the head and so many lines of the body end.
// RFC 1939 §7 TOP
struct TopCut: Sendable {
  private var linesLeft: Int
  private var isBody = false
  /// Of the line under way, without its LF. Unit: bytes.
  private var lineBytes = 0
  private(set) var isDone = false

  init(lines: Int) { linesLeft = lines }

  /// How much of the next piece belongs to it.
  mutating func length(of piece: Buffer) -> Int {
    piece.withUnsafeBytes { bytes in
      for index in bytes.indices {
        guard bytes[index] == 0x0A else {
          lineBytes += 1
          continue
        }
        let isEmpty = lineBytes <= 1
        lineBytes = 0
        if isBody { linesLeft -= 1 } else { isBody = isEmpty }
        if isBody, linesLeft <= 0 {
          isDone = true
          return index + 1
        }
      }
      return bytes.count
    }
  }
}

extension ServerConversation {
  /// The place of a message that can be named.
  private func place(of number: Int) -> Int? { number >= 1 && number <= isDeleted.count && !isDeleted[number - 1] ? number - 1 : nil }

  /// Number and entry of each message that is not marked.
  private var messages: [(number: Int, entry: Maildrop.Entry)] {
    (maildrop?.entries ?? []).enumerated().compactMap { place, entry in isDeleted[place] ? nil : (place + 1, entry) }
  }

  /// RFC 1939 §5: a number nobody has is no fault, since clients try.
  private mutating func sayNoSuchMessage(into actions: inout [Action]) { say("-ERR No such message", into: &actions) }

  // MARK: STAT, LIST, UIDL

  // RFC 1939 §5 STAT
  mutating func sayStatus(into actions: inout [Action]) {
    let messages = messages
    say("+OK \(messages.count) \(messages.reduce(Int64(0)) { $0 + $1.entry.size })", into: &actions)
  }

  // RFC 1939 §5 LIST, §7 UIDL
  mutating func list(_ number: Int?, into actions: inout [Action], _ text: (Maildrop.Entry) -> String) {
    guard let number else {
      var answer: Buffer = "+OK The list\r\n"
      for (number, entry) in messages { answer.append("\(number) \(text(entry))\r\n") }
      answer.append(".\r\n" as StaticString)
      return actions.append(.send(answer))
    }
    guard let place = place(of: number), let entry = maildrop?.entries[place] else { return sayNoSuchMessage(into: &actions) }
    say("+OK \(number) \(text(entry))", into: &actions)
  }

  // MARK: RETR, TOP

  // RFC 1939 §5 RETR, §7 TOP
  mutating func retrieve(_ number: Int, lines: Int?, into actions: inout [Action]) {
    guard let place = place(of: number), let entry = maildrop?.entries[place] else { return sayNoSuchMessage(into: &actions) }
    read(Sending(place: place, size: entry.size, lines: lines), into: &actions)
  }

  /// Asks for the next piece, or ends the message.
  private mutating func read(_ sending: Sending, into actions: inout [Action]) {
    var sending = sending
    let left = sending.size - sending.offset
    if left <= 0 || sending.cut?.isDone == true {
      if sending.offset == 0 { say("+OK 0 octets", into: &actions) }
      var end = Buffer()
      sending.dots.finish(into: &end)
      actions.append(.send(end))
      state = .transaction
      return
    }
    if !isCongested {
      let ticket = nextTicket.taken()
      let length = Int(clamping: min(Int64(limits.contentPieceBytes), left))
      sending.asked = (ticket, length)
      actions.append(.ask(.read(ticket, place: sending.place, offset: sending.offset, length: length)))
    }
    state = .sending(sending)
  }

  /// A piece came from the owner.
  mutating func send(_ bytes: Buffer?, for ticket: Ticket, into actions: inout [Action]) {
    guard case .sending(var sending) = state, let asked = sending.asked, asked.ticket == ticket else { return }
    sending.asked = nil
    guard let bytes, bytes.count == asked.bytes else {
      // Half a message must not look like a whole one.
      guard sending.offset == 0 else { return finish(saying: nil, .now, into: &actions) }
      state = .transaction
      return say("-ERR [SYS/TEMP] That message cannot be read at the moment", into: &actions)
    }
    var out = Buffer(capacity: bytes.count + 64)
    if sending.offset == 0 { out.append(sending.lines == nil ? "+OK \(sending.size) octets\r\n" : "+OK The top\r\n") }
    sending.offset += Int64(bytes.count)
    let length = sending.cut?.length(of: bytes) ?? bytes.count
    sending.dots.encode(bytes[0..<length], into: &out)
    actions.append(.send(out))
    read(sending, into: &actions)
  }

  /// The client takes what is sent again.
  mutating func resume(into actions: inout [Action]) {
    if case .sending(let sending) = state, sending.asked == nil { read(sending, into: &actions) }
  }

  // MARK: DELE, RSET, QUIT

  // RFC 1939 §5 DELE
  mutating func delete(_ number: Int, into actions: inout [Action]) {
    guard let place = place(of: number) else { return sayNoSuchMessage(into: &actions) }
    isDeleted[place] = true
    say("+OK It will be deleted", into: &actions)
  }

  // RFC 1939 §5 RSET
  mutating func reset(into actions: inout [Action]) {
    isDeleted = Array(repeating: false, count: isDeleted.count)
    say("+OK Nothing will be deleted", into: &actions)
  }

  // RFC 1939 §6: only QUIT deletes.
  mutating func update(into actions: inout [Action]) {
    let ticket = nextTicket.taken()
    state = .updating(ticket)
    actions.append(.ask(.update(ticket, deleted: isDeleted.indices.filter { isDeleted[$0] })))
  }

  mutating func noteUpdated(_ isComplete: Bool, for ticket: Ticket, into actions: inout [Action]) {
    guard case .updating(ticket) = state else { return }
    maildrop = nil
    finish(saying: isComplete ? "+OK Bye" : "-ERR [SYS/TEMP] Some messages were not deleted", into: &actions)
  }
}
