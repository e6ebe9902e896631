// Entrances of Ground: lines, dots, addresses, settings, and the exports of a trace.
import Bytes
import Glibc
import Settings
import Trace
import World

let groundEntrances: [Entrance] = [
  Entrance("line-framer") { bytes in
    guard let choice = bytes[at: 0] else { return }
    let rules = allLineRules[Int(choice) % allLineRules.count]
    let rest = bytes[1..<bytes.count]
    let whole = lines([rest], rules)
    must(lines(rest.singles, rules) == whole && lines(rest.pieces, rules) == whole, "lines do not depend on cuts, \(rules)")
  },
  Entrance("dot-stuffing") { bytes in
    let stuffed = stuffing([bytes])
    must(DotStuffingRun(stuffed.singles).text == bytes + (endsLine(bytes) ? "" : "\r\n"), "what was stuffed reads back")
    must(stuffing(bytes.pieces) == stuffed, "stuffing does not depend on cuts")
    let whole = DotStuffingRun([bytes])
    must(DotStuffingRun(bytes.singles) == whole && DotStuffingRun(bytes.pieces) == whole, "reading does not depend on cuts")
  },
  Entrance("address") { bytes in
    let text = bytes.text
    let address = Address(text)
    if let address { must(Address(address.description) == address, "an address reads back from its text") }
    // The system's reader is the second opinion; it stops at a zero byte.
    guard bytes.array.allSatisfy({ $0 > 0 && $0 < 0x80 }) else { return }
    var storage = in6_addr()
    let isKnown = inet_pton(text.contains(":") ? AF_INET6 : AF_INET, text, &storage) == 1
    must(isKnown == (address != nil), "the system's reader agrees about \(text)")
  },
  Entrance("endpoint") { bytes in
    guard let endpoint = Endpoint(bytes.text) else { return }
    must(Endpoint(endpoint.description) == endpoint, "an endpoint reads back from its text")
    must(bytes.array.allSatisfy { "0123456789abcdefABCDEF.:[]".utf8.contains($0) }, "an endpoint is digits, points, colons and brackets")
  },
  Entrance("settings") { bytes in
    do throws(SettingsProblems) {
      let document = try SettingsDocument(file: "f", text: bytes.text)
      must(depth(of: document.root) <= 32, "depth is bounded")
      _ = try document.read { reader in readEverything(reader) }
    } catch {
      must(!error.problems.isEmpty && error.problems.count <= 51, "a refusal names a bounded number of problems")
    }
  },
  Entrance("settings-forms") { bytes in
    let text = bytes.text
    if let duration = SettingsForm<Duration>.duration.read(text) { must(duration >= .zero, "no time is negative") }
    if let share = SettingsForm<Double>.share.read(text) { must((0...1).contains(share), "a share is a part") }
    if let size = SettingsForm<Int>.size.read(text) { must(size >= 0, "no size is negative") }
    if let rate = SettingsForm<Int>.rate.read(text) { must(rate > 0, "a rate is positive") }
    if let number = SettingsForm<Int>.integer(-5...70_000).read(text) { must((-5...70_000).contains(number), "a number lies in its range") }
    _ = SettingsForm<Bool>.boolean.read(text)
    _ = NearestWord.of(text, among: ["domain", "listen", "publish"])
  },
  Entrance("trace-exports") { bytes in
    // The first byte says which export: one for each input.
    let store = trace(from: bytes[1..<max(1, bytes.count)])
    switch (bytes[at: 0] ?? 0) % 4 {
    case 0:
      let lines = JSONLines(explain: explainAnything).lines(of: store)
      must(lines.array.allSatisfy { $0 >= 0x20 || $0 == 0x0A }, "JSON lines hold no control bytes")
      must(String(validating: lines.array, as: UTF8.self) != nil, "JSON lines are UTF-8")
    case 1:
      must(PacketCapture(explain: explainAnything).file(of: store).count % 4 == 0, "blocks of a capture are multiples of four bytes")
    case 2:
      var transcript = Transcript([.explain, .wire, .time, .heads], from: .client, explain: explainAnything)
      for event in store.events(after: 0).events {
        guard let info = store.conversation(event.conversation)?.info else { continue }
        for line in transcript.lines(for: event, in: info) {
          must(line.description.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }, "no control character reaches a terminal")
        }
      }
    default:
      let dialogues = store.exchanges().map { store.dialogue(of: $0) }
      let ladder = Ladder(dialogues, names: { _ in nil }, explain: explainAnything)
      mustBeClean(ladder.svg(title: bytes.text) { "/message/\($0)" })
      _ = ladder.mermaid
    }
  },
]

private let allLineRules: [LineRules] = LoneOctetRule.allCases.flatMap { feed in
  LoneOctetRule.allCases.flatMap { carriage in
    LineRules.PastTheBound.allCases.flatMap { past in
      [6, 40].map { LineRules(lineBytesMax: $0, bareLineFeed: feed, bareCarriageReturn: carriage, pastTheBound: past) }
    }
  }
}

private func lines(_ pieces: [Buffer], _ rules: LineRules) -> [LineFramer.Found] {
  var framer = LineFramer(rules)
  var waiting = Buffer()
  var found: [LineFramer.Found] = []
  for piece in pieces {
    waiting.append(piece)
    while let next = framer.next(from: &waiting) { found.append(next) }
  }
  return found
}

private func stuffing(_ pieces: [Buffer]) -> Buffer {
  var encoder = DotStuffing.Encoder()
  var output = Buffer()
  for piece in pieces { encoder.encode(piece, into: &output) }
  encoder.finish(into: &output)
  return output
}

private struct DotStuffingRun: Equatable {
  var text = Buffer()
  var rest = Buffer()
  var hasEnded = false
  var hasBareLineFeed = false
  var hasBareCarriageReturn = false

  init(_ pieces: [Buffer]) {
    var decoder = DotStuffing.Decoder()
    for piece in pieces {
      rest.append(piece)
      hasEnded = decoder.decode(&rest, into: &text)
    }
    hasBareLineFeed = decoder.hasBareLineFeed
    hasBareCarriageReturn = decoder.hasBareCarriageReturn
  }
}

private func endsLine(_ bytes: Buffer) -> Bool { bytes.isEmpty || bytes.array.suffix(2) == [0x0D, 0x0A] }

private func + (bytes: Buffer, more: Buffer) -> Buffer {
  var all = bytes
  all.append(more)
  return all
}

private func depth(of node: SettingsNode) -> Int {
  switch node.content {
  case .mapping(let entries): 1 + (entries.map { depth(of: $0.value) }.max() ?? 0)
  case .sequence(let items): 1 + (items.map { depth(of: $0) }.max() ?? 0)
  default: 1
  }
}

private func readEverything(_ reader: SettingsReader) {
  _ = reader.value("a", .text, default: "")
  _ = reader.optional("b", .integer(0...10))
  _ = reader.required("c", .boolean)
  _ = reader.mapping("d") { readEverything($0) }
  for entry in reader.entries("e") { _ = entry.value.value(.duration) }
  for item in reader.list("f") { _ = item.mapping { readEverything($0) } }
  _ = reader.list("g", .address)
}
