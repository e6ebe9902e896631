// The memory of TraceStore: a ring of events, a ring of message bytes, a ring of conversations. Used under the store's lock only.
// Everything is reserved once, untouched until used, so that recording costs a few stores and the copy of the bytes.
// Read next: TraceStore.swift, which is its public face.
import Bytes
import World

/// Rings of fixed size; what is oldest makes room.
struct TraceRings {
  /// One event as it lies in the ring.
  private struct Slot {
    var sequence: UInt64
    var time: Instant
    var conversation: UInt64
    /// Where its bytes begin, counted over all bytes ever written.
    var bytesAt: UInt64
    /// The position of the event before it in the same conversation, plus one; 0: none.
    var previous: UInt64
    var length: Int
    var kept: Int32
    var kind: Event.Kind
    /// The conversation because of which; 0: none.
    var because: UInt64
    var text: String
  }

  /// A conversation and the end of the chain of its events.
  private struct Entry {
    var record: ConversationRecord
    /// The position of its newest event, plus one; 0: none.
    var newest: UInt64 = 0
  }

  let limits: TraceStore.Limits
  private(set) var counters = TraceStore.Counters()
  private(set) var lastSequence: UInt64 = 0
  private(set) var secrets: [String] = []
  var followers: [FollowerBell] = []

  /// The event at position p lies in slot p % eventsMax.
  private var slots: [Slot] = []
  /// Positions count events ever recorded; kept are `firstPosition ..< nextPosition`.
  private var firstPosition: UInt64 = 0
  private var nextPosition: UInt64 = 0

  private var bytes: UnsafeMutableRawPointer?
  /// Bytes ever written, with the gaps left at the ring's end.
  private var written: UInt64 = 0

  /// The conversation with number n lies in slot n % conversationsMax.
  private var entries: [Entry] = []
  private var firstNumber: UInt64 = 1
  private var nextNumber: UInt64 = 1
  /// Conversations that left the ring while still open, by number.
  private var longLived: [Entry] = []

  /// The second of the trace's time being counted, and the messages in it.
  private var second: Int64 = .min
  private var inSecond = 0

  init(limits: TraceStore.Limits) {
    self.limits = limits
  }

  mutating func release() {
    bytes?.deallocate()
    bytes = nil
  }

  // MARK: Writing

  mutating func open(_ info: ConversationInfo, at time: Instant) -> ConversationID {
    let number = nextNumber
    if entries.isEmpty { entries.reserveCapacity(limits.conversationsMax) }
    let entry = Entry(record: ConversationRecord(id: ConversationID(number), info: info, opened: time))
    if entries.count < limits.conversationsMax {
      entries.append(entry)
    } else {
      let index = slot(ofNumber: number)
      retire(entries[index])
      entries[index] = entry
      firstNumber += 1
    }
    nextNumber += 1
    counters.conversations += 1
    record(.opened, in: number, at: time, because: info.because)
    return ConversationID(number)
  }

  private func slot(ofNumber number: UInt64) -> Int { Int((number - 1) % UInt64(limits.conversationsMax)) }

  /// A conversation leaves the ring: forgotten when it is over, kept a while longer when it is not.
  private mutating func retire(_ entry: Entry) {
    guard entry.record.closed == nil else {
      counters.conversationsForgotten += 1
      return
    }
    if longLived.count >= limits.longLivedMax {
      // Many at once, so that the moving of the rest is paid rarely.
      let leaving = max(1, limits.longLivedMax / 8)
      longLived.removeFirst(leaving)
      counters.conversationsForgotten += UInt64(leaving)
    }
    longLived.append(entry)
  }

  /// Records an opening or a carrying on.
  mutating func record(_ kind: Event.Kind, in number: UInt64, at time: Instant, because cause: ConversationID?) {
    record(kind, in: number, at: time, bytes: UnsafeRawBufferPointer(start: nil, count: 0), length: 0, text: "", because: cause?.number ?? 0)
  }

  mutating func record(
    _ kind: Event.Kind, in number: UInt64, at time: Instant, bytes source: UnsafeRawBufferPointer, length: Int, text: String, because: UInt64 = 0
  ) {
    lastSequence += 1
    let place: Place
    if number >= firstNumber, number < nextNumber {
      place = .ring(slot(ofNumber: number))
    } else if let index = indexOfLongLived(number) {
      place = .longLived(index)
    } else {
      counters.skipped += 1
      return
    }
    if kind.isPassage {
      counters.bytes += UInt64(max(0, length))
      guard admits(time) else {
        counters.skipped += 1
        change(place) { $0.record.skipped += 1 }
        return
      }
    }
    let kept = min(source.count, limits.bytesPerEventMax)
    if kept < length { counters.cut += 1 }
    let start = keep(source, count: kept)
    let sequence = lastSequence
    let position = nextPosition
    let causesMax = limits.causesMax
    let previous = change(place) { entry in
      entry.record.note(kind, sequence, length: length, text: text, at: time)
      if because != 0 { entry.record.note(ConversationRecord.Cause(conversation: ConversationID(because), from: sequence), causesMax: causesMax) }
      let previous = entry.newest
      entry.newest = position + 1
      return previous
    }
    append(
      Slot(
        sequence: sequence, time: time, conversation: number, bytesAt: start, previous: previous, length: length,
        kept: Int32(truncatingIfNeeded: kept), kind: kind, because: because, text: text))
    counters.recorded += 1
  }

  /// Where a conversation's entry lies.
  private enum Place { case ring(Int), longLived(Int) }

  @discardableResult
  private mutating func change<R>(_ place: Place, _ body: (inout Entry) -> R) -> R {
    switch place {
    case .ring(let index): body(&entries[index])
    case .longLived(let index): body(&longLived[index])
    }
  }

  /// Whether this second has room for one more message.
  private mutating func admits(_ time: Instant) -> Bool {
    guard let most = limits.eventsPerSecondMax else { return true }
    let now = time.secondsSince1970
    if now != second {
      second = now
      inSecond = 0
    }
    inSecond += 1
    return inSecond <= most
  }

  private mutating func append(_ slot: Slot) {
    if slots.count < limits.eventsMax {
      if slots.isEmpty { slots.reserveCapacity(limits.eventsMax) }
      slots.append(slot)
    } else {
      if nextPosition - firstPosition == UInt64(limits.eventsMax) { forgetOldest() }
      slots[index(nextPosition)] = slot
    }
    nextPosition += 1
  }

  private mutating func forgetOldest() {
    firstPosition += 1
    counters.forgotten += 1
  }

  private func index(_ position: UInt64) -> Int { Int(position % UInt64(limits.eventsMax)) }

  /// Copies `count` bytes into the byte ring, forgetting the events whose bytes lay there. Returns where they begin.
  private mutating func keep(_ source: UnsafeRawBufferPointer, count: Int) -> UInt64 {
    guard count > 0, let base = source.baseAddress else { return written }
    let ring: UnsafeMutableRawPointer
    if let bytes { ring = bytes } else {
      ring = UnsafeMutableRawPointer.allocate(byteCount: limits.bytesMax, alignment: 64)
      bytes = ring
    }
    let size = UInt64(limits.bytesMax)
    var start = written
    // A message lies in one piece: what is too short at the ring's end stays empty.
    let offset = start % size
    if offset + UInt64(count) > size { start += size - offset }
    let end = start + UInt64(count)
    if end > size {
      let oldestByte = end - size
      while firstPosition < nextPosition, slots[index(firstPosition)].bytesAt < oldestByte { forgetOldest() }
    }
    ring.advanced(by: Int(start % size)).copyMemory(from: base, byteCount: count)
    written = end
    return start
  }

  mutating func keep(tlsSecret line: String) {
    if secrets.count >= limits.secretsMax { secrets.removeFirst(max(1, limits.secretsMax / 8)) }
    secrets.append(line)
  }

  /// The followers that do not know yet that there is something; they are told outside the lock.
  mutating func followersToWake() -> [FollowerBell] {
    guard !followers.isEmpty else { return [] }
    let waiting = followers.filter { !$0.isRung }
    for follower in waiting { follower.isRung = true }
    return waiting
  }

  // MARK: Reading

  private func indexOfLongLived(_ number: UInt64) -> Int? {
    guard !longLived.isEmpty else { return nil }
    var low = 0
    var high = longLived.count
    while low < high {
      let middle = (low + high) / 2
      if longLived[middle].record.id.number < number { low = middle + 1 } else { high = middle }
    }
    return low < longLived.count && longLived[low].record.id.number == number ? low : nil
  }

  private func entry(_ number: UInt64) -> Entry? {
    if number >= firstNumber, number < nextNumber { return entries[slot(ofNumber: number)] }
    return indexOfLongLived(number).map { longLived[$0] }
  }

  func conversation(_ number: UInt64) -> ConversationRecord? { entry(number)?.record }

  func conversations(limit: Int, before: UInt64?) -> [ConversationRecord] {
    let end = before ?? .max
    var found: [ConversationRecord] = []
    var number = min(end, nextNumber)
    while found.count < limit, number > firstNumber {
      number -= 1
      found.append(entries[slot(ofNumber: number)].record)
    }
    for entry in longLived.reversed() where found.count < limit && entry.record.id.number < end { found.append(entry.record) }
    return found
  }

  func events(of number: UInt64, limit: Int) -> [Event] {
    guard let entry = entry(number) else { return [] }
    var found: [Event] = []
    var next = entry.newest
    while next > firstPosition, found.count < limit {
      let slot = slots[index(next - 1)]
      found.append(event(slot))
      next = slot.previous
    }
    return found.reversed()
  }

  /// The first kept position whose event has a number of at least `sequence`.
  private func position(from sequence: UInt64) -> UInt64 {
    var low = firstPosition
    var high = nextPosition
    while low < high {
      let middle = low + (high - low) / 2
      if slots[index(middle)].sequence < sequence { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func events(after sequence: UInt64, limit: Int) -> TraceStore.Batch {
    guard sequence < lastSequence, limit > 0 else { return TraceStore.Batch(events: [], lost: 0) }
    let start = position(from: sequence + 1)
    let end = min(nextPosition, start + UInt64(min(limit, limits.eventsMax)))
    var found: [Event] = []
    found.reserveCapacity(Int(end - start))
    for position in start..<end { found.append(event(slots[index(position)])) }
    let reached = end == nextPosition ? lastSequence : (found.last?.sequence ?? lastSequence)
    return TraceStore.Batch(events: found, lost: reached - sequence - UInt64(found.count))
  }

  func event(_ sequence: UInt64) -> Event? {
    let position = position(from: sequence)
    guard position < nextPosition else { return nil }
    let slot = slots[index(position)]
    return slot.sequence == sequence ? event(slot) : nil
  }

  private func event(_ slot: Slot) -> Event {
    var kept = Buffer()
    if slot.kept > 0, let bytes {
      let start = bytes.advanced(by: Int(slot.bytesAt % UInt64(limits.bytesMax)))
      kept = Buffer(UnsafeRawBufferPointer(start: start, count: Int(slot.kept)))
    }
    return Event(
      sequence: slot.sequence, time: slot.time, conversation: ConversationID(slot.conversation), kind: slot.kind, bytes: kept,
      length: slot.length, text: slot.text, because: slot.because == 0 ? nil : ConversationID(slot.because))
  }
}

extension ConversationRecord {
  /// Counts one event in.
  mutating func note(_ kind: Event.Kind, _ sequence: UInt64, length: Int, text: String, at time: Instant) {
    last = time
    switch kind {
    case .sent:
      sent += 1
      sentBytes += length
    case .received:
      received += 1
      receivedBytes += length
    case .problem: problems += 1
    case .lost: lost += 1
    case .closed: closed = text
    case .opened: firstEvent = sequence
    case .continued, .note, .wireSent, .wireReceived, .tlsBegun: break
    }
    guard kind.isMessage else { return }
    state = text
    if firstMessage == nil { firstMessage = sequence }
    lastMessage = sequence
  }

  /// Takes note of why it is spoken from now on.
  mutating func note(_ cause: Cause, causesMax: Int) {
    if causes.count >= causesMax { causes.removeFirst() }
    causes.append(cause)
  }
}

extension Event.Kind {
  /// Whether a message of the protocol passed.
  public var isMessage: Bool { self == .sent || self == .received }
  /// Whether bytes on the wire of an encrypted conversation passed.
  public var isWire: Bool { self == .wireSent || self == .wireReceived }
  /// Whether bytes passed at all.
  public var isPassage: Bool { isMessage || isWire }
  /// Whether it went from the recording host to its peer.
  public var isOutgoing: Bool { self == .sent || self == .wireSent }
}
