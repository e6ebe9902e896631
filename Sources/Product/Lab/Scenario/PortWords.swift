// What a scenario may say of a host's ports, as words. Not here: doing it (Running/PortDeeds.swift).
import Settings
import World

extension ScenarioReader {
  /// `opens PORT at ADDRESS`
  func readOpening(by actor: String, _ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Deed {
    let port = UInt16(try line.take(.integer(1...65_535)))
    guard line.take(if: "at") else { throw line.failure("`at` and an address, 0.0.0.0 for all") }
    return .open(host: actor, port: port, address: try line.take(.address))
  }

  /// `filters tcp|udp PORT [except HOST…]`
  mutating func readFilter(by actor: String, _ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Deed {
    let carrier: Scenario.Carrier = try line.take(.choice(standIn: .tcp))
    let port = UInt16(try line.take(.integer(1...65_535)))
    var exceptions: [String] = []
    if line.take(if: "except") { repeat { exceptions.append(try host(&line)) } while !line.isEmpty }
    return .shut(host: actor, carrier: carrier, port: port, exceptions: exceptions)
  }

  /// The name of a host, or an address.
  mutating func place(_ line: inout ScenarioLine) throws(ScenarioError) -> String {
    if let address: Address = line.take(ifIn: .address) { return "\(address)" }
    return try host(&line)
  }
}
