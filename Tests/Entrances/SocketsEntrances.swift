// Entrances of the uppercase, ping and pipe programs.
import Bytes
import Sockets
import Trace
import Transport
import World

let socketsEntrances: [Entrance] = [
  Entrance("uppercase-server") { bytes in
    var limits = Sockets.Limits()
    limits.lineBytesMax = 24
    mustNotDependOnCuts(bytes) { pieces in
      let driver = ConversationDriver(UppercaseStreamConversation(limits: limits), trace: nil) { question, _ in
        question == .turn ? .turnCame : nil
      }
      let story = Story(of: Wire(driver), Told(), pieces)
      must(!story.sent.array.contains { (0x61...0x7A).contains($0) }, "answers are in upper case")
      return story
    }
  },
  Entrance("uppercase-client") { bytes in
    mustNotDependOnCuts(bytes) { pieces in
      let told = Told()
      let driver = ConversationDriver(UppercaseStreamClient(lines: ["a", "b", "c"]), trace: nil) { question, _ in
        told.add(question)
        return nil
      }
      return Story(of: Wire(driver), told, pieces)
    }
  },
  Entrance("pipe-client") { bytes in
    mustNotDependOnCuts(bytes) { pieces in
      let told = Told()
      let driver = ConversationDriver(PipeStreamClient(), trace: nil) { question, _ in
        switch question {
        case .deliver(let bytes): told.add(piece: bytes)
        default: break
        }
        return nil
      }
      return Story(of: Wire(driver), told, pieces)
    }
  },
  Entrance("ping") { bytes in
    let peer = Endpoint(Address(192, 0, 2, 1), 12_000)
    if let ping = try? PingMessage(bytes) { must((try? PingMessage(ping.bytes)) == ping, "a ping reads back from its bytes") }
    var client = PingDatagramClient(server: peer, count: 2)
    var actions: [DatagramAction<PingDatagramClient.Question>] = []
    for event in [DatagramEvent.opened, .received(bytes, from: peer), .received("PING 1 1767225600.000000000", from: peer), .received(bytes, from: peer)] {
      if let input = client.input(for: event) { client.handle(input, at: .simulationStart, into: &actions) }
    }
    must(client.statistics.received >= 1, "the true answer counts, whatever came before")
    for dialect in [Dialect.ping, .uppercase] {
      if let explanation = Sockets.explain(bytes, as: dialect) {
        for field in explanation.fields { must(field.range.upperBound <= bytes.count, "a field lies in its message") }
      }
    }
  },
]
