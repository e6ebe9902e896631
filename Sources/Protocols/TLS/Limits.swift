// What the reader of TLS on the wire holds. Every bound of the module is here.

/// The bounds of reading what passes on the wire.
public struct Limits: Sendable, Hashable {
  /// Longest record's content.
  ///
  /// Unit: bytes. RFC 5246 §6.2.3 allows 16,384 and 2,048 for encryption. Past it: the stream is taken for something else than TLS.
  public var recordBytesMax = 18_432
  /// Longest message of a handshake.
  ///
  /// Unit: bytes. RFC 8446 §4 could announce 16,777,215. Past it: the rest of that side is not read.
  public var messageBytesMax = 65_536
  /// Most values told of one list: versions, suites, protocols, names, certificates.
  ///
  /// Unit: values. Past it: the rest is left out.
  public var valuesMax = 256

  public init() {}
}
