// One connection of a web server: the conversation's driver with its type spelled out, and the routing behind it.
// Not here: the driver's law (Transport/ConversationDriver), which site answers (Routing).
import Bytes
import HTTP
import Transport
import World

/// Tells the routing which carrier is its connection's.
final class WebConnection: DrivenEnd {
  let driver: ConversationDriver<ServerConversation>
  private let routing: Routing

  init(limits: HTTP.Limits, trace: TraceContext?, routing: Routing) {
    self.routing = routing
    driver = ConversationDriver(ServerConversation(limits: limits), trace: trace) { question, answers in routing.take(question, answers) }
  }

  func opened(on carrier: any Carrier) {
    routing.carrier = carrier
    driver.opened(on: carrier)
  }

  func closed(because reason: String) {
    driver.closed(because: reason)
    routing.carrier = nil
  }
}
