// Envelopes and body structures out of their lists, as any server may write them.
// Read before: StructureWriter.swift, the other way.
import Bytes
import World

extension Scanner {
  // RFC 3501 §9 envelope
  mutating func envelope() throws(SyntaxError) -> Envelope {
    try expect("(", "(")
    var envelope = Envelope()
    envelope.date = try nstring()
    try space()
    envelope.subject = try nstring()
    envelope.from = try addresses()
    envelope.sender = try addresses()
    envelope.replyTo = try addresses()
    envelope.to = try addresses()
    envelope.cc = try addresses()
    envelope.bcc = try addresses()
    try space()
    envelope.inReplyTo = try nstring()
    try space()
    envelope.messageID = try nstring()
    try expect(")", ")")
    return envelope
  }

  /// A list of addresses with the space before it.
  // RFC 3501 §9 env-from. Some servers put spaces between addresses.
  private mutating func addresses() throws(SyntaxError) -> [EnvelopeAddress] {
    try space()
    if skip(word: "NIL") { return [] }
    try expect("(", "(")
    var addresses: [EnvelopeAddress] = []
    while !skip(UInt8(ascii: ")")) {
      _ = skip(UInt8(ascii: " "))
      try expect("(", "(")
      let name = try nstring()
      try space()
      let route = try nstring()
      try space()
      let mailbox = try nstring()
      try space()
      addresses.append(EnvelopeAddress(name: name, route: route, mailbox: mailbox, host: try nstring()))
      try expect(")", ")")
    }
    return addresses
  }

  // RFC 3501 §9 body
  mutating func bodyStructure() throws(SyntaxError) -> BodyStructure {
    try expect("(", "(")
    try descend()
    defer { depth -= 1 }
    let structure: BodyStructure = next == UInt8(ascii: "(") ? .multipart(try multipart()) : .single(try singlePart())
    // RFC 3501 §9 body-extension: what later documents add.
    while skip(UInt8(ascii: " ")) { try extensionData() }
    try expect(")", ")")
    return structure
  }

  private mutating func multipart() throws(SyntaxError) -> BodyStructure.Multipart {
    var parts: [BodyStructure] = []
    while next == UInt8(ascii: "(") { parts.append(try bodyStructure()) }
    try space()
    var multipart = BodyStructure.Multipart(parts, subtype: try string("media-subtype"))
    guard skip(UInt8(ascii: " ")) else { return multipart }
    multipart.parameters = try parameters()
    multipart.placing = try placing()
    return multipart
  }

  private mutating func singlePart() throws(SyntaxError) -> BodyStructure.SinglePart {
    let type = try string("media-type")
    try space()
    var part = BodyStructure.SinglePart(type: type, subtype: try string("media-subtype"))
    try space()
    part.parameters = try parameters()
    try space()
    part.id = try nstring()
    try space()
    part.description = try nstring()
    try space()
    // Some servers say NIL where nothing is said in the message.
    part.encoding = try nstring() ?? "7BIT"
    try space()
    part.size = try size()
    if Keyword.areSame(type.text, "TEXT"), skip(UInt8(ascii: " ")) {
      part.kind = .text(lines: try size("number of lines"))
    } else if Keyword.areSame(type.text, "MESSAGE"), bytes.count - index > 1, bytes[index] == UInt8(ascii: " "), bytes[index + 1] == UInt8(ascii: "(") {
      index += 1
      let envelope = try envelope()
      try space()
      let inside = try bodyStructure()
      try space()
      part.kind = .message(envelope, inside, lines: try size("number of lines"))
    }
    guard skip(UInt8(ascii: " ")) else { return part }
    part.md5 = try nstring()
    part.placing = try placing()
    return part
  }

  // RFC 3501 §9 body-fld-param
  private mutating func parameters() throws(SyntaxError) -> [BodyStructure.Parameter] {
    if skip(word: "NIL") { return [] }
    var parameters: [BodyStructure.Parameter] = []
    try list(allowsNone: true, countMax: limits.keysMax) { scanner throws(SyntaxError) in
      let name = try scanner.string()
      try scanner.space()
      parameters.append(.init(name, try scanner.nstring() ?? Buffer()))
    }
    return parameters
  }

  /// As much of it as there is, each with the space before it.
  private mutating func placing() throws(SyntaxError) -> BodyStructure.Placing {
    var placing = BodyStructure.Placing()
    guard skip(UInt8(ascii: " ")) else { return placing }
    if !skip(word: "NIL") {
      try expect("(", "(")
      let type = try string()
      try space()
      placing.disposition = .init(type, try parameters())
      try expect(")", ")")
    }
    guard skip(UInt8(ascii: " ")) else { return placing }
    if next == UInt8(ascii: "(") {
      try list(allowsNone: true, countMax: limits.keysMax) { scanner throws(SyntaxError) in placing.languages.append(try scanner.string()) }
    } else if let language = try nstring() {
      placing.languages = [language]
    }
    guard skip(UInt8(ascii: " ")) else { return placing }
    placing.location = try nstring()
    return placing
  }

  private mutating func extensionData() throws(SyntaxError) {
    if next == UInt8(ascii: "(") {
      try list(allowsNone: true, countMax: limits.keysMax) { scanner throws(SyntaxError) in try scanner.extensionData() }
    } else if let digit = next, CharacterClass.digits.contains(digit) {
      _ = try size()
    } else {
      _ = try nstring()
    }
  }
}
