// Every bound of this library, with its unit, its default and what happens past it.

/// What is prepared to be read and to be followed.
public struct Limits: Sendable, Hashable {
  /// Most zones and redirections that one resolution passes through. Unit: steps. Past it: the name does not resolve.
  public var delegationsMax = 32

  /// Longest name that is resolved. Unit: bytes of UTF-8. Past it: it is no name.
  public var nameBytesMax = 1_024

  /// Longest block that is read or made. Unit: bytes. RFC 9498 §6.3 leaves 32 bits for it; nodes of the hash table take less (DHTLimits). Past it: it is no block.
  public var blockBytesMax = 63 * 1_024

  /// Most records in one set. Unit: records. Past it: the set is not read, nor published.
  public var recordsMax = 256

  /// Most labels with records in one zone. Unit: labels. Past it: the zone's file is refused.
  public var labelsMax = 10_000

  /// Most names in one address book. Unit: names. Past it: nothing more is taken in from subscriptions; a petname is refused.
  public var addressesMax = 100_000

  /// Most claims that an address book remembers besides the names it follows. Unit: claims. Past it: further ones are forgotten.
  public var claimsMax = 10_000

  /// Longest destination. Unit: bytes. I2P's are 387 and more. Past it: it is no destination.
  public var destinationBytesMax = 1_024

  /// Longest line of an address book. Unit: bytes. Past it: the line is left out and told.
  public var lineBytesMax = 4_096

  /// Most problems remembered while one file is read. Unit: problems. Past it: further ones are counted only.
  public var problemsMax = 100

  public init() {}
}
