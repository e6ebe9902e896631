// Links changed while a lab runs: `netstead lab link` leaves an order in the runtime folder, the lab looks for orders and obeys.
// An order is a `link` statement of a scenario (ScenarioReader.swift). Of two for the same hosts the later one holds; `whole` alone brings back
// what the world says. Not here: the obeying (PacedNetworks.swift).
package import World

/// The orders of one lab.
package enum LinkOrders {
  /// The name of their file in the runtime folder.
  private static let file = "links"
  /// How often the lab looks.
  private static let interval = Duration.milliseconds(200)
  /// Most orders that hold at a time. Unit: orders. Past it: the oldest is dropped.
  private static let ordersMax = 256

  /// Reads orders, one a line: `HOST HOST delay 10ms rate 1Mbit/s`.
  package static func read(_ text: String) throws(ScenarioError) -> [LinkDescription] {
    // The world's name keeps the reader from asking for the hosts, which the lab knows better.
    let lines = text.split(separator: "\n").map { "link \($0)\n" }.joined()
    let links = try Scenario(file: file, text: "world built-in\n" + lines).links
    var last: [LinkDescription] = []
    for link in links {
      last.removeAll { [$0.first, $0.second].sorted() == [link.first, link.second].sorted() }
      last.append(link)
    }
    return Array(last.suffix(ordersMax))
  }

  /// Gives an order to the lab that runs. Returns what it said when the order cannot be read, or names a host that the lab does not have.
  package static func give(_ words: [String], to lab: RunningLab, in folder: RuntimeFolder) throws(RuntimeFolderError) -> String? {
    let line = words.joined(separator: " ")
    guard !line.contains("\n") else { return "expected one line" }
    let link: LinkDescription
    do {
      guard let only = try read(line).first else { return "expected two hosts, and what the link between them does" }
      link = only
    } catch { return error.sentence }
    let known = lab.environment.map(\.name)
    for host in [link.first, link.second] where !known.contains(LabEnvironment.name(of: host)) { return "the lab has no host `\(host)`" }
    let earlier = folder.read(file).map { $0.split(separator: "\n").suffix(ordersMax - 1).map(String.init) } ?? []
    _ = try folder.write((earlier + [line]).joined(separator: "\n") + "\n", to: file)
    return nil
  }

  /// Forgets every order.
  package static func clear(in folder: RuntimeFolder) { folder.remove(file) }

  /// Looks for orders until the task is cancelled, and hands them to `obey`, all that hold.
  package static func follow(in folder: RuntimeFolder, clock: any WorldClock, obey: @Sendable ([LinkDescription]) -> Void) async {
    var known = ""
    while true {
      let text = folder.read(file) ?? ""
      if text != known {
        known = text
        if let links = try? read(text) { obey(links) }
      }
      do { try await clock.sleep(until: clock.now + interval) } catch { return }
    }
  }
}
