// Envelopes and body structures as parenthesised lists.
// Read next: StructureReader.swift, the other way.
public import Bytes

extension Envelope {
  /// As it stands in a FETCH response, for `FetchedItem.written`.
  public var written: Buffer {
    var writer = ResponseWriter()
    writer.add(self)
    return writer.bytes
  }
}

extension BodyStructure {
  /// As it stands in a FETCH response, for `FetchedItem.written`: BODYSTRUCTURE with its extension data, or BODY without.
  public func written(isExtended: Bool) -> Buffer {
    var writer = ResponseWriter()
    writer.add(self, isExtended: isExtended)
    return writer.bytes
  }
}

extension ResponseWriter {
  // RFC 3501 §9 envelope
  mutating func add(_ envelope: Envelope) {
    add("(")
    add(nstring: envelope.date)
    add(" ")
    add(nstring: envelope.subject)
    for addresses in [envelope.from, envelope.sender, envelope.replyTo, envelope.to, envelope.cc, envelope.bcc] {
      add(" ")
      add(addresses)
    }
    add(" ")
    add(nstring: envelope.inReplyTo)
    add(" ")
    add(nstring: envelope.messageID)
    add(")")
  }

  // RFC 3501 §9 env-from: an empty list is NIL, and nothing stands between two addresses.
  private mutating func add(_ addresses: [EnvelopeAddress]) {
    guard !addresses.isEmpty else { return add("NIL") }
    add("(")
    for address in addresses {
      add("(")
      add(nstring: address.name)
      add(" ")
      add(nstring: address.route)
      add(" ")
      add(nstring: address.mailbox)
      add(" ")
      add(nstring: address.host)
      add(")")
    }
    add(")")
  }

  /// The structure, with extension data or without.
  // RFC 3501 §9 body
  mutating func add(_ structure: BodyStructure, isExtended: Bool) {
    add("(")
    switch structure {
    case .multipart(let parts):
      for part in parts.parts { add(part, isExtended: isExtended) }
      add(" ")
      add(string: parts.subtype)
      if isExtended {
        add(" ")
        add(parts.parameters)
        add(parts.placing)
      }
    case .single(let part):
      add(part, isExtended: isExtended)
    }
    add(")")
  }

  // RFC 3501 §9 body-type-1part
  private mutating func add(_ part: BodyStructure.SinglePart, isExtended: Bool) {
    add(string: part.type)
    add(" ")
    add(string: part.subtype)
    add(" ")
    add(part.parameters)
    add(" ")
    add(nstring: part.id)
    add(" ")
    add(nstring: part.description)
    add(" ")
    add(string: part.encoding)
    add(" \(part.size)")
    switch part.kind {
    case .other: break
    case .text(let lines): add(" \(lines)")
    case .message(let envelope, let structure, let lines):
      add(" ")
      add(envelope)
      add(" ")
      add(structure, isExtended: isExtended)
      add(" \(lines)")
    }
    if isExtended {
      add(" ")
      add(nstring: part.md5)
      add(part.placing)
    }
  }

  // RFC 3501 §9 body-fld-param
  private mutating func add(_ parameters: [BodyStructure.Parameter]) {
    guard !parameters.isEmpty else { return add("NIL") }
    add("(")
    for (index, parameter) in parameters.enumerated() {
      if index > 0 { add(" ") }
      add(string: parameter.name)
      add(" ")
      add(string: parameter.value)
    }
    add(")")
  }

  // RFC 3501 §9 body-ext-mpart, body-ext-1part: disposition, language, location, each with the space before it.
  private mutating func add(_ placing: BodyStructure.Placing) {
    if let disposition = placing.disposition {
      add(" (")
      add(string: disposition.type)
      add(" ")
      add(disposition.parameters)
      add(")")
    } else {
      add(" NIL")
    }
    switch placing.languages.count {
    case 0: add(" NIL")
    case 1:
      add(" ")
      add(string: placing.languages[0])
    default:
      add(" (")
      for (index, language) in placing.languages.enumerated() {
        if index > 0 { add(" ") }
        add(string: language)
      }
      add(")")
    }
    add(" ")
    add(nstring: placing.location)
  }
}
