// How many answers of one kind a network gets in a second: who asks in a victim's name gets few of them sent there (response rate limiting).
// Each network and kind has a balance that fills with time and that every answer takes from; below zero, answers are dropped, and now and then
// one is sent cut, so that an honest asker comes back over TCP.
// Not here: where it is asked (AnswerGuards.swift).
package import DNS
import Synchronization
package import World

/// The words of BIND's `rate-limit`.
package struct ResponseRateSetting: Sendable, Hashable {
  /// Unit: answers of one kind a second to one network; 0: not limited.
  package var responsesPerSecond = 200
  /// How far below zero a balance falls. Unit: seconds of answers.
  package var window = 15
  /// Of so many answers that are held back, one is sent cut; 0: none, 1: all.
  package var slip = 2
  /// What counts as one network. Unit: bits.
  package var v4Length = 24
  package var v6Length = 56
  /// Who is never limited. From loopback nobody can be attacked that is not here already.
  package var exempt: [AddressRange] = [.loopback, .loopback6]

  package init() {}
}

/// Which kind an answer is of: an attack on one kind keeps nobody from the others.
package enum ResponseClass: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
  case answer, noData, referral, noName, error

  /// The kind of the answer that begins at `answer`, which has a whole header.
  init(_ answer: UnsafeRawPointer) {
    func word(_ offset: Int) -> UInt16 { UInt16(bigEndian: answer.loadUnaligned(fromByteOffset: offset, as: UInt16.self)) }
    let flags = word(2)
    switch flags & 15 {
    case ResponseCode.noError.rawValue where word(6) > 0: self = .answer
    case ResponseCode.noError.rawValue: self = flags & 0x0400 == 0 && word(8) > 0 ? .referral : .noData
    case ResponseCode.noSuchName.rawValue: self = .noName
    default: self = .error
    }
  }

  package var description: String {
    switch self {
    case .answer: "answers"
    case .noData: "answers without data"
    case .referral: "referrals"
    case .noName: "answers that there is no such name"
    case .error: "errors"
    }
  }
}

/// The balances.
package final class ResponseRate: Sendable {
  /// What becomes of an answer.
  package enum Verdict: Sendable, Hashable {
    case send
    /// Sent without what it says. `isFirst`: the limit has just been reached.
    case cut(isFirst: Bool)
    case drop(isFirst: Bool)

    var isFirst: Bool {
      switch self {
      case .send: false
      case .cut(let isFirst), .drop(let isFirst): isFirst
      }
    }
  }

  /// One network and kind.
  private struct Account {
    /// Zero: nobody's.
    var tag: UInt64 = 0
    /// When it was last looked at. Unit: milliseconds.
    var time: Int64 = 0
    /// Unit: thousandths of an answer.
    var balance: Int64 = 0
    /// Answers held back since one was sent cut.
    var held = 0
  }

  /// A part of the table with a lock of its own, so that threads seldom meet.
  private final class Part: Sendable {
    let accounts: Mutex<[Account]>
    init(_ count: Int) { accounts = Mutex(Array(repeating: Account(), count: count)) }
  }

  package let setting: ResponseRateSetting
  private let key: SipKey
  private let parts: [Part]
  private let partMask: UInt64
  /// Accounts that stand together and give way to one another: a stranger's takes the one longest untouched.
  private static let ways = 4
  private let heldBack = Atomic<Int>(0)

  /// `key` must be unknown to others: it decides who shares a place in the table, which holds at most `Limits.ratesMax` accounts.
  package init(_ setting: ResponseRateSetting, key: SipKey, limits: Limits = Limits()) {
    self.setting = setting
    self.key = key
    let count = max(64, limits.ratesMax)
    let partCount = 16
    partMask = UInt64(partCount - 1)
    let rows = max(1, count / partCount / ResponseRate.ways)
    parts = (0..<partCount).map { _ in Part(rows * ResponseRate.ways) }
  }

  /// How many answers were not sent as they are.
  package var heldBackCount: Int { heldBack.load(ordering: .relaxed) }

  /// Whether answers to `client` are counted at all.
  @inline(__always)
  func limits(_ client: Address) -> Bool { setting.responsesPerSecond > 0 && !setting.exempt.contains { $0.contains(client) } }

  /// Takes one answer of a kind from the account of the network of `client`.
  func judge(_ client: Address, _ kind: ResponseClass, at now: Instant) -> Verdict {
    // Never zero, which is nobody's.
    let tag = key.hash(network(of: client), UInt64(kind.rawValue)) | 1
    let part = parts[Int(truncatingIfNeeded: (tag >> 1) & partMask)]
    let milliseconds = now.nanoseconds / 1_000_000
    let verdict = part.accounts.withLock { accounts in
      let index = ResponseRate.place(of: tag, in: accounts)
      if accounts[index].tag != tag { accounts[index] = Account(tag: tag, time: milliseconds, balance: full) }
      return take(&accounts[index], milliseconds)
    }
    if verdict != .send { heldBack.wrappingAdd(1, ordering: .relaxed) }
    return verdict
  }

  /// Unit: thousandths of an answer that an account holds at most.
  private var full: Int64 { Int64(setting.responsesPerSecond) * 1_000 }

  /// The account's own place, or that of the one longest untouched beside it.
  private static func place(of tag: UInt64, in accounts: [Account]) -> Int {
    let rows = accounts.count / ways
    let start = Int(truncatingIfNeeded: (tag >> 20) % UInt64(max(1, rows))) * ways
    var oldest = start
    for index in start..<min(start + ways, accounts.count) {
      if accounts[index].tag == tag { return index }
      if accounts[index].tag == 0 || accounts[index].time < accounts[oldest].time { oldest = index }
    }
    return oldest
  }

  private func take(_ account: inout Account, _ now: Int64) -> Verdict {
    // A clock that goes back fills nothing.
    let passed = min(max(0, now &- account.time), Int64(setting.window + 1) * 1_000)
    account.time = now
    let before = min(full, account.balance + passed * Int64(setting.responsesPerSecond))
    account.balance = max(-full * Int64(max(1, setting.window)), before - 1_000)
    guard account.balance < 0 else {
      account.held = 0
      return .send
    }
    let isFirst = before >= 0
    account.held &+= 1
    guard setting.slip > 0, account.held >= setting.slip else { return .drop(isFirst: isFirst) }
    account.held = 0
    return .cut(isFirst: isFirst)
  }

  /// The bits of an address that count.
  private func network(of client: Address) -> UInt64 {
    switch client {
    case .v4(let value): UInt64(value) >> UInt64(32 - min(32, max(0, setting.v4Length))) | 1 << 63
    case .v6(let high, _): high >> UInt64(64 - min(64, max(1, setting.v6Length)))
    }
  }

  /// The network of `client`, as people write it.
  func shown(_ client: Address) -> String {
    let (length, address): (Int, Address)
    switch client {
    case .v4(let value):
      length = setting.v4Length
      address = .v4(length == 0 ? 0 : value & (UInt32.max << UInt32(32 - length)))
    case .v6(let high, _):
      length = setting.v6Length
      address = .v6(length == 0 ? 0 : high & (UInt64.max << UInt64(64 - min(64, length))), 0)
    }
    return "\(AddressRange(address, length: length))"
  }
}
