// Which message has which number on one connection: a list that only this connection's answers change.
// It stands in the conversation, not with the owner: what a number means depends on what this client has been told (RFC 3501 §7.4.1).

/// The messages of the selected mailbox that the client knows of.
struct SequenceMap: Sendable {
  private(set) var uids = UIDSet()
  /// For each range of `uids`: how many messages stand before it.
  private var before: [Int] = []

  init() {}

  init(_ uids: UIDSet) {
    self.uids = uids
    recount()
  }

  private(set) var count = 0

  private mutating func recount() {
    before.removeAll(keepingCapacity: true)
    count = 0
    for range in uids.ranges {
      before.append(count)
      count += range.count
    }
  }

  /// The number of `uid`, from one on; nil: this client does not know of it.
  func number(of uid: UInt32) -> Int? {
    let place = uids.place(of: uid)
    guard place < before.count, uids.ranges[place].contains(uid) else { return nil }
    return before[place] + Int(uid - uids.ranges[place].lowerBound) + 1
  }

  /// Adds messages; those that are there stay what they are.
  mutating func add(_ arrived: UIDSet) {
    uids.formUnion(arrived)
    recount()
  }

  /// Removes messages. The numbers to be told, each as it is after the ones before it are gone.
  // RFC 3501 §7.4.1: each EXPUNGE moves the numbers behind it down at once.
  mutating func remove(_ gone: UIDSet) -> [Int] {
    let known = uids.intersection(gone)
    var numbers: [Int] = []
    numbers.reserveCapacity(known.count)
    for uid in known { if let number = number(of: uid) { numbers.append(number - numbers.count) } }
    uids = uids.subtracting(known)
    recount()
    return numbers
  }

  /// The messages with these numbers; nil: a number is larger than there are messages.
  // RFC 3501 §9 seq-number: a number that is not there is an error, `*` in an empty mailbox too.
  func messages(numbered set: SequenceSet) -> UIDSet? {
    guard count > 0, let last = UInt32(exactly: count) else { return nil }
    let numbers = set.numbers(last: last)
    guard let highest = numbers.last, highest <= last else { return nil }
    var found: [ClosedRange<UInt32>] = []
    var place = 0
    for range in numbers.ranges {
      var low = Int(range.lowerBound) - 1
      let high = Int(range.upperBound) - 1
      while low <= high, place < before.count {
        let end = before[place] + uids.ranges[place].count
        if low >= end {
          place += 1
          continue
        }
        let first = uids.ranges[place].lowerBound
        let upper = min(high, end - 1)
        found.append((first + UInt32(low - before[place]))...(first + UInt32(upper - before[place])))
        low = upper + 1
      }
    }
    return UIDSet(found)
  }

  /// The messages with these identifiers; those that are not there are left out.
  // RFC 3501 §6.4.8: an identifier that does not exist is ignored without an error.
  func messages(identified set: SequenceSet) -> UIDSet {
    guard let last = uids.last else { return UIDSet() }
    return uids.intersection(set.numbers(last: last))
  }
}
