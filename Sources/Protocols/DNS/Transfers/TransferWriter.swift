// The messages of a transfer's answer, made one after the other so that never more than one is in memory (RFC 5936 §2.2).
// Not here: signing them (Signatures/TransactionSession.swift), sending them (TCPServerConversation.swift).
public import Bytes

/// Cuts the records of an answer into messages.
public struct TransferWriter: Sendable {
  private let head: Message
  private let records: [ResourceRecord]
  private var next = 0
  private let softMax: Int
  private let hardMax: Int

  /// The answer to `query` that says `records`. `reserved` bytes of each message are left for a signature.
  public init(answering query: Message, _ records: [ResourceRecord], reserved: Int = 0, limits: Limits = Limits()) {
    var head = query.reply()
    head.flags.isAuthoritative = true
    self.head = head
    self.records = records
    softMax = Swift.max(Limits.Format.datagramMax, limits.transferMessageMax - reserved)
    hardMax = Limits.Format.messageMax - reserved
  }

  /// Whether everything has been written.
  public var isFinished: Bool { next >= records.count }

  /// The next message; nil: there are no more.
  public mutating func message() -> Buffer? {
    guard !isFinished else { return nil }
    let start = next
    return withUnsafeTemporaryAllocation(byteCount: hardMax, alignment: 8) { memory in
      var writer = MessageWriter(into: memory)
      writer.append(head.id)
      writer.append(head.flags.rawValue)
      // RFC 5936 §2.2.1: the question stands in the first message; later ones need not repeat it.
      let questions = start == 0 ? head.questions : []
      writer.append(UInt16(clamping: questions.count))
      for _ in 0..<3 { writer.append(UInt16(0)) }
      for question in questions { question.write(to: &writer) }
      while next < records.count, next - start < Int(UInt16.max) {
        let before = writer.count
        records[next].write(to: &writer)
        // A record that fits into no message cannot have come by one either; one that is too large for this message begins the next.
        if writer.isOverfull || (writer.count > softMax && next > start) {
          writer.rewind(to: before)
          if next == start { next += 1 }
          break
        }
        next += 1
      }
      writer.overwrite(at: 6, with: UInt16(clamping: next - start))
      return Buffer(memory[..<writer.count])
    }
  }
}
