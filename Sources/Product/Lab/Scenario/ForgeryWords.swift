// What a scenario may say of datagrams that claim to come from somebody else, as words. Not here: sending them (Running/ForgeryDeeds.swift).
import Bytes
package import DNS
import Settings

/// Questions in a victim's name.
package struct Flood: Sendable, Equatable {
  package var server: String
  package var victim: String
  package var name: String
  package var type: String
  package var times: Int
  package var every: Duration
}

/// Answers in a server's name.
package struct Forgery: Sendable, Equatable {
  package var server: String
  package var target: String
  package var record: ResourceRecord
  package var times: Int
  /// The port that the question is believed to come from; nil: each answer tries another one.
  package var port: UInt16?
}

extension ScenarioReader {
  /// `floods HOST as HOST NAME [TYPE] [N times] [every T]`
  mutating func readFlood(by actor: String, _ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Deed {
    let server = try host(&line)
    guard line.take(if: "as") else { throw line.failure("`as` and the host in whose name") }
    let victim = try host(&line)
    let name = try line.take("the name asked for").text
    let type = line.words.first.flatMap { RecordType($0.text) } == nil ? "A" : try line.take("a record type").text
    let times = try times(&line)
    let every: Duration = line.take(if: "every") ? try line.take(.duration) : .milliseconds(10)
    return .flood(host: actor, Flood(server: server, victim: victim, name: name, type: type, times: times, every: every))
  }

  /// `forges "NAME TTL TYPE DATA" of HOST to HOST [N times] [at port N]`
  mutating func readForgery(by actor: String, _ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Deed {
    let text = try line.take("a record in quotes")
    let records = MasterFileReader.records(Buffer(text.text), file: "", origin: .root).records
    guard let record = records.first, records.count == 1 else { throw line.failure(at: text, "expected a record such as \"www.home.test. 60 A 203.0.113.66\", found `\(text.text)`") }
    guard line.take(if: "of") else { throw line.failure("`of` and the host in whose name") }
    let server = try host(&line)
    guard line.take(if: "to") else { throw line.failure("`to` and the host that asked") }
    let target = try host(&line)
    let times = try times(&line)
    var port: UInt16?
    if line.take(if: "at") {
      guard line.take(if: "port") else { throw line.failure("`port`") }
      port = UInt16(try line.take(.integer(1...65_535)))
    }
    return .forge(host: actor, Forgery(server: server, target: target, record: record, times: times, port: port))
  }

  private func times(_ line: inout ScenarioLine) throws(ScenarioError) -> Int {
    guard let times = line.take(ifIn: .integer(1...10_000)) else { return 1 }
    guard line.take(if: "times") else { throw line.failure("`times`") }
    return times
  }
}
