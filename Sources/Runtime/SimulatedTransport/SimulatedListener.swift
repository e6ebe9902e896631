// A listening TCP port of a simulated host: counts its connections, and lets them finish when it closes.
import Transport
import World

/// Accepts connections.
final class SimulatedListener: Listener, @unchecked Sendable {
  // Unchecked: all state is touched under the internet's lock only.

  let endpoint: Endpoint
  let limits: ListenLimits
  /// Whether the deadlines of its connections only keep house.
  let isBackground: Bool
  let accept: @Sendable (_ remote: Endpoint, _ local: Endpoint) -> (any StreamEnd)?
  private let host: SimulatedNetwork
  /// In the order of their arrival.
  private var open: [SimulatedConnection] = []
  private var perAddress: [Address: Int] = [:]
  private var whenEmpty: CheckedContinuation<Void, Never>?

  init(
    at endpoint: Endpoint, limits: ListenLimits, accept: @escaping @Sendable (_ remote: Endpoint, _ local: Endpoint) -> (any StreamEnd)?,
    host: SimulatedNetwork, isBackground: Bool
  ) {
    self.endpoint = endpoint
    self.limits = limits
    self.accept = accept
    self.host = host
    self.isBackground = isBackground
  }

  /// Whether one more connection from there is allowed.
  func admits(_ address: Address) -> Bool {
    open.count < limits.connectionsMax && perAddress[address, default: 0] < limits.connectionsPerAddressMax
  }

  func began(_ connection: SimulatedConnection) {
    open.append(connection)
    perAddress[connection.remote.address, default: 0] += 1
  }

  func ended(_ connection: SimulatedConnection) {
    guard let index = open.firstIndex(where: { $0 === connection }) else { return }
    open.remove(at: index)
    let left = perAddress[connection.remote.address, default: 1] - 1
    perAddress[connection.remote.address] = left > 0 ? left : nil
    if open.isEmpty { empty() }
  }

  func close(grace: Duration) async {
    let internet = host.internet
    await withCheckedContinuation { continuation in
      internet.locked {
        host.forget(self)
        guard whenEmpty == nil, !open.isEmpty else { return continuation.resume() }
        whenEmpty = continuation
        for connection in open { connection.retire() }
        internet.after(grace) { [self] in
          internet.locked {
            for connection in open { connection.abandon() }
          }
        }
      }
    }
  }

  private func empty() {
    whenEmpty?.resume()
    whenEmpty = nil
  }
}
