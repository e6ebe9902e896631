// What the console shows: the world it stands in and the trace of it, as values that Host or Lab fill. The console asks nothing else.
// Read next: ConsoleSite.swift, which makes pages of it.
package import Trace
package import World

/// The world as the console shows it.
package struct ConsoleModel: Sendable {
  /// What the whole is called: `A small internet`, `home.test`.
  package var title: String
  /// One line under it: how it is reached, its seed.
  package var subtitle: String
  package var nets: [Net]
  package var hosts: [Host]
  /// Links that differ from what their ends' attachments make them.
  package var links: [Link]
  /// Commands worth trying.
  package var hints: [Hint]
  package var trace: TraceStore
  package var explain: ExplainMessage
  /// Nil: no lessons are given here.
  package var lessons: ConsoleLessons?
  /// Nil: no models run here.
  package var models: ConsoleModels?
  /// How peers stand at the moment; nil: there are none.
  package var peers: (@Sendable () async -> ConsolePeers)?

  package init(
    title: String, subtitle: String = "", nets: [Net] = [], hosts: [Host] = [], links: [Link] = [], hints: [Hint] = [], trace: TraceStore,
    explain: @escaping ExplainMessage
  ) {
    self.title = title
    self.subtitle = subtitle
    self.nets = nets
    self.hosts = hosts
    self.links = links
    self.hints = hints
    self.trace = trace
    self.explain = explain
  }

  /// A range of addresses whose hosts are attached alike.
  package struct Net: Sendable, Hashable {
    package var name: String
    /// `192.0.2.0/24`.
    package var prefixes: [String]
    /// How hosts are attached: `2 ms, 20 Mbit/s down, 5 Mbit/s up`.
    package var attachment: String

    package init(name: String, prefixes: [String] = [], attachment: String = "") {
      self.name = name
      self.prefixes = prefixes
      self.attachment = attachment
    }
  }

  /// A host.
  package struct Host: Sendable, Hashable {
    /// As it stands in the trace.
    package var name: String
    /// What it is for, in a word: `client`, `resolver`, `server`.
    package var role: String
    /// The name of its net.
    package var net: String
    package var addresses: [Address]
    package var services: [Service]
    /// What differs from its net's attachment; empty: nothing.
    package var attachment: String

    package init(name: String, role: String, net: String = "", addresses: [Address], services: [Service] = [], attachment: String = "") {
      self.name = name
      self.role = role
      self.net = net
      self.addresses = addresses
      self.services = services
      self.attachment = attachment
    }
  }

  /// Something that listens.
  package struct Service: Sendable, Hashable {
    /// `DNS`, `HTTP`.
    package var name: String
    /// `53/udp`, `80/tcp`.
    package var port: String
    /// What it serves: `garnet.test`, `http://www.garnet.test/`.
    package var detail: String

    package init(_ name: String, port: String, detail: String = "") {
      self.name = name
      self.port = port
      self.detail = detail
    }
  }

  /// A link between two hosts.
  package struct Link: Sendable, Hashable {
    package var first: String
    package var second: String
    /// `30 % loss`, `cut`.
    package var quality: String

    package init(_ first: String, _ second: String, quality: String) {
      self.first = first
      self.second = second
      self.quality = quality
    }
  }

  /// A command and what it shows.
  package struct Hint: Sendable, Hashable {
    package var command: String
    package var meaning: String

    package init(_ command: String, _ meaning: String) {
      self.command = command
      self.meaning = meaning
    }
  }

  /// The host of this name.
  package func host(_ name: String) -> Host? { hosts.first { $0.name == name } }

  /// The name of the host with this address; nil: nobody's.
  package func name(of address: Address) -> String? { hosts.first { $0.addresses.contains(address) }?.name }
}
