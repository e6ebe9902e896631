// What a simulated host's packet filter throws away before any socket of the host sees it, without a word to whoever sent it.
// Not here: links (Transport/LinkDirection.swift), ports that nobody listens at, which answer by a reset (SimulatedNetwork.swift).
public import World

/// One rule of a packet filter: one port is closed to everybody but those named.
public struct PacketFilter: Sendable, Hashable {
  public enum Carrier: Sendable, Hashable { case tcp, udp }

  public var carrier: Carrier
  public var port: UInt16
  /// Who gets through all the same.
  public var exceptions: [Address]

  public init(_ carrier: Carrier, port: UInt16, exceptions: [Address] = []) {
    self.carrier = carrier
    self.port = port
    self.exceptions = exceptions
  }

  /// Whether it throws the packet away. What a host sends to itself is nobody's business.
  func stops(_ packet: Packet) -> Bool {
    let kind: Carrier = if case .datagram = packet.content { .udp } else { .tcp }
    return packet.destination.port == port && kind == carrier && !packet.source.address.isLoopback && !exceptions.contains(packet.source.address)
  }
}
