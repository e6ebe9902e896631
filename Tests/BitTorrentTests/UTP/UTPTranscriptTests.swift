// Connections byte for byte: Tests/Transcripts/utp. Each line is an event or an order, or a packet that must come out, in order.
//
//     call NUMBER SEQUENCE | called SEQUENCE    which side we are; the called side is made by the first packet
//     at MILLISECONDS                           the time since the beginning; deadlines on the way are reached
//     < HEX                                     a packet comes; then everything that may leave leaves
//     > HEX                                     this packet leaves
//     write TEXT   read TEXT   close   abort    orders, and what must be readable
//     state NAME                                what the connection says of itself
import BitTorrent
import Bytes
import TestKit
import Testing
import Trace
import World

@Suite("uTP transcripts")
struct UTPTranscriptTests {
  static let folder = repositoryRoot + "/Tests/Transcripts/utp"

  @Test("a transcript is played", .spec("BEP 29"), arguments: names(in: folder).sorted())
  func plays(_ name: String) throws {
    let text = String(decoding: try #require(contents(of: "\(Self.folder)/\(name)")), as: UTF8.self)
    var player = Player()
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() where !line.hasPrefix("#") && !line.isEmpty {
      player.play(String(line), "\(name):\(number + 1)")
    }
    #expect(player.out.isEmpty, "\(name): \(player.out.count) more packets leave, the first one \(player.out.first.map { Hexadecimal.text($0.array) } ?? "")")
  }
}

/// Plays one line after the other.
private struct Player {
  var connection: UTPConnection?
  var sequence: UInt16 = 0
  var now = Instant(nanoseconds: 0)
  var out: [Buffer] = []

  mutating func give(_ input: UTPConnection.Input) {
    var actions: [UTPConnection.Action] = []
    connection?.handle(input, at: now, into: &actions)
    for case .send(let packet) in actions { out.append(packet.bytes) }
  }

  mutating func play(_ line: String, _ place: String) {
    let words = line.split(separator: " ", maxSplits: 1).map(String.init)
    let rest = words.count > 1 ? words[1] : ""
    switch words[0] {
    case "call":
      let numbers = rest.split(separator: " ").compactMap { UInt16($0) }
      connection = UTPConnection(calling: numbers[0], sequence: numbers[1], limits: UTPLimits(), at: now)
      give(.flush)
    case "called": sequence = UInt16(rest) ?? 0
    case "at":
      let time = Instant(nanoseconds: (Int64(rest) ?? 0) * 1_000_000)
      while let deadline = connection?.deadline, deadline <= time {
        now = max(now, deadline)
        give(.deadlineReached)
      }
      now = time
    case "<":
      guard let packet = try? UTPPacket.read(hex(rest)) else { return }
      if connection == nil {
        connection = UTPConnection(calledBy: packet, sequence: sequence, limits: UTPLimits(), at: now)
      } else {
        give(.received(packet))
      }
      give(.flush)
    case ">":
      guard !out.isEmpty else {
        Issue.record("\(place): nothing leaves")
        return
      }
      let packet = out.removeFirst()
      #expect(packet == hex(rest), "\(place): \(Hexadecimal.text(packet.array))")
    case "write":
      give(.write(Buffer(rest)))
      give(.flush)
    case "read": #expect(connection?.read() == Buffer(rest), "\(place)")
    case "close": give(.close(.afterFlush))
    case "abort": give(.close(.now))
    case "state": #expect(connection?.stateName == rest, "\(place)")
    default: Issue.record("\(place): no such order")
    }
  }
}
