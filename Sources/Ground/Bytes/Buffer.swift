// A run of bytes that can be taken from the front and added to at the end: what every reader reads and every writer writes.
// It wraps NIO's ByteBuffer, so that the runtime hands it to a socket without a copy; nothing below the runtime sees that.
// Read next: LineFramer.swift (lines); DNS/MessageReader.swift shows how a binary format is read.
public import NIOCore

/// Bytes with a front and an end. Copying it shares the storage until one copy is changed.
public struct Buffer: Sendable, Hashable {
  /// The storage underneath. For the runtime only: a protocol that used it would be tied to NIO.
  public var storage: ByteBuffer

  /// An empty buffer with room for `capacity` bytes.
  @inlinable
  public init(capacity: Int = 0) {
    storage = capacity == 0 ? ByteBuffer() : ByteBufferAllocator().buffer(capacity: capacity)
  }

  /// A buffer over what the runtime received.
  @inlinable
  public init(storage: ByteBuffer) { self.storage = storage }

  /// A buffer holding `bytes`.
  @inlinable
  public init(_ bytes: some Sequence<UInt8>) { storage = ByteBuffer(bytes: bytes) }

  /// A buffer holding the UTF-8 of `text`.
  @inlinable
  public init(_ text: String) { storage = ByteBuffer(string: text) }

  /// A buffer holding a copy of `span`.
  @inlinable
  public init(copying span: RawSpan) {
    storage = span.withUnsafeBytes { ByteBuffer(bytes: $0) }
  }

  /// How many bytes are left between front and end.
  @inlinable
  public var count: Int { storage.readableBytes }

  /// Whether nothing is left.
  @inlinable
  public var isEmpty: Bool { storage.readableBytes == 0 }

  /// The bytes, to be parsed in place.
  @inlinable
  public var span: RawSpan {
    @_lifetime(borrow self)
    borrowing get { storage.readableBytesSpan }
  }

  /// Calls `body` with the bytes in place. The pointer must not leave `body`.
  @inlinable
  public func withUnsafeBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E) -> R {
    let outcome: Result<R, E> = storage.withUnsafeReadableBytes { bytes in
      do throws(E) { return .success(try body(bytes)) } catch { return .failure(error) }
    }
    return try outcome.get()
  }

  /// The byte `offset` after the front; nil past the end.
  @inlinable
  public subscript(at offset: Int) -> UInt8? {
    guard offset >= 0, offset < count else { return nil }
    return storage.getInteger(at: storage.readerIndex + offset)
  }

  /// The bytes of `range`, counted from the front, sharing the storage; what lies past the end is left out.
  @inlinable
  public subscript(range: Range<Int>) -> Buffer {
    let low = Swift.max(0, Swift.min(range.lowerBound, count))
    let high = Swift.max(low, Swift.min(range.upperBound, count))
    return Buffer(storage: storage.getSlice(at: storage.readerIndex + low, length: high - low) ?? ByteBuffer())
  }

  /// Takes the first `length` bytes away and returns them; nil, and nothing taken, when there are fewer.
  @inlinable
  public mutating func take(_ length: Int) -> Buffer? {
    guard length >= 0, let slice = storage.readSlice(length: length) else { return nil }
    return Buffer(storage: slice)
  }

  /// Takes everything away and returns it.
  @inlinable
  public mutating func takeAll() -> Buffer {
    let all = self
    self = Buffer()
    return all
  }

  /// Takes up to `length` bytes off the front and forgets them.
  @inlinable
  public mutating func drop(_ length: Int) {
    storage.moveReaderIndex(forwardBy: Swift.max(0, Swift.min(length, count)))
  }

  /// Takes up to `length` bytes off the end and forgets them.
  @inlinable
  public mutating func dropLast(_ length: Int) {
    storage.moveWriterIndex(to: storage.writerIndex - Swift.max(0, Swift.min(length, count)))
  }

  /// Gives back the room of what was taken off the front, once that is more than `bound` bytes and more than what is left: who takes at
  /// the front and adds at the end without ever coming to an end would otherwise keep everything that ever passed.
  @inlinable
  public mutating func reclaim(past bound: Int) {
    if storage.readerIndex > bound, storage.readerIndex > count { storage.discardReadBytes() }
  }

  /// Forgets everything, keeping the storage for reuse.
  @inlinable
  public mutating func clear() { storage.clear() }

  @inlinable
  public mutating func append(_ byte: UInt8) { storage.writeInteger(byte) }

  /// Appends in network byte order.
  @inlinable
  public mutating func append<T: FixedWidthInteger>(integer: T) { storage.writeInteger(integer) }

  @inlinable
  public mutating func append(_ other: Buffer) { storage.writeImmutableBuffer(other.storage) }

  @inlinable
  public mutating func append(_ bytes: some Sequence<UInt8>) { storage.writeBytes(bytes) }

  @inlinable
  public mutating func append(_ text: String) { storage.writeString(text) }

  @inlinable
  public mutating func append(_ text: Substring) { storage.writeSubstring(text) }

  @inlinable
  public mutating func append(_ text: StaticString) { storage.writeStaticString(text) }

  @inlinable
  public mutating func append(copying span: RawSpan) {
    span.withUnsafeBytes { _ = storage.writeBytes($0) }
  }

  /// Overwrites the bytes from `offset` on in network byte order. What would lie past the end is not written.
  @inlinable
  public mutating func overwrite<T: FixedWidthInteger>(at offset: Int, with value: T) {
    guard offset >= 0, offset + MemoryLayout<T>.size <= count else { return }
    storage.setInteger(value, at: storage.readerIndex + offset)
  }

  /// The bytes as an array (a copy).
  @inlinable
  public var array: [UInt8] { Array(storage.readableBytesView) }

  /// The bytes read as UTF-8, what is not UTF-8 repaired. For showing, never for deciding.
  public var text: String { String(decoding: storage.readableBytesView, as: UTF8.self) }

  /// Where `byte` first stands at or after `start`; nil: nowhere.
  @inlinable
  public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
    withUnsafeBytes { bytes in
      guard start >= 0, start < bytes.count, let base = bytes.baseAddress else { return nil }
      let ones: UInt64 = 0x0101_0101_0101_0101
      var index = start
      // Eight at a time. A borrow can only disturb bytes above the lowest hit, and only that one is used.
      while index &+ 8 <= bytes.count {
        let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ (ones &* UInt64(byte))
        let hits = (word &- ones) & ~word & (ones << 7)
        if hits != 0 { return index &+ hits.trailingZeroBitCount >> 3 }
        index &+= 8
      }
      while index < bytes.count {
        if bytes[index] == byte { return index }
        index &+= 1
      }
      return nil
    }
  }

  /// Equality of the bytes between front and end.
  @inlinable
  public static func == (a: Buffer, b: Buffer) -> Bool { a.storage == b.storage }

  @inlinable
  public func hash(into hasher: inout Hasher) { storage.hash(into: &hasher) }
}

extension Buffer: ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
  public init(stringLiteral text: String) { self.init(text) }
  public init(arrayLiteral bytes: UInt8...) { self.init(bytes) }
}

extension Buffer: CustomStringConvertible {
  /// The bytes for a human: printable ASCII as it is, the rest as `\r`, `\n` or `\xNN`.
  public var description: String {
    var text = ""
    for byte in storage.readableBytesView {
      switch byte {
      case 0x0D: text += "\\r"
      case 0x0A: text += "\\n"
      case 0x5C: text += "\\\\"
      case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
      default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return text
  }
}
