// What `netstead lab --ci` leaves so that the same can be run again: command, seed, world, and what was ordered through the API, with times.
// Read next: RunReport.swift, the page beside it.
package import Bytes
package import Settings
import Trace
import World

/// One run that can be run again.
package struct RunReplay: Sendable, Equatable {
  package static let schema = 1
  /// Most orders of one file. Unit: orders. Past it: the file is refused.
  private static let ordersMax = OrderBook.ordersMax

  package var program: String
  package var seed: UInt64
  /// The host as which the command spoke; nil: the world's own choice.
  package var speaker: String?
  /// What files named by the world are relative to; nil: it names none.
  package var folder: String?
  package var command: [String]
  /// What the command came to.
  package var exitCode: Int
  package var orders: [APIOrder]

  package init(program: String, seed: UInt64, speaker: String?, folder: String?, command: [String], exitCode: Int, orders: [APIOrder]) {
    self.program = program
    self.seed = seed
    self.speaker = speaker
    self.folder = folder
    self.command = command
    self.exitCode = exitCode
    self.orders = orders
  }

  /// As YAML. Texts are written as JSON writes them, which YAML reads.
  package var yaml: Buffer {
    func quoted(_ text: String) -> String {
      var writer = JSONWriter()
      writer.value(nil, text)
      return writer.bytes.text
    }
    var lines = [
      "# Run it again: netstead lab --ci --replay FILE", "schema: \(Self.schema)", "program: \(quoted(program))", "seed: \(seed)",
      "# The world stands in world.yaml beside this file.",
    ]
    if let folder { lines.append("folder: \(quoted(folder))") }
    if let speaker { lines.append("as: \(quoted(speaker))") }
    lines.append("command: [\(command.map(quoted).joined(separator: ", "))]")
    lines.append("exit: \(exitCode)")
    lines.append("# What was ordered through the API: how long after the command began.")
    lines.append(orders.isEmpty ? "orders: []" : "orders:")
    for order in orders {
      let milliseconds = max(0, order.time.components.seconds * 1_000 + order.time.components.attoseconds / 1_000_000_000_000_000)
      lines.append("  - {at: \(milliseconds)ms, method: \(order.method), target: \(quoted(order.target)), body: \(quoted(order.body))}")
    }
    return Buffer(lines.joined(separator: "\n") + "\n")
  }

  package init(file: String, text: String) throws(SettingsProblems) {
    self = try SettingsDocument(file: file, text: text).read { reader in
      _ = reader.required("schema", .integer(1...1))
      return RunReplay(
        program: reader.required("program", .text), seed: reader.required("seed", .seed), speaker: reader.optional("as", .text),
        folder: reader.optional("folder", .text), command: reader.list("command", .text), exitCode: reader.required("exit", .integer(0...255)),
        orders: reader.list("orders").prefix(Self.ordersMax).compactMap { item in
          item.mapping { order in
            APIOrder(
              time: order.required("at", .duration), method: order.required("method", .text), target: order.required("target", .text),
              body: order.value("body", .text, default: ""))
          }
        })
    }
  }
}

extension SettingsForm where Value == UInt64 {
  /// The number everything left to chance comes from.
  static var seed: Self { Self(expected: "a whole number that is not negative", standIn: 1) { UInt64($0) } }
}
