// One connection of a web server: the conversation's driver with its type spelled out, and the routing behind it.
// Not here: the driver's law (Transport/ConversationDriver), which site answers (Routing).
import Bytes
import HTTP
import Transport
import World

/// Forwards what the carrier tells to the driver.
// A call through `any StreamEnd` into a generic class runs its unspecialised code; from here the driver's type is known, and the compiler
// makes one machine of driver and conversation. Measured by Benchmarks/bench_http.py.
final class WebConnection: StreamEnd {
  private let driver: ConversationDriver<ServerConversation>
  private let routing: Routing

  init(limits: HTTP.Limits, trace: TraceContext?, routing: Routing) {
    self.routing = routing
    driver = ConversationDriver(ServerConversation(limits: limits), trace: trace) { question, answers in routing.take(question, answers) }
  }

  var deadline: Instant? { driver.deadline }
  var wantsWire: Bool { driver.wantsWire }

  func attached(to carrier: any Carrier) { driver.attached(to: carrier) }

  func opened(on carrier: any Carrier) {
    routing.carrier = carrier
    driver.opened(on: carrier)
  }

  func received(_ bytes: Buffer) { driver.received(bytes) }
  func peerClosed() { driver.peerClosed() }
  func deadlineReached() { driver.deadlineReached() }
  func retired() { driver.retired() }
  func congested(_ isCongested: Bool) { driver.congested(isCongested) }
  func wire(_ bytes: Buffer, sent: Bool) { driver.wire(bytes, sent: sent) }

  func closed(because reason: String) {
    driver.closed(because: reason)
    routing.carrier = nil
  }
}
