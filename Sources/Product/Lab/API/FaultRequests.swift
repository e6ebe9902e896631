// `/faults`: hosts and links broken on purpose, from now on and until they are mended.
// Read before: Running/WorldFaults.swift; what a link can do, World/LinkChange.swift.
import HTTP
import Settings
import Trace

extension LabAPI {
  /// `GET /faults`.
  var faultList: APIAnswer { list(faults.all) }

  /// `POST /faults {"host": NAME} or {"between": [NAME, NAME]}`, and what is wrong there.
  func makeFault(_ request: APIRequest) async throws -> APIAnswer {
    let names = servers.world.hosts.map(\.name)
    let (place, change) = try await request.body { reader -> (WorldFaults.Fault.Place, LinkChange) in
      func host(_ item: SettingsItem?) -> String {
        guard let item, let name = item.value(.text) else { return "" }
        if !names.contains(name) {
          item.problem("expected a host of this world, found `\(name)`" + (NearestWord.of(name, among: names).map { "; did you mean `\($0)`?" } ?? ""))
        }
        return name
      }
      let change = LinkChange(reader)
      if change == LinkChange() { reader.problem(at: "cut", "expected what is wrong: cut, delay, jitter, loss, duplicated, reordered, rate-down, rate-up, queue or packet") }
      let (single, pair) = (reader.item("host"), reader.item("between"))
      switch (single, pair) {
      case (let single?, nil): return (.host(host(single)), change)
      case (nil, let pair?):
        let ends = pair.list().map { host($0) }
        if ends.count != 2 { pair.problem("expected two hosts") }
        return (.between(ends.first ?? "", ends.last ?? ""), change)
      default:
        reader.problem(at: "between", "expected either host or between")
        return (.host(""), change)
      }
    }
    guard let fault = faults.add(change, at: place) else { throw APIFailure(.conflict, "there are \(WorldFaults.faultsMax) faults already") }
    return .json(.created) { Self.write(fault, to: &$0) }
  }

  /// `DELETE /faults`, `DELETE /faults/ID`.
  func removeFaults(_ request: APIRequest) throws -> APIAnswer {
    let id = request.path.count > 1 ? request.path[1] : nil
    let count = id.map { text in Int(text).map { faults.remove($0) } ?? 0 } ?? faults.remove()
    if let id, count == 0 { throw APIFailure(.notFound, "there is no fault \(id), or none any more", field: "id") }
    return .json { $0.value("removed", count) }
  }

  private func list(_ faults: [WorldFaults.Fault]) -> APIAnswer {
    .json { object in object.array("faults") { array in for fault in faults { array.object(nil) { Self.write(fault, to: &$0) } } } }
  }

  /// `5%`, `0.25%`.
  private static func percent(_ share: Double) -> String {
    let hundredths = Int((share * 10_000).rounded())
    return hundredths % 100 == 0 ? "\(hundredths / 100)%" : "\(Double(hundredths) / 100)%"
  }

  private static func write(_ fault: WorldFaults.Fault, to object: inout JSONWriter) {
    object.value("id", fault.id)
    switch fault.place {
    case .host(let name): object.value("host", name)
    case .between(let first, let second):
      object.array("between") { array in for name in [first, second] { array.value(nil, name) } }
    }
    let change = fault.change
    if let isCut = change.isCut { object.value("cut", isCut) }
    for (key, time) in [("delay" as StaticString, change.delay), ("jitter", change.jitter)] { if let time { object.value(key, time.settingsText) } }
    for (key, share) in [("loss" as StaticString, change.loss), ("duplicated", change.duplicated), ("reordered", change.reordered)] {
      if let share { object.value(key, Self.percent(share)) }
    }
    for (key, rate) in [("rate-down" as StaticString, change.rateDown), ("rate-up", change.rateUp)] { if let rate { object.value(key, "\(rate)bit/s") } }
    for (key, size) in [("queue" as StaticString, change.queueBytesMax), ("packet", change.packetBytesMax)] { if let size { object.value(key, size) } }
  }
}
