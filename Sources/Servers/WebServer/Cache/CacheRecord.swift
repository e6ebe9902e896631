// What stands in a cache's folder about one kept response, besides its body: whole and unchanged, or worth nothing.
// Not here: where such files stand and in which order they are written (CacheFolder.swift).
package import Bytes
package import HTTP
package import World

/// One response's record: its key, its head, its times, and how its body can be told from a torn one.
package struct CacheRecord: Sendable, Hashable {
  package var key: Buffer
  /// What the request had in the fields that Vary names.
  package var varyKey: Buffer
  /// As `ResponseReader` takes it.
  package var head: Buffer
  package var requestedAt: Instant
  package var receivedAt: Instant
  /// Unit: bytes.
  package var bodyLength: Int64
  package var bodyChecksum: UInt64

  package init(
    key: Buffer, varyKey: Buffer, head: Buffer, requestedAt: Instant, receivedAt: Instant, bodyLength: Int64, bodyChecksum: UInt64
  ) {
    self.key = key
    self.varyKey = varyKey
    self.head = head
    self.requestedAt = requestedAt
    self.receivedAt = receivedAt
    self.bodyLength = bodyLength
    self.bodyChecksum = bodyChecksum
  }

  // The file: eight bytes that say what it is; five numbers of eight bytes (request's time, arrival, body's length, body's checksum, and
  // the checksum of all the rest); three runs of bytes, each after its length in four bytes: key, Vary's key, head. Numbers are big-endian.
  private static let magic = Array("NSCACHE1".utf8)
  private static let fixedCount = 48
  /// Longest record. Unit: bytes. Past it: it is none.
  package static let bytesMax = 1 << 18

  package var bytes: Buffer {
    var out = Buffer(capacity: Self.fixedCount + 12 + key.count + varyKey.count + head.count)
    out.append(Self.magic)
    for number in [UInt64(bitPattern: requestedAt.nanoseconds), UInt64(bitPattern: receivedAt.nanoseconds), UInt64(bitPattern: bodyLength), bodyChecksum] {
      out.append(integer: number)
    }
    var runs = Buffer(capacity: 12 + key.count + varyKey.count + head.count)
    for run in [key, varyKey, head] {
      runs.append(integer: UInt32(truncatingIfNeeded: run.count))
      runs.append(run)
    }
    var checksum = Checksum()
    checksum.add(out)
    checksum.add(runs)
    out.append(integer: checksum.value)
    out.append(runs)
    return out
  }

  /// Reads what `bytes` wrote. Nil for anything that is not exactly that.
  package init?(reading bytes: Buffer) {
    guard bytes.count >= Self.fixedCount, bytes.count <= Self.bytesMax, bytes[0..<8].array == Self.magic else { return nil }
    func number(_ place: Int) -> UInt64 { bytes[place..<(place + 8)].array.reduce(0) { $0 << 8 | UInt64($1) } }
    var checksum = Checksum()
    checksum.add(bytes[0..<40])
    checksum.add(bytes[Self.fixedCount..<bytes.count])
    guard checksum.value == number(40) else { return nil }
    var rest = bytes[Self.fixedCount..<bytes.count]
    func run() -> Buffer? {
      guard let length = rest.take(4)?.array.reduce(0, { $0 << 8 | Int($1) }) else { return nil }
      return rest.take(length)
    }
    guard let key = run(), let varyKey = run(), let head = run(), rest.isEmpty else { return nil }
    let length = Int64(bitPattern: number(24))
    guard length >= 0 else { return nil }
    self.init(
      key: key, varyKey: varyKey, head: head, requestedAt: Instant(nanoseconds: Int64(bitPattern: number(8))),
      receivedAt: Instant(nanoseconds: Int64(bitPattern: number(16))), bodyLength: length, bodyChecksum: number(32))
  }

  /// The head, read; nil when it is none.
  package var responseHead: ResponseHead? {
    var bytes = head
    var reader = ResponseReader(limits: Self.headLimits)
    guard let read = try? reader.next(from: &bytes, answering: .get), bytes.isEmpty else { return nil }
    return read
  }

  /// What was received within the limits, freshened by what was received within them.
  private static let headLimits: HTTP.Limits = {
    var limits = HTTP.Limits()
    limits.fieldsBytesMax = 131_072
    limits.fieldsMax = 256
    return limits
  }()
}
