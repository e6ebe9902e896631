// What a torrent is known by, and what a peer calls itself.
// Read next: Bits160.swift (how both are kept), Metainfo.swift (what is hashed).
public import Bytes
import Crypto

/// The name of a torrent: the SHA-1 of the exact bytes of its `info` value.
// BEP 3 metainfo files: the hash is of the bytes as they stand in the file, not of what they mean.
public struct InfoHash: Hashable, Sendable, Comparable, CustomStringConvertible {
  public var bits: Bits160

  public init(_ bits: Bits160) { self.bits = bits }

  /// The hash in twenty bytes; nil for any other number.
  public init?(_ bytes: Buffer) {
    guard let bits = Bits160(bytes) else { return nil }
    self.bits = bits
  }

  /// The hash written in forty hexadecimal digits; nil for anything else.
  public init?(hex text: some StringProtocol) {
    guard let bits = Hexadecimal.bytes(text.utf8).flatMap({ Bits160($0) }) else { return nil }
    self.bits = bits
  }

  /// The hash of `info`, the exact bytes of the value.
  public init(hashing info: Buffer) {
    let digest = info.withUnsafeBytes { Insecure.SHA1.hash(data: $0) }
    bits = Bits160(Array(digest)) ?? .zero
  }

  public var bytes: [UInt8] { bits.bytes }
  public var hex: String { bits.hex }
  public var description: String { hex }
  public static func < (a: InfoHash, b: InfoHash) -> Bool { a.bits < b.bits }
}

/// What a peer calls itself for as long as it runs.
// BEP 20: two letters of the program and its version between hyphens, then chance.
public struct PeerID: Hashable, Sendable, CustomStringConvertible {
  public var bits: Bits160

  public init(_ bits: Bits160) { self.bits = bits }

  /// The name in twenty bytes; nil for any other number.
  public init?(_ bytes: Buffer) {
    guard let bits = Bits160(bytes) else { return nil }
    self.bits = bits
  }

  /// A name of our own: `-NS0100-` and twelve digits and letters made by chance.
  public static func random(using chance: inout some RandomNumberGenerator) -> PeerID {
    let letters = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    let tail = (0..<12).map { _ in letters[Int.random(in: 0..<letters.count, using: &chance)] }
    return PeerID(Bits160(Array("-NS0100-".utf8) + tail) ?? .zero)
  }

  public var bytes: [UInt8] { bits.bytes }

  /// Printable ASCII as it is, the rest as `\xNN`.
  public var description: String { Buffer(bytes).description }
}
