// A checksum over content that comes in pieces: it tells content that a crash or a disk has cut or changed, not content that somebody forged.
import Bytes

/// Sixty-four bits that depend on every byte and its place, however the bytes were cut.
struct Checksum {
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15
  private var count: UInt64 = 0
  /// Bytes that do not make a word yet, the first in the lowest place.
  private var rest: UInt64 = 0
  private var restCount = 0

  init() {}

  static func of(_ bytes: Buffer) -> UInt64 {
    var checksum = Checksum()
    checksum.add(bytes)
    return checksum.value
  }

  mutating func add(_ bytes: Buffer) { bytes.withUnsafeBytes { add($0) } }

  private mutating func add(_ bytes: UnsafeRawBufferPointer) {
    count &+= UInt64(bytes.count)
    var index = 0
    while restCount > 0, index < bytes.count { take(bytes[index], &index) }
    while index &+ 8 <= bytes.count {
      mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
      index &+= 8
    }
    while index < bytes.count { take(bytes[index], &index) }
  }

  private mutating func take(_ byte: UInt8, _ index: inout Int) {
    rest |= UInt64(byte) &<< UInt64(restCount &* 8)
    restCount &+= 1
    index &+= 1
    if restCount == 8 {
      mix(rest)
      rest = 0
      restCount = 0
    }
  }

  private mutating func mix(_ word: UInt64) {
    let product = (state ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    state = (product.high ^ product.low) &+ 0xA076_1D64_78BD_642F
  }

  var value: UInt64 {
    var last = self
    last.mix(rest)
    last.mix(count)
    return last.state
  }
}
