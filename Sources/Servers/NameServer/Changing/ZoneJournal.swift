// Where a zone that changes is kept: its contents at some step, and every step since then, each durable before anybody is told of it.
// Both stand there in the form in which they also travel: the messages of a transfer.
//
//     zone-contents   zone | 0 -> the step they are of (8 bytes);  zone | n -> the n-th message of the whole zone
//     zone-source     zone | n -> the n-th message of what the zone was made of, when it was made of a file
//     zone-steps      zone | step (8 bytes) -> the messages of one step, each after its length
//     zone-contact    zone -> when the primary last said that the copy is good (8 bytes, seconds since 1970)
//
// Not here: what changes (ZoneContents.swift), who may ask for it (ZoneDesk.swift).
import Bytes
import DNS
import Storage
import World

/// The journal of one zone.
struct ZoneJournal: Sendable {
  private let records: any RecordStore
  private let zone: Name
  private let limits: Limits

  /// What a journal holds.
  struct Kept: Sendable {
    var contents: ZoneContents
    /// The latest steps, for incremental transfers; the last one led to `contents`.
    var steps: [ZoneDifference]
    /// The number of the next step.
    var nextStep: UInt64
    var source: [ResourceRecord]
    /// Unit: seconds since 1970.
    var contact: Int64?
  }

  init(_ records: any RecordStore, zone: Name, limits: Limits) {
    self.records = records
    self.zone = zone
    self.limits = limits
  }

  // MARK: Reading

  /// What was kept; nil: nothing.
  func load() async throws(StorageError) -> Kept? {
    guard let head = try await records.value(in: "zone-contents", at: key(0, 4)) else { return nil }
    let from = ZoneJournal.number(head)
    guard case .whole(let whole)? = try await transfer("zone-contents", since: nil), var contents = ZoneContents(apex: zone, records: whole, limits: limits)
    else { throw .failed("the records kept of the zone \(zone) are damaged") }
    var steps: [ZoneDifference] = []
    var next = from
    for record in try await rows("zone-steps", from: 0, 8) {
      let number = ZoneJournal.number(record.key[(record.key.count - 8)..<record.key.count])
      guard let step = ZoneJournal.step(record.value, zone) else { throw .failed("step \(number) kept of the zone \(zone) is damaged") }
      if number >= from {
        contents.apply(step)
        next = number + 1
      }
      steps.append(step)
    }
    let source: [ResourceRecord] = if case .whole(let records)? = try await transfer("zone-source", since: nil) { records } else { [] }
    let contact = try await records.value(in: "zone-contact", at: Buffer(zone.lowercased.wire)).map { Int64(truncatingIfNeeded: ZoneJournal.number($0)) }
    return Kept(contents: contents, steps: steps, nextStep: next, source: source, contact: contact)
  }

  /// Whether it is the journal of a zone that was made of a file.
  func hasSource() async throws(StorageError) -> Bool { try await records.value(in: "zone-source", at: key(1, 4)) != nil }

  private func transfer(_ table: String, since: Serial?) async throws(StorageError) -> ZoneTransfer? {
    var reader = TransferReader(TransferQuestion(zone, since: since))
    for row in try await rows(table, from: 1, 4) {
      guard let message = try? Message(reading: row.value) else { return nil }
      if let transfer = try? reader.take(message) { return transfer }
    }
    return nil
  }

  /// All rows of the zone from a number of `width` bytes on.
  private func rows(_ table: String, from first: UInt64, _ width: Int) async throws(StorageError) -> [Record] {
    var rows: [Record] = []
    var lower = key(first, width)
    let upper = key(.max, width) + [0]
    while true {
      let page = try await records.records(in: table, from: lower, to: upper, limit: ZoneJournal.pageSize)
      rows += page
      guard page.count == ZoneJournal.pageSize, let last = page.last else { return rows }
      lower = last.key + [0]
    }
  }

  // MARK: Writing

  /// Adds `steps`, the first of them under `number`. When this returns, they survive a power cut.
  func append(_ steps: [ZoneDifference], from number: UInt64) async throws(StorageError) {
    var changes: [Change] = []
    for (index, step) in steps.enumerated() {
      changes.append(.put(table: "zone-steps", key: key(number + UInt64(index), 8), value: ZoneJournal.bytes(step, zone)))
    }
    try await records.apply(changes)
  }

  /// Keeps `contents` as they are before step `number`, with `source` if it is known anew and `step`, the last one before that, and forgets the steps before
  /// `firstKept`. All of it, or nothing.
  func keep(
    _ contents: ZoneContents, source: [ResourceRecord]?, at number: UInt64, keepingFrom firstKept: UInt64, with step: ZoneDifference? = nil
  ) async throws(StorageError) {
    var changes = try await replacing("zone-contents", contents.records, contents.start)
    if let step { changes.append(.put(table: "zone-steps", key: key(number - 1, 8), value: ZoneJournal.bytes(step, zone))) }
    var head = Buffer()
    head.append(integer: number)
    changes.append(.put(table: "zone-contents", key: key(0, 4), value: head))
    if let source, let start = source.first { changes += try await replacing("zone-source", source, start) }
    for row in try await rows("zone-steps", from: 0, 8) where row.key.lexicographicallyPrecedes(key(firstKept, 8)) {
      changes.append(.remove(table: "zone-steps", key: row.key))
    }
    try await records.apply(changes)
  }

  /// The primary said that the copy is good.
  func noteContact(_ seconds: Int64) async throws(StorageError) {
    var value = Buffer()
    value.append(integer: seconds)
    try await records.apply([.put(table: "zone-contact", key: Buffer(zone.lowercased.wire), value: value)])
  }

  /// The changes that put `zoneRecords` in the place of what the table has.
  private func replacing(_ table: String, _ zoneRecords: [ResourceRecord], _ start: ResourceRecord) async throws(StorageError) -> [Change] {
    var changes = try await rows(table, from: 0, 4).map { Change.remove(table: table, key: $0.key) }
    var writer = TransferWriter(answering: TransferQuestion(zone).message(id: 0), ZoneTransfer.whole(zoneRecords).records(start: start))
    var number: UInt64 = 1
    while let message = writer.message() {
      changes.append(.put(table: table, key: key(number, 4), value: message))
      number += 1
    }
    return changes
  }

  // MARK: Forms

  /// Unit: rows read at a time.
  private static let pageSize = 256

  private func key(_ number: UInt64, _ width: Int) -> Buffer {
    Buffer(zone.lowercased.wire + (0..<width).map { UInt8(truncatingIfNeeded: (width < 8 ? min(number, 0xFFFF_FFFF) : number) >> UInt64((width - 1 - $0) * 8)) })
  }

  private static func number(_ bytes: Buffer) -> UInt64 { bytes.array.reduce(0) { $0 << 8 | UInt64($1) } }

  private static func question(_ step: ZoneDifference, _ zone: Name) -> TransferQuestion {
    TransferQuestion(zone, since: step.before.startOfAuthority?.version)
  }

  static func bytes(_ step: ZoneDifference, _ zone: Name) -> Buffer {
    var writer = TransferWriter(answering: question(step, zone).message(id: 0), ZoneTransfer.steps([step]).records(start: step.after))
    var bytes = Buffer()
    // The version it begins with, so that it can be read back.
    bytes.append(integer: step.before.startOfAuthority?.serial ?? 0)
    while let message = writer.message() { bytes.append(StreamFraming.framed(message)) }
    return bytes
  }

  static func step(_ bytes: Buffer, _ zone: Name) -> ZoneDifference? {
    var rest = bytes
    guard let serial = rest.take(4) else { return nil }
    var reader = TransferReader(TransferQuestion(zone, since: Serial(UInt32(truncatingIfNeeded: number(serial)))))
    while let piece = StreamFraming.next(from: &rest), let message = try? Message(reading: piece) {
      if case .steps(let steps)? = try? reader.take(message) { return steps.first }
    }
    return nil
  }
}

extension Buffer {
  fileprivate static func + (bytes: Buffer, more: [UInt8]) -> Buffer {
    var joined = bytes
    joined.append(more)
    return joined
  }

  fileprivate func lexicographicallyPrecedes(_ other: Buffer) -> Bool { array.lexicographicallyPrecedes(other.array) }
}
