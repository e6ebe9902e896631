// A text that leaves inside the names of questions: what whoever may ask nothing but a resolver does all the same. The resolver and the zone's server are the
// production ones. Not here: what notices it (NameServer/Recursive/TunnelWatch.swift).
import DNS
import Host
import SimulatedTransport
import Transport
import World

extension ScenarioRun {
  /// Asks for one name after the other, each with a number and as much of `text` in hexadecimal digits as fits, until one is not answered.
  func smuggle(_ client: SimulatedNetwork, _ text: String, to zone: String, through server: Address, as host: String) async -> Result.Outcome {
    guard let zone = try? Name(zone) else { return .failed("`\(zone)` is no name") }
    let names = NameClient(client, timeout: .seconds(10), trace: trace(host))
    var left = Array(text.utf8)[...]
    var asked = 0
    while !left.isEmpty {
      let number = Array("\(asked)".utf8)
      let labels = Self.labels(of: left, room: DNS.Limits.Format.nameMax - zone.wire.count - number.count - 1)
      guard !labels.isEmpty, let name = try? Name(labels: [number] + labels + zone.labels) else { return .failed("nothing fits into a name below \(zone)") }
      asked += 1
      guard case .answered(let answer) = await names.ask(.query(name, .txt, id: nextID()), Endpoint(server, 53)), answer.message.responseCode == .noError else {
        return .failed("\(asked) questions, the last without an answer")
      }
      left = left.dropFirst(labels.reduce(0) { $0 + $1.count } / 2)
    }
    return .said("\(asked) questions")
  }

  /// Labels of hexadecimal digits for the beginning of `bytes`, which take at most `room` bytes with their lengths.
  // RFC 1035 §2.3.4: 63 bytes a label, 255 a name.
  private static func labels(of bytes: ArraySlice<UInt8>, room: Int) -> [[UInt8]] {
    var (left, room, labels) = (bytes, room, [[UInt8]]())
    while room >= 3, !left.isEmpty {
      let count = min(31, (room - 1) / 2, left.count)
      labels.append(left.prefix(count).flatMap { [digit($0 >> 4), digit($0 & 15)] })
      left = left.dropFirst(count)
      room -= 1 + 2 * count
    }
    return labels
  }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}
