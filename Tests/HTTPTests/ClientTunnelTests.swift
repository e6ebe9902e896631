// The client's half of a tunnel through a proxy: CONNECT in the clear, then TLS, then the requests; and every way in which that fails.
// Not here: the proxy's half (TunnelTests), real proxies and certificates (WebServerTests/TunnelClientTests, PeerTests).
import Bytes
import HTTP
import TestKit
import Testing
import World

@Suite("a client through a proxy's tunnel", .spec("RFC 9110", "9.3.6"))
struct ClientTunnelTests {
  private typealias End = BareEnd<ClientConversation>

  private func end(limits: Limits = Limits()) -> End {
    let end = End(ClientConversation(limits: limits, tunnel: Request(.connect, "a.test:443", authority: "a.test:443")))
    end.give(.send(Ticket(number: 1), Request(authority: "a.test")))
    return end
  }

  /// What the owner was told, in words.
  private func told(_ end: End) -> [String] {
    end.takeQuestions().map { question in
      switch question {
      case .opened: "opened"
      case .interim(_, let head): "interim \(head.status.rawValue)"
      case .responseHead(let ticket, let head): "\(ticket.number) \(head.status.rawValue)"
      case .bodyPart(_, let bytes): "body \(bytes.text)"
      case .responseEnd: "end"
      case .failed(let ticket, let failure): "\(ticket.number) failed \(failure.kind)\(failure.isRepeatable ? " repeatable" : "")"
      case .ended: "ended"
      case .giveBody, .holdParts, .resumeParts, .partTaken: "part"
      }
    }
  }

  static let openings = [
    "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.0 200 Connection established\r\nProxy-agent: x\r\n\r\n",
    // What is said about content counts for nothing.
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 204 x\r\nConnection: close\r\n\r\n", "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
  ]

  @Test("asks for the tunnel, begins TLS, and only then says what it came for", arguments: openings)
  func opens(_ answer: String) {
    for pieces in Cutter.cuts(of: Buffer(answer)) {
      let end = end()
      #expect(end.takeOutput() == "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n")
      for piece in pieces {
        #expect(!end.isSecuring)
        end.receive(piece)
      }
      #expect(end.isSecuring && !end.hasPlaintextPending && end.takeOutput().isEmpty && told(end).isEmpty)
      end.happen(.secured)
      #expect(end.takeOutput() == "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
      end.receive("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
      #expect(told(end) == ["opened", "1 200", "body hi", "end"] && end.closing == nil)
    }
  }

  @Test("bytes in the clear behind the proxy's answer are left for the driver to refuse")
  func injected() {
    let end = end()
    end.receive("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
    #expect(end.isSecuring && end.hasPlaintextPending && told(end).isEmpty)
  }

  struct Refused: Sendable {
    var bytes = ""
    var event: ConnectionEvent?
    var told: [String]
  }

  @Test("a proxy that opens none, or breaks the protocol", arguments: [
    Refused(bytes: "HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nno!\n", told: ["1 failed tunnelRefused(403 Forbidden)", "ended"]),
    Refused(bytes: "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic\r\n\r\n", told: ["1 failed tunnelRefused(407 Proxy Authentication Required)", "ended"]),
    Refused(bytes: "HTTP/1.1 302 Found\r\nLocation: http://b.test/\r\n\r\n", told: ["1 failed tunnelRefused(302 Found)", "ended"]),
    Refused(bytes: "HTTP/1.1 101 x\r\n\r\n", told: ["1 failed badResponse", "ended"]),
    Refused(bytes: "SSH-2.0-x\r\n", told: ["1 failed badResponse", "ended"]),
    Refused(bytes: String(repeating: "HTTP/1.1 100 x\r\n\r\n", count: 9), told: ["1 failed badResponse", "ended"]),
    Refused(event: .peerClosed, told: ["1 failed closedEarly", "ended"]), Refused(event: .lost, told: ["1 failed closedEarly", "ended"]),
    Refused(bytes: "HTTP/1.1 200 OK\r\n\r\n", event: .lost, told: ["1 failed insecure", "ended"]),
  ])
  func refused(_ c: Refused) {
    let end = end()
    end.receive(Buffer(c.bytes))
    if let event = c.event { end.happen(event) }
    #expect(told(end) == c.told && end.closing != nil)
    #expect(end.takeOutput().text.hasSuffix("Host: a.test:443\r\n\r\n"), "nothing but the question for a tunnel")
  }

  @Test("a proxy that is silent is not waited for longer than a server")
  func silent() {
    var limits = Limits()
    limits.responseTimeout = .seconds(3)
    let end = end(limits: limits)
    end.advance(by: .seconds(2))
    #expect(end.closing == nil)
    end.advance(by: .seconds(2))
    #expect(told(end) == ["1 failed timedOut", "ended"])
  }
}
