// What a scenario may say of the GNU Name System, as words. Not here: doing it (Running/ZoneDeeds.swift).
import Names

extension ScenarioReader {
  /// `publishes ZONE "LABEL TYPE LIFE DATA; …" at NODE`; `key(ZONE)` stands for another zone's key.
  mutating func readPublishing(by actor: String, _ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Deed {
    let zone = try line.take("what the zone is called").text
    let records = try line.take("records in quotes")
    guard line.take(if: "at") else { throw line.failure("`at` and a node of the hash table") }
    return .publish(host: actor, store: try host(&line), zone: zone, records: records.text)
  }

  /// `resolves NAME [TYPE] at NODE [calling ZONE NAME]…`; a zone that is not called otherwise is called as it is.
  mutating func readResolving(by actor: String, _ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Deed {
    let name = try line.take("a name").text
    var type = "A"
    if let word = line.words.first, word.text != "at" {
      type = try line.take("a record type").text
      guard RecordType(type) != nil else { throw line.failure(at: word, "expected a record type, found `\(type)`") }
    }
    guard line.take(if: "at") else { throw line.failure("`at` and a node of the hash table") }
    let store = try host(&line)
    var petnames: [String: String] = [:]
    while line.take(if: "calling") {
      let zone = try line.take("a zone").text
      petnames[try line.take("the name it is called").text] = zone
    }
    return .resolve(host: actor, store: store, name: name, type: type, petnames: petnames)
  }
}
