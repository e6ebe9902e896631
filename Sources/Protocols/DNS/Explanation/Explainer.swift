// A message explained field by field: every byte has a name, a value, a meaning and the section that defines it.
// A damaged message is explained up to the damage. Not here: names (ExplainedNames.swift), data (ExplainedData.swift), the sentences
// (Meanings.swift).
public import Bytes
public import Trace
import World

/// How the bytes of a message are carried.
public enum Framing: Sendable, Hashable {
  /// The message alone, as in a datagram.
  case bare
  /// Two bytes of length before it, as on a stream.
  case lengthPrefixed
}

/// The message in `bytes` field by field; ranges count from the start of `bytes`.
public func explain(_ bytes: Buffer, framing: Framing = .bare) -> Explanation {
  bytes.withUnsafeBytes { all in
    let prefix = framing == .bare ? 0 : Swift.min(2, all.count)
    var explainer = Explainer(UnsafeRawBufferPointer(rebasing: all[prefix...]), base: prefix)
    if framing == .lengthPrefixed { explainer.explainLength(all) }
    return explainer.explanation()
  }
}

/// A message being explained.
struct Explainer {
  var reader: MessageReader
  /// Where the message begins in the bytes that are shown.
  private let base: Int
  private var fields: [Field] = []
  private var problem: String?
  private var header = Header(id: 0, flags: Flags())
  private var firstQuestion: Question?
  private var hasOPT = false

  init(_ bytes: UnsafeRawBufferPointer, base: Int) {
    reader = MessageReader(bytes)
    self.base = base
  }

  mutating func explanation() -> Explanation {
    do throws(SyntaxError) {
      try explainHeader()
      for number in 0..<header.questionCount { try explainQuestion(Int(number) + 1) }
      // RFC 2136 §2.2: in an update the sections hold something else.
      let isUpdate = header.flags.opcode == .update
      for number in 0..<header.answerCount { try explainRecord(isUpdate ? "Prerequisite" : "Answer", Int(number) + 1) }
      for number in 0..<header.authorityCount { try explainRecord(isUpdate ? "Update" : "Authority", Int(number) + 1) }
      for number in 0..<header.additionalCount { try explainRecord("Additional", Int(number) + 1) }
      try reader.finish("the message", "RFC 1035 §4.1")
    } catch {
      problem = error.description
    }
    let rest = reader.offset..<reader.bytes.count
    if !rest.isEmpty {
      fields.append(
        Field("Rest", "\(rest.count) bytes", range(rest), meaning: "Not understood: \(problem ?? "").", source: "RFC 1035 §4.1"))
    }
    return Explanation(title: title, fields: fields, problem: problem)
  }

  /// RFC 1035 §4.2.2.
  mutating func explainLength(_ all: UnsafeRawBufferPointer) {
    let length = all.prefix(2).reduce(0) { $0 << 8 | Int($1) }
    let isRight = all.count >= 2 && length == all.count - 2
    let meaning = isRight ? "How long the message is that follows." : "How long the message should be; \(all.count - base) bytes are here."
    fields.append(Field("Length", "\(length) bytes", 0..<base, meaning: meaning, source: "RFC 1035 §4.2.2"))
  }

  func range(_ range: Range<Int>) -> Range<Int> { (range.lowerBound + base)..<(range.upperBound + base) }

  /// A field of what `read` takes, with the value and meaning it returns.
  mutating func field<T>(
    _ name: String, _ source: String, _ read: (inout MessageReader) throws(SyntaxError) -> T, _ tell: (T) -> (value: String, meaning: String)
  ) throws(SyntaxError) -> (value: T, field: Field) {
    let before = reader
    do throws(SyntaxError) {
      let value = try read(&reader)
      let told = tell(value)
      return (value, Field(name, told.value, range(before.offset..<reader.offset), meaning: told.meaning, source: source))
    } catch {
      // What was read of it has no field: it belongs to the rest.
      reader = before
      throw error
    }
  }

  /// A field with parts. When a part is damaged, what there is of it is kept.
  mutating func group<T>(
    _ name: String, _ source: String,
    _ body: (inout Explainer, inout [Field]) throws(SyntaxError) -> (result: T, value: String, meaning: String)
  ) throws(SyntaxError) -> (result: T, field: Field) {
    let start = reader.offset
    var children: [Field] = []
    do throws(SyntaxError) {
      let told = try body(&self, &children)
      return (told.result, Field(name, told.value, range(start..<reader.offset), meaning: told.meaning, source: source, children: children))
    } catch {
      if reader.offset > start {
        damaged.append(
          Field(name, "damaged", range(start..<reader.offset), meaning: "Only its beginning could be read.", source: source, children: children))
      }
      throw error
    }
  }

  /// Groups that a damage was found in, innermost first.
  private var damaged: [Field] = []

  /// Adds a top-level field; a damaged one as far as it goes.
  private mutating func add<T>(
    _ name: String, _ source: String,
    _ body: (inout Explainer, inout [Field]) throws(SyntaxError) -> (result: T, value: String, meaning: String)
  ) throws(SyntaxError) -> T {
    do throws(SyntaxError) {
      let (result, field) = try group(name, source, body)
      fields.append(field)
      return result
    } catch {
      fields += Explainer.nested(damaged)
      damaged = []
      throw error
    }
  }

  /// The damaged groups as one field: each inside the next one out.
  private static func nested(_ damaged: [Field]) -> [Field] {
    var inner: Field?
    for var field in damaged {
      if let inner { field.children.append(inner) }
      inner = field
    }
    return inner.map { [$0] } ?? []
  }
}

// Header and questions

extension Explainer {
  private mutating func explainHeader() throws(SyntaxError) {
    header = try add("Header", "RFC 1035 §4.1.1") { (explainer, children) throws(SyntaxError) in
      let id = try explainer.field("Identifier", "RFC 1035 §4.1.1", { (r) throws(SyntaxError) in try r.uint16("the identifier", "RFC 1035 §4.1.1") }) {
        ("\($0)", "Chosen by the asker and repeated in the answer, so that the two find each other.")
      }
      children.append(id.field)
      let flags = try explainer.flags()
      children.append(flags.field)
      var counts: [UInt16] = []
      for (name, meaning) in Meanings.counts {
        let count = try explainer.field(name, "RFC 1035 §4.1.1", { (r) throws(SyntaxError) in try r.uint16(name, "RFC 1035 §4.1.1") }) { ("\($0)", meaning) }
        children.append(count.field)
        counts.append(count.value)
      }
      let header = Header(
        id: id.value, flags: flags.value, questionCount: counts[0], answerCount: counts[1], authorityCount: counts[2], additionalCount: counts[3])
      let kind = flags.value.isResponse ? "An answer" : "A query"
      return (header, "\(flags.value.opcode) \(id.value)", "\(kind), and what is in it.")
    }
  }

  private mutating func flags() throws(SyntaxError) -> (value: Flags, field: Field) {
    var read = try field("Flags", "RFC 1035 §4.1.1", { (r) throws(SyntaxError) in Flags(rawValue: try r.uint16("the flags", "RFC 1035 §4.1.1")) }) {
      (String(format(hex: $0.rawValue)), $0.names.isEmpty ? "No bit is set." : "These bits are set: \($0.names).")
    }
    let start = read.field.range.lowerBound
    for bit in Meanings.bits {
      read.field.children.append(bit.field(in: read.value, at: start))
    }
    return read
  }

  private mutating func explainQuestion(_ number: Int) throws(SyntaxError) {
    let question = try add("Question \(number)", "RFC 1035 §4.1.2") { (explainer, children) throws(SyntaxError) in
      let name = try explainer.name("Name", "The name that is asked about.", "RFC 1035 §4.1.2")
      children.append(name.field)
      let type = try explainer.type("What kind of records is wanted", "RFC 1035 §4.1.2")
      children.append(type.field)
      let `class` = try explainer.recordClass("RFC 1035 §4.1.2")
      children.append(`class`.field)
      let question = Question(name.value, type.value, class: `class`.value)
      return (question, question.description, "Asks for the \(type.value) records of \(name.value)")
    }
    if firstQuestion == nil { firstQuestion = question }
  }

  private mutating func type(_ what: String, _ source: String) throws(SyntaxError) -> (value: RecordType, field: Field) {
    try field("Type", source, { (r) throws(SyntaxError) in RecordType(rawValue: try r.uint16("the type", source)) }) {
      ("\($0) (\($0.rawValue))", "\(what): \(Meanings.type($0)).")
    }
  }

  private mutating func recordClass(_ source: String) throws(SyntaxError) -> (value: RecordClass, field: Field) {
    try field("Class", source, { (r) throws(SyntaxError) in RecordClass(rawValue: try r.uint16("the class", source)) }) {
      ("\($0) (\($0.rawValue))", $0 == .internet ? "The Internet, as in nearly every message." : "Another name space than the Internet's.")
    }
  }
}

// Records

extension Explainer {
  private mutating func explainRecord(_ section: String, _ number: Int) throws(SyntaxError) {
    _ = try add("\(section) \(number)", "RFC 1035 §4.1.3") { (explainer, children) throws(SyntaxError) in
      let name = try explainer.name("Name", "Whose record it is.", "RFC 1035 §4.1.3")
      children.append(name.field)
      let type = try explainer.type("What the record holds", "RFC 1035 §4.1.3")
      children.append(type.field)
      if type.value == .opt { return try explainer.explainOPT(name.value, section, &children) }
      let `class` = try explainer.recordClass("RFC 1035 §4.1.3")
      children.append(`class`.field)
      let ttl = try explainer.field("Time to live", "RFC 1035 §4.1.3", { (r) throws(SyntaxError) in try r.uint32("the time to live", "RFC 1035 §4.1.3") }) {
        ("\($0) s", $0 > 0x7FFF_FFFF ? "Its highest bit is set, so it counts as 0 (RFC 2181 §8)." : "For so long the record may be kept.")
      }
      children.append(ttl.field)
      let text = try explainer.data(type.value, `class`.value, &children)
      let meaning = Meanings.change(section, `class`.value, type.value) ?? Meanings.record(type.value)
      return ((), "\(name.value) \(type.value) \(text)", meaning)
    }
  }

  /// The length of the data, and the data with its parts. Returns its text.
  private mutating func data(_ type: RecordType, _ class: RecordClass, _ siblings: inout [Field]) throws(SyntaxError) -> String {
    let length = try field("Data length", "RFC 1035 §4.1.3", { (r) throws(SyntaxError) in try r.uint16("the length of the data", "RFC 1035 §4.1.3") }) {
      ("\($0)", "How many bytes of data follow.")
    }
    siblings.append(length.field)
    let outer = try reader.narrow(to: Int(length.value), "the data of the \(type) record", "RFC 1035 §4.1.3")
    defer { reader.widen(to: outer) }
    if reader.remaining == 0, `class` == .any || `class` == .none { return "" }
    var copy = reader
    let data = try group("Data", Meanings.source(of: type)) { (explainer, children) throws(SyntaxError) in
      try explainer.explainData(type, `class`, &children)
      try explainer.reader.finish("the data of the \(type) record", "RFC 1035 §4.1.3")
      let text = try RecordData(type: type, class: `class`, from: &copy).description
      return (text, text, Meanings.record(type))
    }
    siblings.append(data.field)
    return data.result
  }

  /// RFC 6891 §6.1: the fields of an OPT record have meanings of their own.
  private mutating func explainOPT(
    _ name: Name, _ section: String, _ children: inout [Field]
  ) throws(SyntaxError) -> (result: Void, value: String, meaning: String) {
    let source = "RFC 6891 §6.1.2"
    guard name.isRoot else { throw SyntaxError(expected: "the root as the owner of the OPT record", at: reader.offset, rule: source) }
    guard !hasOPT else { throw SyntaxError(expected: "at most one OPT record", at: reader.offset, rule: "RFC 6891 §6.1.1") }
    guard section == "Additional" else {
      throw SyntaxError(expected: "an OPT record only among the additional ones", at: reader.offset, rule: "RFC 6891 §6.1.1")
    }
    hasOPT = true
    let size = try field("Payload size", "RFC 6891 §6.2.3", { (r) throws(SyntaxError) in try r.uint16("the payload size", source) }) {
      ("\($0) bytes", "The largest datagram the sender takes.")
    }
    children.append(size.field)
    let high = try field("Extended response code", "RFC 6891 §6.1.3", { (r) throws(SyntaxError) in try r.uint8("the extended response code", source) }) {
      ("\($0)", "The high eight bits of the response code; the low four stand in the header.")
    }
    children.append(high.field)
    let version = try field("Version", "RFC 6891 §6.1.3", { (r) throws(SyntaxError) in try r.uint8("the version", source) }) {
      ("\($0)", $0 == 0 ? "EDNS(0), the only version there is." : "A version nobody has defined.")
    }
    children.append(version.field)
    var flags = try field("EDNS flags", "RFC 6891 §6.1.4", { (r) throws(SyntaxError) in try r.uint16("the EDNS flags", source) }) {
      (String(format(hex: $0)), "One bit is defined, fifteen must be zero.")
    }
    flags.field.children = Meanings.ednsBits(flags.value, at: flags.field.range.lowerBound)
    children.append(flags.field)
    let length = try field("Data length", source, { (r) throws(SyntaxError) in try r.uint16("the length of the options", source) }) {
      ("\($0)", "How many bytes of options follow.")
    }
    children.append(length.field)
    let outer = try reader.narrow(to: Int(length.value), "the options", source)
    defer { reader.widen(to: outer) }
    var count = 0
    while reader.remaining > 0 {
      guard count < reader.limits.optionsMax else {
        throw SyntaxError(expected: "at most \(reader.limits.optionsMax) options", at: reader.offset, rule: source)
      }
      children.append(try explainOption())
      count += 1
    }
    return ((), "EDNS, \(size.value) bytes\(flags.value & 0x8000 != 0 ? ", DO" : "")", "What the sender can do beyond the first DNS of 1987.")
  }

  private mutating func explainOption() throws(SyntaxError) -> Field {
    try group("Option", "RFC 6891 §6.1.2") { (explainer, children) throws(SyntaxError) in
      let source = "RFC 6891 §6.1.2"
      let code = try explainer.field("Option code", "RFC 6891 §9", { (r) throws(SyntaxError) in OptionCode(rawValue: try r.uint16("the option's code", source)) }) {
        ("\($0) (\($0.rawValue))", Meanings.option($0))
      }
      children.append(code.field)
      let length = try explainer.field("Option length", source, { (r) throws(SyntaxError) in try r.uint16("the option's length", source) }) {
        ("\($0)", "How many bytes the option has.")
      }
      children.append(length.field)
      var data = try explainer.field("Option data", Meanings.source(of: code.value), { (r) throws(SyntaxError) in
        try r.take(Int(length.value), "\(length.value) bytes of an option", source)
      }) { (EDNSOption(code.value, $0).presentation, Meanings.option(code.value)) }
      let option = EDNSOption(code.value, data.value)
      data.field.children = Explainer.subnetFields(option, at: data.field.range) + Explainer.cookieFields(option, at: data.field.range)
      if length.value > 0 { children.append(data.field) }
      return ((), "\(code.value) \(data.field.value)", Meanings.option(code.value))
    }.field
  }
}

extension Explainer {
  /// One line for lists.
  private var title: String {
    guard reader.bytes.count >= Limits.Format.headerSize else { return "damaged message of \(reader.bytes.count) bytes" }
    let asked = firstQuestion.map { " \($0.name) \($0.type)" } ?? ""
    let flags = header.flags
    let verb = flags.opcode == .query ? "query" : "\(flags.opcode)".lowercased()
    if !flags.isResponse { return "\(verb)\(asked)" }
    let kind = flags.opcode == .query ? "answer" : "\(verb) answer"
    let marks = [flags.isAuthoritative ? ", authoritative" : "", flags.isTruncated ? ", truncated" : ""].joined()
    return "\(kind) \(flags.responseCode)\(asked), \(header.answerCount) record\(header.answerCount == 1 ? "" : "s")\(marks)"
  }
}

/// `0x1a2b`.
func format(hex value: UInt16) -> String {
  "0x" + Hexadecimal.text([UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)])
}
