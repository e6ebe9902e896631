// Parts of arguments and reply texts: places of data connections, facts of listings, features. Read before: Explain.swift.
import Bytes
import Trace
import World

extension Explainer {
  /// The parts of a command's argument.
  func arguments(_ verb: Verb, _ range: Range<Int>) -> [Field] {
    switch verb {
    case .port: return numbers(range)
    case .eprt: return extended(range)
    default: return []
    }
  }

  /// The parts of the text after `code`.
  func arguments(ofReply code: Int, _ range: Range<Int>) -> [Field] {
    let text = bytes[range]
    switch code {
    case 227:
      guard let place = HostPort.passiveRange(text) else { return [] }
      return numbers((range.lowerBound + place.lowerBound)..<(range.lowerBound + place.upperBound))
    case 229:
      guard let place = HostPort.extendedPassiveRange(text) else { return [] }
      let whole = (range.lowerBound + place.lowerBound)..<(range.lowerBound + place.upperBound)
      return [Field("port", bytes[whole].text, whole, meaning: "Where the client is to call, at the address of this control connection.", source: "RFC 2428 §3")]
    case 257:
      guard text[at: 0] == UInt8(ascii: "\""), let close = text.array.lastIndex(of: UInt8(ascii: "\"")), close > 0 else { return [] }
      let whole = (range.lowerBound + 1)..<(range.lowerBound + close)
      return [Field("path", bytes[whole].text, whole, meaning: "A quotation mark inside it is doubled.", source: "RFC 959 §App. II")]
    case 213:
      guard let time = TimeValue.instant(text) else { return [] }
      return [Field("time", text.text, range, meaning: "\(time.timestamp.prefix(19))Z, always in UTC.", source: "RFC 3659 §2.3")]
    default: return []
    }
  }

  /// What a line between the first and the last one says.
  func lineMeaning(_ text: Buffer, _ code: Int) -> String {
    if code == 211, let verb = text.text.split(separator: " ").first.map({ Verb(rawValue: $0.uppercased()) }) {
      if let entry = verb.entry { return "A feature: " + entry.meaning.description }
      switch verb.rawValue {
      case "UTF8": return "A feature: names are UTF-8."
      case "TVFS": return "A feature: paths are names joined by slashes."
      default: break
      }
    }
    return code == 250 && text.firstIndex(of: UInt8(ascii: ";")) != nil ? "Facts, and the name they are about." : "A line of several."
  }

  /// The parts of such a line.
  func inner(_ range: Range<Int>, _ code: Int) -> [Field] { code == 250 ? factFields(range) : [] }

  /// `type=file;size=12; name`
  func factFields(_ range: Range<Int>) -> [Field] {
    guard let space = bytes.firstIndex(of: 0x20, from: range.lowerBound), space < range.upperBound else { return [] }
    var fields: [Field] = []
    var start = range.lowerBound
    while start < space {
      let end = min(bytes.firstIndex(of: UInt8(ascii: ";"), from: start) ?? space, space)
      let equals = bytes.firstIndex(of: UInt8(ascii: "="), from: start).flatMap { $0 < end ? $0 : nil } ?? end
      let name = bytes[start..<equals].text
      let value = bytes[min(equals + 1, end)..<end]
      if end > start {
        fields.append(Field(name, value.text, start..<end, meaning: Self.factMeaning(name.lowercased(), value), source: "RFC 3659 §7.5"))
      }
      start = end + 1
    }
    let name = (space + 1)..<range.upperBound
    if !name.isEmpty { fields.append(Field("name", bytes[name].text, name, meaning: "Everything after the first space, spaces too.", source: "RFC 3659 §7.2")) }
    return fields
  }

  private static func factMeaning(_ name: String, _ value: Buffer) -> String {
    switch name {
    case "type":
      switch value.text.lowercased() {
      case "file": return "A file."
      case "dir": return "A folder."
      case "cdir": return "The folder that is listed."
      case "pdir": return "The folder above it."
      default: return "Something that only this kind of system has."
      }
    case "size": return "Bytes, as RETR brings them in TYPE I."
    case "modify": return TimeValue.instant(value).map { "Changed at \($0.timestamp.prefix(19))Z." } ?? "When it was changed."
    case "create": return "When it was made."
    case "unique": return "The same for every name of the same file."
    case "perm":
      return "Whoever asks may: " + value.text.lowercased().compactMap { permissions[$0] }.joined(separator: ", ") + "."
    case "unix.mode": return "The rights as Unix has them."
    default: return "A fact this program has no description of."
    }
  }

  private static let permissions: [Character: String] = [
    "a": "append", "c": "put files here", "d": "delete it", "e": "enter", "f": "rename it", "l": "list", "m": "make folders here", "p": "delete in it",
    "r": "get", "w": "overwrite",
  ]

  /// `192,0,2,1,19,137`
  private func numbers(_ range: Range<Int>) -> [Field] {
    guard let endpoint = try? HostPort.numbers(bytes[range]), let comma = commas(range) else { return [] }
    let port = (comma + 1)..<range.upperBound
    let parts = bytes[port].text.split(separator: ",")
    return [
      Field("address", "\(endpoint.address)", range.lowerBound..<comma, meaning: "Four numbers, one for each byte.", source: "RFC 959 §5.3.2"),
      Field(
        "port", "\(endpoint.port)", port, meaning: "\(parts.first ?? "") × 256 + \(parts.last ?? "") = \(endpoint.port).",
        source: "RFC 959 §5.3.2"),
    ]
  }

  /// Where the fourth comma stands.
  private func commas(_ range: Range<Int>) -> Int? {
    var count = 0
    for index in range where bytes[at: index] == UInt8(ascii: ",") {
      count += 1
      if count == 4 { return index }
    }
    return nil
  }

  /// `|1|192.0.2.1|5001|`
  private func extended(_ range: Range<Int>) -> [Field] {
    guard let delimiter = bytes[at: range.lowerBound] else { return [] }
    let marks = range.filter { bytes[at: $0] == delimiter }
    guard marks.count == 4 else { return [] }
    let parts = [("family", "1 is IPv4, 2 is IPv6."), ("address", "Whom the server is to call."), ("port", "Where it is to call.")]
    return parts.enumerated().map { index, part in
      let place = (marks[index] + 1)..<marks[index + 1]
      return Field(part.0, bytes[place].text, place, meaning: part.1, source: "RFC 2428 §2")
    }
  }
}
