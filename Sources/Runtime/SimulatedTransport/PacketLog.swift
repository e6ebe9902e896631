// What happened to packets on the links, as events of the trace: one conversation for each flow, recorded by nobody's host but `link`.
import Bytes
import Trace
import World

/// Writes packets into a recorder.
final class PacketLog {
  private let detail: SimulatedInternet.PacketDetail
  private let recorder: any Recorder
  private let flowsMax: Int
  private var flows: [Flow: ConversationID] = [:]

  private struct Flow: Hashable {
    var source: Endpoint
    var destination: Endpoint
    var carriage: ConversationInfo.Carriage
  }

  init(detail: SimulatedInternet.PacketDetail, recorder: any Recorder, flowsMax: Int) {
    self.detail = detail
    self.recorder = recorder
    self.flowsMax = flowsMax
  }

  func sent(_ packet: Packet, at now: Instant) {
    guard detail == .everything, recorder.isOn else { return }
    write(.note, packet, "", at: now)
  }

  /// Lost, or treated badly in another way.
  func lost(_ packet: Packet, because why: String, at now: Instant) {
    guard recorder.isOn else { return }
    write(.lost, packet, why + ": ", at: now)
  }

  private func write(_ kind: Event.Kind, _ packet: Packet, _ prefix: String, at now: Instant) {
    switch packet.content {
    case .datagram(let bytes):
      let text = "\(prefix)datagram of \(bytes.count) bytes"
      recorder.record(kind, in: number(packet, .udp, at: now), at: now, bytes: bytes.span, length: bytes.count, text: text)
    case .segment(let segment):
      let payload = segment.isCiphertext ? Buffer() : segment.payload
      recorder.record(
        kind, in: number(packet, .tcp, at: now), at: now, bytes: payload.span, length: segment.payload.count, text: "\(prefix)\(segment)")
    }
  }

  private func number(_ packet: Packet, _ carriage: ConversationInfo.Carriage, at now: Instant) -> ConversationID {
    let flow = Flow(source: packet.source, destination: packet.destination, carriage: carriage)
    if let known = flows[flow] { return known }
    if flows.count >= flowsMax { flows = [:] }
    let id = recorder.open(
      ConversationInfo(host: "link", role: .client, carrier: carriage, dialect: .raw, local: flow.source, remote: flow.destination), at: now)
    flows[flow] = id
    return id
  }
}
