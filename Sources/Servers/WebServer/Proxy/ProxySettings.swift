// What a proxy is told: for whom it works, whom it asks, and how long it waits.
// Not here: what it remembers (Cache/CacheSettings.swift). Read next: Proxy.swift.
package import HTTP
package import World

/// A proxy as the settings describe it.
package struct ProxySettings: Sendable {
  /// In front of whom it stands.
  package enum Role: Sendable {
    /// In front of a server: it answers in that server's name.
    case reverse(UpstreamServer)
    /// In front of clients: it asks whom they name.
    case forward(ForwardRules)
  }

  package var role: Role
  /// What it calls itself in Via and Cache-Status.
  package var name = "netstead"
  /// Whether the client's address is told to the upstream, by Forwarded and X-Forwarded-For.
  package var tellsClient = true
  /// The token that this content network adds to CDN-Loop; nil: it is part of none.
  // RFC 8586 §2
  package var networkToken: String?
  /// Fields set in every request that is passed on, in the place of the client's.
  package var requestFields: [(name: FieldName, value: String)] = []
  /// Fields added to every answer.
  package var responseFields: [(name: FieldName, value: String)] = []
  package var limits = ProxyLimits()

  package init(_ role: Role) { self.role = role }
}

/// The server behind a reverse proxy.
package struct UpstreamServer: Sendable, Hashable {
  /// A host name or an address.
  package var host: String
  package var port: UInt16
  package var isSecure: Bool
  /// Where it is; empty: its name is looked up.
  package var endpoints: [Endpoint] = []
  /// Whether the Host field is the client's; otherwise it names the upstream.
  package var keepsHost = true

  package init(host: String, port: UInt16, isSecure: Bool = false) {
    self.host = host
    self.port = port
    self.isSecure = isSecure
  }

  /// Reads `http://host:port`, without a path. Nil for anything else.
  package init?(_ text: String) {
    guard let address = WebAddress(text), address.target == "/", !text.hasSuffix("/") else { return nil }
    self.init(host: address.host, port: address.port, isSecure: address.isSecure)
  }
}

/// What a forward proxy does for whom. Closed unless told otherwise.
package struct ForwardRules: Sendable, Hashable {
  /// Who may use it.
  package var clients: [AddressRange] = [.loopback, .loopback6]
  /// Ports that a tunnel may lead to.
  package var tunnelPorts: Set<UInt16> = [443]
  /// Where it listens itself: it never asks itself.
  package var ownEndpoints: [Endpoint] = []
  /// Whether it asks hosts at loopback, link-local and private addresses.
  package var reachesInside = false
  /// Ports of this world are found at other ones (a lab on loopback addresses); nil: as they are named.
  package var realPort: (@Sendable (UInt16) -> UInt16)? {
    get { port.value }
    set { port.value = newValue }
  }
  private var port = PortChange()

  package init() {}
}

/// How a port is moved. Equal to every other: it follows from where the proxy runs, not from its settings.
private struct PortChange: Sendable, Hashable {
  var value: (@Sendable (UInt16) -> UInt16)?
  static func == (a: PortChange, b: PortChange) -> Bool { true }
  func hash(into hasher: inout Hasher) {}
}

/// What one proxy may use.
package struct ProxyLimits: Sendable, Hashable {
  /// Most connections to all upstreams together. Unit: connections. Past it: requests wait their turn.
  package var upstreamConnectionsMax = 2_048
  /// Most connections to one upstream. Unit: connections. Past it: requests wait their turn.
  package var perUpstreamMax = 512
  /// Most requests that wait for a connection to one upstream. Unit: requests. Past it: 503.
  package var waitingMax = 8_192
  /// Longest wait of a request for its turn. Past it: 503.
  package var turnTimeout = Duration.seconds(10)
  /// Most idle connections kept to one upstream. Unit: connections. Past it: the oldest is closed.
  package var idlePerUpstreamMax = 64
  /// How long an idle connection is used again. Past it: closed.
  package var idleTimeout = Duration.seconds(50)
  /// Longest wait for a connection, TLS included. Past it: 504.
  package var connectTimeout = Duration.seconds(10)
  /// Longest silence of an upstream. Past it: 504.
  package var responseTimeout = Duration.seconds(60)
  /// Longest silence in a tunnel. Past it: both its connections are closed.
  package var tunnelTimeout = Duration.seconds(600)
  /// Longest silence in a tunnel once the proxy is closing. Past it: both its connections are closed.
  package var closingTunnelTimeout = Duration.milliseconds(250)
  /// How much of a message is under way inside the proxy. Unit: bytes. Past it: its sender is not read from.
  package var bufferBytesMax = 65_536
  /// Most proxies that a request may have passed. Unit: entries of Via or CDN-Loop. Past it: 508.
  package var hopsMax = 10

  package init() {}
}
