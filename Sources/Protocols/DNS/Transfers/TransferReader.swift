// Reads the messages that answer a transfer's question, whole or incremental (RFC 5936 §2.2, RFC 1995 §4), and says when it has everything.
// Not here: signatures (they are checked before), the connection (TransferClientConversation.swift).
public import World

/// Why a transfer came to nothing.
public enum TransferFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// The server does not give the zone: its code.
  case refused(ResponseCode)
  /// What came is no such answer.
  case malformed(SyntaxError)
  /// The records are not in the order of a transfer: what was expected.
  case disorder(String)
  case limit(LimitReached)
  case signature(TransactionFailure)
  /// The connection ended, or nothing came, before everything was there.
  case cutShort

  public var description: String {
    switch self {
    case .refused(let code): "the server answered \(code)"
    case .malformed(let error): "\(error)"
    case .disorder(let expected): "expected \(expected)"
    case .limit(let limit): "\(limit)"
    case .signature(let failure): "\(failure)"
    case .cutShort: "the transfer ended before it was whole"
    }
  }
}

/// A transfer being received.
public struct TransferReader: Sendable {
  private enum State: Sendable {
    /// Nothing came. Leaves with the first record, an SOA record.
    case waiting
    /// The newest SOA record came; what comes next says which kind of answer it is. Leaves by the second record.
    case begun(ResourceRecord)
    /// A whole zone. Leaves by the SOA record that ends it.
    case whole(ResourceRecord)
    /// An increment: what goes behind its old SOA record, then what comes behind the new one. Leaves by the newest SOA record.
    case removing(ResourceRecord)
    case adding(ResourceRecord)
    /// Everything is there.
    case finished
  }

  private let question: TransferQuestion
  private let limits: Limits
  private var state = State.waiting
  private var records: [ResourceRecord] = []
  private var steps: [ZoneDifference] = []
  private var count = 0

  public init(_ question: TransferQuestion, limits: Limits = Limits()) {
    self.question = question
    self.limits = limits
  }

  /// Takes the next message; returns the transfer when it is whole.
  public mutating func take(_ message: Message) throws(TransferFailure) -> ZoneTransfer? {
    guard message.responseCode == .noError else { throw .refused(message.responseCode) }
    guard message.flags.isResponse, !message.flags.isTruncated else { throw .disorder("a whole answer (RFC 5936 §2.2.2)") }
    for record in message.answers {
      count += 1
      guard count <= limits.recordsMax else { throw .limit(LimitReached("recordsMax", allowed: limits.recordsMax, unit: "records")) }
      try take(record)
    }
    if case .begun(let start) = state, let since = question.since, let soa = start.startOfAuthority {
      // RFC 1995 §2, §4: the SOA record alone: there is nothing newer. A server whose whole zone it is says it twice, or sends more.
      if soa.version == since || since.isNewer(than: soa.version) { return .current }
    }
    guard case .finished = state else { return nil }
    return steps.isEmpty ? .whole(records) : .steps(steps)
  }

  private mutating func take(_ record: ResourceRecord) throws(TransferFailure) {
    guard record.class == .internet, record.name.isSubdomain(of: question.zone) else {
      throw .disorder("records of the zone \(question.zone), found \(record.name) \(record.class)")
    }
    let start = record.startOfAuthority
    if start != nil, record.name != question.zone { throw .disorder("an SOA record of \(question.zone) only (RFC 5936 §2.2)") }
    switch state {
    case .waiting:
      guard start != nil else { throw .disorder("the SOA record first (RFC 5936 §2.2)") }
      state = .begun(record)
    case .begun(let newest): try takeSecond(record, after: newest)
    case .whole(let newest):
      if let start {
        guard start == newest.startOfAuthority else { throw .disorder("the same SOA record at the end as at the beginning (RFC 5936 §2.2)") }
        state = .finished
      } else {
        records.append(record)
      }
    case .removing(let newest):
      if start != nil {
        steps[steps.count - 1].after = record
        state = .adding(newest)
      } else {
        steps[steps.count - 1].removed.append(record)
      }
    case .adding(let newest): try takeAdded(record, newest)
    case .finished: throw .disorder("nothing after the last SOA record (RFC 5936 §2.2)")
    }
  }

  /// RFC 1995 §4: a second SOA record of the asker's version begins an increment; anything else is the whole zone.
  private mutating func takeSecond(_ record: ResourceRecord, after newest: ResourceRecord) throws(TransferFailure) {
    if let start = record.startOfAuthority {
      if let since = question.since, start.version == since, start.version != newest.startOfAuthority?.version {
        steps.append(ZoneDifference(from: record, to: record))
        state = .removing(newest)
        return
      }
      guard start == newest.startOfAuthority else { throw .disorder("the version that was asked for (RFC 1995 §4)") }
      records = [newest]
      state = .finished
      return
    }
    records = [newest, record]
    state = .whole(newest)
  }

  private mutating func takeAdded(_ record: ResourceRecord, _ newest: ResourceRecord) throws(TransferFailure) {
    guard let start = record.startOfAuthority else {
      steps[steps.count - 1].added.append(record)
      return
    }
    let reached = steps[steps.count - 1].after.startOfAuthority
    guard start.version == reached?.version else { throw .disorder("each step to begin where the one before ended (RFC 1995 §4)") }
    if start.version == newest.startOfAuthority?.version {
      state = .finished
    } else {
      steps.append(ZoneDifference(from: record, to: record))
      state = .removing(newest)
    }
  }
}
