// The pipes that `netstead nc` owns: what is said and delivered, when more is asked for, how they end.
import Bytes
import Sockets
import TestKit
import Testing
import Transport
import World

@Suite("Pipes")
struct PipeTests {
  /// What happens, and what the client does then: its questions (`more`, `ended`, the bytes it delivers), `> ` what it sends, `close`.
  struct Step: Sendable {
    var input: PipeStreamClient.Input
    var does: [String]
  }

  static let streams: [[Step]] = [
    // Both speak; the owner finishes; the peer's last words are delivered; silence ends it.
    [
      Step(input: .opened, does: ["more"]), Step(input: .say("a"), does: ["> a", "more"]), Step(input: .received("b"), does: ["b"]),
      Step(input: .finished, does: []), Step(input: .received("c"), does: ["c"]), Step(input: .say("late"), does: []),
      Step(input: .silentAfterwards, does: ["ended", "close"]), Step(input: .received("d"), does: []), Step(input: .peerClosed, does: []),
    ],
    // A full queue: nothing more is asked for until it has room, and then once.
    [
      Step(input: .opened, does: ["more"]), Step(input: .congested, does: []), Step(input: .say("a"), does: ["> a"]),
      Step(input: .relieved, does: ["more"]), Step(input: .congested, does: []), Step(input: .relieved, does: []),
    ],
    // The peer closes while we talk.
    [Step(input: .opened, does: ["more"]), Step(input: .peerClosed, does: ["ended", "close"]), Step(input: .say("a"), does: [])],
  ]

  @Test("over TCP", arguments: streams)
  func stream(_ steps: [Step]) {
    var client = PipeStreamClient()
    for (number, step) in steps.enumerated() {
      var actions: [StreamAction<PipeStreamClient.Question>] = []
      client.handle(step.input, at: .simulationStart, into: &actions)
      let did = actions.map { action in
        switch action {
        case .send(let bytes): "> \(bytes.text)"
        case .ask(.more): "more"
        case .ask(.deliver(let bytes)): bytes.text
        case .ask(.ended): "ended"
        case .close: "close"
        default: "\(action)"
        }
      }
      #expect(did == step.does, "step \(number)")
    }
  }

  @Test("the linger time runs only when the owner has finished, and anew with every byte")
  func linger() {
    var client = PipeStreamClient(lingerTime: .seconds(1))
    var actions: [StreamAction<PipeStreamClient.Question>] = []
    client.handle(.opened, at: .simulationStart, into: &actions)
    #expect(client.deadline == nil)
    client.handle(.finished, at: .simulationStart, into: &actions)
    #expect(client.deadline == .simulationStart + .seconds(1))
    client.handle(.received("x"), at: .simulationStart + .milliseconds(900), into: &actions)
    #expect(client.deadline == .simulationStart + .milliseconds(1_900))
  }

  @Test("over UDP: one peer, strangers ignored, silence ends it")
  func datagrams() {
    let peer = Endpoint(Address(192, 0, 2, 1), 7)
    let stranger = Endpoint(Address(192, 0, 2, 2), 7)
    let steps: [(PipeDatagramClient.Input, [String])] = [
      (.opened, ["more"]), (.say("a"), ["> a", "more"]), (.received("b", from: peer), ["b"]),
      (.received("c", from: stranger), ["ignored: a datagram from \(stranger)"]), (.finished, []), (.say("late"), []),
      (.received("d", from: peer), ["d"]), (.silentAfterwards, ["ended"]), (.received("e", from: peer), []),
    ]
    var client = PipeDatagramClient(peer: peer)
    for (input, expected) in steps {
      var actions: [DatagramAction<PipeDatagramClient.Question>] = []
      client.handle(input, at: .simulationStart, into: &actions)
      let did = actions.map { action in
        switch action {
        case .send(let bytes, to: peer): "> \(bytes.text)"
        case .ask(.more): "more"
        case .ask(.deliver(let bytes)): bytes.text
        case .ask(.ended): "ended"
        case .note(let text, _): text
        default: "\(action)"
        }
      }
      #expect(did == expected)
    }
  }
}
