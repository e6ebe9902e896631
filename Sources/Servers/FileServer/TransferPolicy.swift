// What a file server does about certain transfers before anybody looks at the file, because whoever runs it says so.
// Not here: which transfers (Lab/Magic), what is plainly done (TransferRun.swift).
package import FTP

/// Judges transfers as they are ordered.
package struct TransferPolicy: Sendable {
  package enum Deed: Sendable {
    /// There is no data connection.
    case unconnected
    /// There is no room.
    case full
    /// It begins, and the data connection breaks.
    case broken
    /// It begins, and nothing passes until the client gives up.
    case stalled
  }

  /// Nil: what would be done anyway.
  let deed: @Sendable (TransferOrder) -> Deed?

  package init(deed: @escaping @Sendable (TransferOrder) -> Deed?) { self.deed = deed }
}
