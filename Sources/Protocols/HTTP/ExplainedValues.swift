// Explains what stands inside the values of some fields, and inside forms: cookies and their attributes, credentials, parameters, pairs.
// Lenient, like the explaining around it. Read before: Explain.swift.
import Bytes
import Trace

/// Explains the inside of a field's value.
enum ExplainedValue {
  /// A pair, cut. Ranges are in bytes of the whole message.
  struct Pair {
    var whole: Range<Int>
    var name: Range<Int>
    var value: Range<Int>
  }

  /// Most pairs of one value. Unit: pairs. Past it: the rest is not explained.
  static var pairsMax: Int { 256 }

  /// The parts of a field's value, for the fields whose value has parts worth naming.
  static func children(of line: Lines.FieldLine, _ bytes: Buffer) -> [Field] {
    switch FieldName(code: line.code) {
    case .cookie: cookies(line.value, bytes)
    case .setCookie: setCookie(line.value, bytes)
    case .authorization, .proxyAuthorization: credentials(line.value, bytes)
    case .contentType, .contentDisposition: parameters(line.value, bytes)
    default: []
    }
  }

  /// `a=b; c=d`: a pair without `=` is a value without a name.
  static func pairs(_ range: Range<Int>, of bytes: Buffer) -> [Pair] {
    bytes.withUnsafeBytes { all in
      var pairs: [Pair] = []
      var start = range.lowerBound
      while start < range.upperBound, pairs.count < pairsMax {
        let end = all.first(UInt8(ascii: ";"), in: start, range.upperBound)
        let whole = all.trimmed(start, end)
        let equals = all.first(UInt8(ascii: "="), in: whole.lowerBound, whole.upperBound)
        let hasName = equals < whole.upperBound
        if !whole.isEmpty {
          pairs.append(
            Pair(
              whole: whole, name: hasName ? all.trimmed(whole.lowerBound, equals) : whole.lowerBound..<whole.lowerBound,
              value: hasName ? all.trimmed(equals + 1, whole.upperBound) : whole))
        }
        start = end + 1
      }
      return pairs
    }
  }

  /// What follows the scheme of credentials; all of it when there is no scheme.
  static func afterScheme(_ range: Range<Int>, of bytes: Buffer) -> Range<Int> {
    let space = bytes.firstIndex(of: 0x20, from: range.lowerBound) ?? range.upperBound
    return space < range.upperBound ? bytes.withUnsafeBytes { $0.trimmed(space, range.upperBound) } : range
  }

  private static func cookies(_ range: Range<Int>, _ bytes: Buffer) -> [Field] {
    pairs(range, of: bytes).map { pair in
      Field(
        bytes[pair.name].text, bytes[pair.value].text, pair.whole, meaning: "The server set it earlier; to the client it means nothing.",
        source: "RFC 6265 §4.2")
    }
  }

  private static func setCookie(_ range: Range<Int>, _ bytes: Buffer) -> [Field] {
    pairs(range, of: bytes).enumerated().map { index, pair in
      guard index > 0 else {
        return Field(
          bytes[pair.name].text, bytes[pair.value].text, pair.whole, meaning: "What the client is to send back with its later requests.",
          source: "RFC 6265 §4.1.1")
      }
      let isFlag = pair.name.isEmpty
      let name = bytes[isFlag ? pair.value : pair.name].text
      let (meaning, source) = attribute(name.lowercased())
      return Field(name, isFlag ? "" : bytes[pair.value].text, pair.whole, meaning: meaning, source: source)
    }
  }

  private static func attribute(_ name: String) -> (meaning: String, source: String) {
    switch name {
    case "expires": ("When to forget it.", "RFC 6265 §5.2.1")
    case "max-age": ("After how many seconds to forget it; zero: at once.", "RFC 6265 §5.2.2")
    case "domain": ("Every host of this domain gets it; without it only the host that set it.", "RFC 6265 §5.2.3")
    case "path": ("Only requests below this path carry it.", "RFC 6265 §5.2.4")
    case "secure": ("It is sent only where nobody on the way can read it.", "RFC 6265 §5.2.5")
    case "httponly": ("Scripts in the page cannot see it.", "RFC 6265 §5.2.6")
    case "samesite": ("Whether it goes along with requests that another site caused.", "RFC 6265bis §5.6.7")
    default: ("An attribute this program has no description of; clients pass over those they do not know.", "RFC 6265 §5.2")
    }
  }

  private static func credentials(_ range: Range<Int>, _ bytes: Buffer) -> [Field] {
    let rest = afterScheme(range, of: bytes)
    guard rest != range else { return [] }
    let scheme = range.lowerBound..<(bytes.firstIndex(of: 0x20, from: range.lowerBound) ?? range.lowerBound)
    var fields = [Field("scheme", bytes[scheme].text, scheme, meaning: "How the client proves who it is.", source: "RFC 9110 §11.1")]
    guard bytes[scheme].text.lowercased() == "basic" else {
      return fields + [Field("credentials", bytes[rest].text, rest, meaning: "The proof.", source: "RFC 9110 §11.4")]
    }
    guard let known = BasicCredentials(parsing: bytes[range]) else {
      return fields + [Field("credentials", bytes[rest].text, rest, meaning: "User and password in base64, masked here unless asked for.", source: "RFC 7617 §2")]
    }
    fields.append(Field("user", known.user, rest, meaning: "Who the client says it is; base64 hides nothing.", source: "RFC 7617 §2"))
    fields.append(Field("password", known.password, rest, meaning: "Readable for everybody on the way, unless inside TLS.", source: "RFC 7617 §4"))
    return fields
  }

  private static func parameters(_ range: Range<Int>, _ bytes: Buffer) -> [Field] {
    let all = pairs(range, of: bytes)
    guard all.count > 1 else { return [] }
    return all.enumerated().map { index, pair in
      guard index > 0 else { return Field("value", bytes[pair.whole].text, pair.whole, meaning: "The value itself; parameters follow.", source: "RFC 9110 §5.6.6") }
      let name = bytes[pair.name].text
      let meaning =
        switch name.lowercased() {
        case "boundary": "The line that separates the parts of the content."
        case "charset": "How characters are written in bytes."
        case "filename": "What the file is called where it comes from."
        case "name": "The form field this is the value of."
        default: "A parameter."
        }
      return Field(name, bytes[pair.value].text, pair.whole, meaning: meaning, source: "RFC 9110 §5.6.6")
    }
  }
}

/// Explains forms: text with `=` and `&`, or parts between boundaries.
enum ExplainedForm {
  /// Longest content looked at. Unit: bytes. Past it: not explained.
  private static var bytesMax: Int { 65_536 }

  /// The fields of the form in `range`; none when it does not look like one.
  static func fields(in range: Range<Int>, of bytes: Buffer) -> [Field] {
    if bytes[at: range.lowerBound] == UInt8(ascii: "-") { return parts(range, bytes) }
    return pairs(range, bytes).map { pair in
      Field(
        FormFields.decoded(bytes[pair.name]), FormFields.decoded(bytes[pair.value]), pair.whole, meaning: "A field of the form, as it was filled in.",
        source: "HTML §4.10.22.7")
    }
  }

  /// Where the values of fields stand that are called like passwords.
  static func passwords(in range: Range<Int>, of bytes: Buffer) -> [Range<Int>] {
    pairs(range, bytes).filter { FormFields.decoded(bytes[$0.name]).lowercased().contains("pass") }.map(\.value)
  }

  /// The pairs of a form as text. Plain text is not mistaken for one: a form has no blanks, and a name before each `=`.
  private static func pairs(_ range: Range<Int>, _ bytes: Buffer) -> [ExplainedValue.Pair] {
    // Most content has no `=`, and is seen to have none at once.
    guard !range.isEmpty, range.count <= bytesMax, bytes[range].firstIndex(of: UInt8(ascii: "=")) != nil else { return [] }
    return bytes.withUnsafeBytes { all in
      var pairs: [ExplainedValue.Pair] = []
      var start = range.lowerBound
      while start < range.upperBound, pairs.count < ExplainedValue.pairsMax {
        var end = start
        while end < range.upperBound, all[end] != UInt8(ascii: "&") {
          guard isPlain(all[end]) else { return [] }
          end += 1
        }
        let equals = all.first(UInt8(ascii: "="), in: start, end)
        guard equals > start, equals < end else { return [] }
        pairs.append(ExplainedValue.Pair(whole: start..<end, name: start..<equals, value: (equals + 1)..<end))
        start = end + 1
      }
      return pairs
    }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "<") && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "{")
  }

  /// The parts of a multipart form, by the boundary in its first line.
  private static func parts(_ range: Range<Int>, _ bytes: Buffer) -> [Field] {
    guard range.count <= bytesMax, let end = bytes.firstIndex(of: 0x0D, from: range.lowerBound), end - range.lowerBound > 2,
      end - range.lowerBound <= 72, var reader = MultipartReader(boundary: bytes[(range.lowerBound + 2)..<end])
    else { return [] }
    let line = bytes[range.lowerBound..<end].array
    // Where each boundary begins; parts stand between them.
    var places: [Int] = []
    bytes.withUnsafeBytes { all in
      var place = range.lowerBound
      while place + line.count <= range.upperBound {
        if all[place..<(place + line.count)].elementsEqual(line) {
          places.append(place)
          place += line.count
        } else {
          place = min(all.first(0x2D, in: place + 1, range.upperBound), range.upperBound)
        }
      }
    }
    reader.push(bytes[range])
    var heads: [PartHead] = []
    while let event = try? reader.next() { if case .part(let head) = event { heads.append(head) } }
    return zip(heads, places.indices).map { head, index in
      let next = index + 1 < places.count ? places[index + 1] : range.upperBound
      let what = head.fileName.map { "file \($0)\(head.contentType.map { ", \($0)" } ?? "")" } ?? "a value"
      return Field("part \(head.name)", what, places[index]..<next, meaning: "One field of the form with a head of its own.", source: "RFC 7578 §4.2")
    }
  }
}
