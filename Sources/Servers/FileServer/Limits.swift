// Every bound of the file server besides those of the protocol (FTP/Limits.swift), with its unit, its default and what happens past it.
package import FTP
package import Transport

/// What a file server is prepared to hold.
package struct ServerLimits: Sendable, Hashable {
  /// Of each session.
  package var session = FTP.Limits()
  /// Most sessions, in all and from one address. Past it: the new connection is closed at once, and counted.
  package var listening = ListenLimits(connectionsMax: 4_096, connectionsPerAddressMax: 256)
  /// Most ports that listen for data connections. Unit: ports. Past it: 425.
  package var passivePortsMax = 4_096
  /// Most ports kept listening though no transfer needs them at the moment, so that the next one need not open one. Unit: ports. Past it: closed.
  package var freePassivePortsMax = 64
  /// Most ports tried for one that is free. Unit: ports. Past it: 425.
  package var passiveTriesMax = 64
  /// How much of an upload is collected before it is written. Unit: bytes. Past it: written; the client may send on meanwhile.
  package var writeBytes = 524_288
  /// How much is read of a file, or sent of a listing, at a time where it passes through memory. Unit: bytes.
  package var pieceBytes = 65_536
  /// Room that uploads leave on a disk. Unit: bytes. Past it: 452, or 552 in the middle.
  package var roomKeptBytes: Int64 = 16_777_216
  /// Most wrong passwords from one address in `guessingTime`. Unit: tries. Past it: 421 until that time is over.
  package var guessesPerAddressMax = 30
  package var guessingTime = Duration.seconds(600)
  /// Most addresses whose wrong passwords are counted. Unit: addresses. Past it: the counting begins anew.
  package var guessersMax = 4_096

  package init() {}
}
