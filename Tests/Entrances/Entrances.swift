// Every entrance a stranger's bytes have, in one table. A new parser is not finished before it stands in one of the files below.
// The fuzzers (Fuzz/) call them with made-up bytes, CorpusTests with the bytes kept from earlier runs.
// Read next: DNSEntrances.swift; each protocol has such a file.
import Bytes

/// One entrance: what it does with any bytes.
public struct Entrance: Sendable {
  public let name: String
  private let run: @Sendable (Buffer) -> Void

  init(_ name: String, _ run: @escaping @Sendable (Buffer) -> Void) {
    self.name = name
    self.run = run
  }

  /// Hands `bytes` in. Stops the process when a promise is broken.
  public func play(_ bytes: UnsafeRawBufferPointer) { run(Buffer(bytes)) }
}

/// What the network reaches comes first.
public let entrances =
  dnsEntrances + httpEntrances + tlsEntrances + smtpEntrances + pop3Entrances + imapEntrances + mailEntrances + ftpEntrances
  + bitTorrentEntrances
  + utpEntrances
  + trackerEntrances
  + namesEntrances
  + swarmEntrances
  + stateEntrances + cacheEntrances + serverEntrances + groundEntrances
  + socketsEntrances + productEntrances

/// Stops the run when a promise is broken, so that libFuzzer keeps the input.
func must(_ holds: Bool, _ promise: @autoclosure () -> String) {
  if !holds { fatalError("broken promise: \(promise())") }
}

extension Buffer {
  /// The bytes in pieces whose lengths the bytes themselves choose: one to sixteen, by the low bits of each piece's first byte.
  var pieces: [Buffer] {
    var pieces: [Buffer] = []
    var start = 0
    while let first = self[at: start] {
      let end = Swift.min(count, start + 1 + Int(first & 15))
      pieces.append(self[start..<end])
      start = end
    }
    return pieces
  }

  /// Each byte on its own.
  var singles: [Buffer] { (0..<count).map { self[$0..<($0 + 1)] } }
}
