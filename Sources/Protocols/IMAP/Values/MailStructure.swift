// From a message taken apart (Mail) to what IMAP tells of it: envelope, body structure, and where a section stands.
// For owners that answer FETCH; all of it is a function of the structure, no byte of the message is needed but for single fields.
// Read next: Question.swift `fetch`.
public import Bytes
public import Mail

extension Envelope {
  /// What is told of a message with this head.
  public init(_ envelope: MessageEnvelope) {
    date = envelope.date
    subject = envelope.subject
    from = Self.addresses(envelope.from)
    sender = Self.addresses(envelope.sender)
    replyTo = Self.addresses(envelope.replyTo)
    to = Self.addresses(envelope.to)
    cc = Self.addresses(envelope.cc)
    bcc = Self.addresses(envelope.bcc)
    inReplyTo = envelope.inReplyTo
    messageID = envelope.messageID
  }

  private static func addresses(_ list: AddressList) -> [EnvelopeAddress] {
    list.items.map { item in
      switch item {
      // RFC 3501 §7.4.2: without a host it would be a group's mark, so a mailbox that has none gets an empty one.
      case .mailbox(let entry): EnvelopeAddress(name: entry.name, route: entry.route, mailbox: entry.localPart, host: entry.domain ?? Buffer())
      case .groupStart(let name): EnvelopeAddress(mailbox: name, host: nil)
      case .groupEnd: EnvelopeAddress(mailbox: nil, host: nil)
      }
    }
  }
}

extension BodyStructure {
  /// The tree of a message's parts.
  public init(_ structure: MessageStructure) { self = Self.tree(structure, 0) }

  // Mail's limits bound how deep parts lie in one another.
  private static func tree(_ structure: MessageStructure, _ index: Int) -> BodyStructure {
    let part = structure.parts[index]
    let type = part.bodyType
    let content = part.content
    if part.kind == .multipart {
      var parts = part.children.map { tree(structure, $0) }
      // RFC 3501 §9 body-type-mpart: at least one, also in a message that is broken.
      if parts.isEmpty { parts = [.single(SinglePart(type: "text", subtype: "plain", kind: .text(lines: 0)))] }
      var multipart = Multipart(parts, subtype: Buffer(type.subtype))
      multipart.parameters = parameters(content.parameters)
      multipart.placing = Placing(content)
      return .multipart(multipart)
    }
    var single = SinglePart(type: Buffer(type.type), subtype: Buffer(type.subtype))
    single.parameters = parameters(content.parameters)
    single.id = content.id
    single.description = content.description
    single.encoding = Buffer(content.encoding)
    single.size = Int64(part.body.count)
    single.md5 = content.md5
    single.placing = Placing(content)
    if part.kind == .message, let inside = part.children.first {
      single.kind = .message(Envelope(structure.parts[inside].envelope ?? MessageEnvelope()), tree(structure, inside), lines: Int64(part.lines))
    } else if type.type == "text" {
      single.kind = .text(lines: Int64(part.lines))
    }
    return .single(single)
  }

  fileprivate static func parameters(_ parameters: [FieldParameter]) -> [Parameter] {
    parameters.map { parameter in
      let wire = parameter.wire
      return Parameter(Buffer(wire.name), wire.value)
    }
  }
}

extension BodyStructure.SinglePart {
  fileprivate init(type: Buffer, subtype: Buffer, kind: BodyStructure.Kind) {
    self.init(type: type, subtype: subtype)
    self.kind = kind
  }
}

extension BodyStructure.Placing {
  fileprivate init(_ content: ContentFields) {
    disposition = content.disposition.map { .init(Buffer($0), BodyStructure.parameters(content.dispositionParameters)) }
    languages = content.languages
    location = content.location
  }
}

/// Where a section's bytes stand in the message.
public enum SectionPlace: Sendable, Hashable {
  /// Nowhere: there is no such part.
  case absent
  /// Unit: bytes from the start of the message.
  case range(Range<Int>)
  /// They are fields picked out of this head.
  case fields(head: Range<Int>, names: Set<String>, isNot: Bool)

  /// The fields picked out of `head`, which are the bytes that the place names.
  // RFC 3501 §6.4.5: in the order of the message, with the empty line.
  public static func fields(of head: Buffer, names: Set<String>, isNot: Bool) -> Buffer { MessageHead(reading: head).selected(names, isExcluding: isNot) }
}

extension Section {
  /// Where this section stands in a message.
  public func place(in structure: MessageStructure) -> SectionPlace {
    let numbers = path.map { Int($0) }
    func range(_ text: MessageStructure.SectionText) -> SectionPlace { structure.range(numbers, text).map { .range($0) } ?? .absent }
    switch text {
    case .whole: return range(.content)
    case .header: return range(.header)
    case .text: return range(.text)
    case .mime: return range(.mime)
    case .fields(let names, let isNot):
      return structure.range(numbers, .header).map { .fields(head: $0, names: Set(names.map { $0.lowercased() }), isNot: isNot) } ?? .absent
    }
  }
}
