// What travels over virtual links: datagrams, and the segments of the TCP model.
// Not here: who sends them (SimulatedPort.swift, SimulatedConnection.swift), what a link does to them (Transport/LinkDirection.swift).
import Bytes
import World

/// One segment of the TCP model.
///
/// RFC 9293 §3.1, without what a model does not need: sequence numbers are wide, do not wrap, and begin at zero on both sides.
struct Segment {
  /// The number of the first byte; the SYN has number 0, the first byte of data 1.
  var sequence: Int64
  /// The next number expected from the other side; nil in the first SYN only.
  var acknowledgement: Int64?
  var isSYN = false
  var isFIN = false
  var isReset = false
  /// Unit: bytes.
  var window = 0
  var payload = Buffer()
  /// RFC 2018 §3: what has arrived beyond a gap, the newest first.
  var early: [Range<Int64>] = []
  /// It, or part of it, was sent before. For the log only.
  var isRepeated = false
  /// It is a piece of TLS: its bytes differ in each run, and do not go into the log.
  var isCiphertext = false
  /// Somebody on the way changed it. For the log only.
  var isChanged = false

  /// How many numbers it takes: its bytes, and one each for SYN and FIN.
  var length: Int64 { Int64(payload.count) + (isSYN ? 1 : 0) + (isFIN ? 1 : 0) }
}

/// What a link carries.
struct Packet {
  enum Content {
    case datagram(Buffer)
    case segment(Segment)
  }

  var source: Endpoint
  var destination: Endpoint
  var content: Content

  /// Its size on the wire with the headers below. Unit: bytes.
  var size: Int {
    switch content {
    case .datagram(let bytes): Self.networkHeader(destination.address) + 8 + bytes.count
    case .segment(let segment): Self.networkHeader(destination.address) + 20 + segment.payload.count
    }
  }

  /// RFC 791 §3.1, RFC 8200 §3.
  static func networkHeader(_ address: Address) -> Int {
    switch address {
    case .v4: 20
    case .v6: 40
    }
  }
}

extension Segment: CustomStringConvertible {
  /// `SYN`, `SYN ACK 1`, `DATA 1…1460 ACK 23`, as the log shows it.
  var description: String {
    var words: [String] = []
    if isReset { words.append("RST") }
    if isSYN { words.append("SYN") }
    if !payload.isEmpty { words.append("DATA \(sequence)…\(sequence + Int64(payload.count) - 1)") }
    if isFIN { words.append("FIN") }
    if let acknowledgement { words.append("ACK \(acknowledgement)") }
    if !early.isEmpty { words.append("SACK " + early.map { "\($0.lowerBound)…\($0.upperBound - 1)" }.joined(separator: ",")) }
    if !isReset { words.append("window \(window)") }
    if isRepeated { words.append("(again)") }
    if isChanged { words.append("(changed on its way)") }
    return words.joined(separator: " ")
  }
}
