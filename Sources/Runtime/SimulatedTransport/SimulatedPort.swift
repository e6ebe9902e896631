// A datagram port of a simulated host: what is sent goes over the links at once, what arrives is handed on at once.
import Bytes
import Transport
import World

/// A bound datagram port.
final class SimulatedPort: DatagramCarrier, Listener, Wakeable, @unchecked Sendable {
  // Unchecked: all state is touched under the internet's lock only.

  let endpoint: Endpoint
  var scheduledWake: Instant?
  let wakesInBackground: Bool
  private let peer: Endpoint?
  private let end: any DatagramEnd
  private let host: SimulatedNetwork
  private var queued: [(bytes: Buffer, remote: Endpoint)] = []
  private var isOpen = true
  /// In the simulation's time.
  private var deadlineNotBefore = Instant(nanoseconds: .min)

  init(at endpoint: Endpoint, options: BindOptions, end: any DatagramEnd, host: SimulatedNetwork, isBackground: Bool) {
    self.endpoint = endpoint
    peer = options.peer
    wakesInBackground = isBackground
    self.end = end
    self.host = host
  }

  func open() {
    end.opened(on: self)
    host.internet.schedule(self)
  }

  func arrived(_ bytes: Buffer, from remote: Endpoint) {
    guard isOpen, peer == nil || peer == remote else { return }
    end.received(bytes, from: remote)
    end.settled()
    host.internet.schedule(self)
  }

  // MARK: Deadlines

  var nextWake: Instant? { isOpen ? end.deadline.map { max(host.ownClock.time(when: $0), deadlineNotBefore) } : nil }

  func wake(at now: Instant) {
    // A deadline that does not move is tried again a little later, or time would stand still.
    deadlineNotBefore = now + .milliseconds(1)
    end.deadlineReached()
  }

  // MARK: DatagramCarrier and Listener

  var now: Instant { host.ownClock.now }
  var local: Endpoint { endpoint }

  func local(towards remote: Endpoint) -> Endpoint {
    guard SimulatedNetwork.isAny(endpoint.address), let address = host.source(towards: remote.address) else { return endpoint }
    return Endpoint(address, endpoint.port)
  }

  func send(_ bytes: Buffer, to remote: Endpoint) { queued.append((bytes, remote)) }

  func flush() {
    let datagrams = queued
    queued.removeAll(keepingCapacity: true)
    guard isOpen else { return }
    for datagram in datagrams where datagram.bytes.count <= host.internet.limits.datagramBytesMax {
      let source = local(towards: datagram.remote)
      guard !SimulatedNetwork.isAny(source.address) else { continue }
      let packet = Packet(source: source, destination: datagram.remote, content: .datagram(datagram.bytes))
      host.internet.send(packet, from: host)
    }
  }

  func close() {
    guard isOpen else { return }
    isOpen = false
    host.forget(self)
    end.closed()
  }

  func close(grace: Duration) async { host.internet.locked { close() } }

  func onLoop(_ work: @escaping @Sendable () -> Void) {
    host.internet.post { [self] in
      work()
      host.internet.schedule(self)
    }
  }
}
