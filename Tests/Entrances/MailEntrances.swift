// Entrances of mail messages: addresses, heads, structures, words and encodings, signatures, policies of senders and authors, and what is written from them.
import Bytes
import DNS
import Mail
import Trace
import World

let mailEntrances: [Entrance] = [
  Entrance("mail-address") { bytes in
    var index = 0
    if let path = try? ReversePath(reading: bytes, at: &index) {
      must(index <= bytes.count && index >= 2, "a path ends inside its line")
      must((try? ReversePath(path.description)) == path, "a path reads back")
      if let address = path.address { mustBeSound(address) }
    }
    index = 0
    if let path = try? ForwardPath(reading: bytes, at: &index), let address = path.address { mustBeSound(address) }
    if let address = try? MailAddress(bytes.text) { mustBeSound(address) }
    let list = AddressList(reading: bytes)
    var depth = 0
    for item in list.items {
      switch item {
      case .groupStart: depth += 1
      case .groupEnd: depth -= 1
      case .mailbox(let entry):
        _ = entry.displayName
        if let address = entry.address { mustBeSound(address) }
      }
      must((0...1).contains(depth), "groups are not nested")
    }
    must(depth == 0, "groups end")
  },
  Entrance("mail-head") { bytes in
    for limits in [Mail.Limits(), narrow] {
      let head = MessageHead(reading: bytes, limits: limits)
      var end = 0
      for field in head.fields {
        must(field.whole.lowerBound == end && field.whole.upperBound > end, "fields stand side by side")
        must(field.name.lowerBound == end && field.name.upperBound < field.value.lowerBound && field.value.upperBound <= field.whole.upperBound, "a field's parts stand in order")
        must(field.whole.count <= limits.fieldBytesMax, "a field is bounded")
        must(!head.value(of: field).array.contains { $0 == 0x0A || $0 == 0x0D }, "a value is one line")
        end = field.whole.upperBound
      }
      must(head.fieldsEnd == end && head.bytes.count <= bytes.count && head.fields.count <= limits.fieldsMax && head.bytes.count <= limits.headBytesMax, "a head is bounded")
      must(head.removing { _ in false } == head.bytes, "nothing removed is nothing changed")
      must(MessageHead(reading: head.removing { $0 == head.fields.first }, limits: limits).fields.count == max(0, head.fields.count - 1), "one field is removed")
    }
  },
  Entrance("mail-mime") { bytes in
    for limits in [Mail.Limits(), narrow] {
      var whole = StructureReader(limits: limits)
      whole.take(bytes)
      let (head, structure) = whole.finish()
      must(head == MessageHead(reading: bytes, limits: limits), "there is one opinion on where a head ends")
      for pieces in [bytes.pieces, bytes.singles] {
        var reader = StructureReader(limits: limits)
        for piece in pieces { reader.take(piece) }
        let read = reader.finish()
        must(read.structure == structure && read.head == head, "the cuts do not matter")
      }
      must(structure.parts.count <= limits.partsMax && structure.size == bytes.count, "parts are bounded")
      for (index, part) in structure.parts.enumerated() {
        must(part.head.upperBound == part.body.lowerBound && part.body.upperBound <= bytes.count, "head and body stand side by side")
        must(part.lines == bytes[part.body].array.count { $0 == 0x0A }, "lines are counted")
        if let parent = part.parent {
          let outer = structure.parts[parent]
          must(parent < index && outer.children.contains(index) && outer.body.lowerBound <= part.head.lowerBound && part.body.upperBound <= outer.body.upperBound, "a part lies in its parent")
        }
        for (a, b) in zip(part.children, part.children.dropFirst()) { must(structure.parts[a].body.upperBound <= structure.parts[b].head.lowerBound, "parts do not overlap") }
        _ = part.content.fileName
        if let charset = part.content.charset, let encoding = TransferEncoding(part.content.encoding) { _ = Charset.text(of: TransferDecoder.decoded(bytes[part.body], encoding), named: charset) }
      }
      for numbers in [[], [1], [2], [1, 1], [1, 2, 1], [2, 1], [0]] as [[Int]] {
        for text in [MessageStructure.SectionText.content, .header, .text, .mime] {
          if let range = structure.range(numbers, text) { must(range.lowerBound >= 0 && range.upperBound <= bytes.count, "a section lies in its message") }
        }
      }
    }
  },
  Entrance("mail-downgrade") { bytes in
    let before = MessageStructure(reading: bytes)
    guard let result = Downgrade.sevenBit(bytes) else { return }
    let after = MessageStructure(reading: result)
    must(!Downgrade.isNeeded(after), "seven-bit is seven-bit")
    must(after.parts.map(\.kind) == before.parts.map(\.kind), "the parts stay")
    for (old, new) in zip(before.parts, after.parts) where old.kind == .leaf && old.content.encoding != new.content.encoding {
      guard let encoding = TransferEncoding(new.content.encoding) else { fatalError("broken promise: the encoding is known") }
      must(TransferDecoder.decoded(result[new.body], encoding) == bytes[old.body], "a part says the same as before")
    }
  },
  Entrance("mail-words") { bytes in
    _ = EncodedWords.text(of: bytes)
    let text = String(String.UnicodeScalarView(bytes.text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    let written = EncodedWords.written(bytes.text)
    must(written.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "a written text is ASCII on one line")
    must(EncodedWords.text(of: Buffer(written)) == text, "a text reads back")
    for name in ["utf-16", "koi8-r", "iso-8859-8-i", bytes[0..<10].text] { _ = Charset.text(of: bytes, named: name) }
    let parameters = FieldParameters(reading: bytes)
    must(parameters.parameters.count <= 128, "parameters are bounded")
    for parameter in parameters.parameters {
      let wire = parameter.wire
      let again = FieldParameters(reading: Buffer("x; \(wire.name)=\"" + wire.value.text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""))
      if parameter.charset != nil, isPlain(parameter) { must(again[parameter.name]?.value == parameter.value, "a parameter reads back") }
      _ = parameter.decodedText
    }
  },
  Entrance("mail-encoding") { bytes in
    for encoding in [TransferEncoding.quotedPrintable, .base64, .uuencode] {
      let whole = TransferDecoder.decoded(bytes, encoding)
      for pieces in [bytes.pieces, bytes.singles] {
        var decoder = TransferDecoder(encoding)
        var out = Buffer()
        for piece in pieces { decoder.decode(piece, into: &out) }
        decoder.finish(into: &out)
        must(out == whole, "the cuts do not matter")
      }
    }
    for encoding in [TransferEncoding.quotedPrintable, .base64] {
      let written = TransferEncoder.encoded(bytes, encoding)
      must(written.array.allSatisfy { $0 < 0x80 && $0 != 0 }, "encoded is ASCII")
      must(written.array.split(separator: 0x0A).allSatisfy { $0.count <= 77 }, "encoded lines are short")
      must(TransferDecoder.decoded(written, encoding) == bytes, "what was encoded reads back")
      var encoder = TransferEncoder(encoding)
      var out = Buffer()
      for piece in bytes.pieces { encoder.encode(piece, into: &out) }
      encoder.finish(into: &out)
      must(out == written, "the cuts do not matter")
    }
    if let date = MailDate(reading: bytes) {
      must(MailDate(reading: Buffer(date.text))?.instant == Instant(secondsSince1970: date.instant.secondsSince1970), "a date reads back")
    }
  },
  Entrance("mail-dkim") { bytes in
    let head = MessageHead(reading: bytes)
    let body = bytes[head.bytes.count..<bytes.count]
    func verdicts(_ head: MessageHead, _ pieces: [Buffer]) -> [SignatureVerdict] {
      var check = SignatureCheck(head)
      for piece in pieces { check.take(piece) }
      for (index, question) in check.questions.enumerated() {
        check.take(index % 2 == 0 ? .records([.txt([Array((signer?.record ?? "").utf8)])]) : .records([.txt([Array(head.rawValue(of: head.fields[0]).array.prefix(255))])]), to: question)
      }
      return check.verdicts(at: .simulationStart)
    }
    let one = verdicts(head, [body])
    must(one == verdicts(head, body.pieces) && one.count == head.all("dkim-signature").count, "the cuts do not matter")
    // A blank in front would make what follows a part of the signature's field.
    guard let signer, bytes[at: 0] != 0x20, bytes[at: 0] != 0x09 else { return }
    var signing = MessageSigning([SigningIdentity(domain: "x.test", selector: "s", key: signer)], head, at: .simulationStart)
    for piece in body.pieces { signing.take(piece) }
    var signed = signing.finish()
    signed.append(bytes)
    let read = MessageHead(reading: signed)
    must(verdicts(read, [signed[read.bytes.count..<signed.count]]).first?.result == .pass, "what we sign passes")
  },
  Entrance("mail-spf") { bytes in
    // Each line is an answer; they are given in turn, whatever is asked.
    let lines = bytes.array.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0.prefix(400)) }
    var check = SenderCheck(client: Address(192, 0, 2, 1), helo: "h.test", localPart: "a-b", domain: "x.test", receiver: "r.test", at: .simulationStart)
    var count = 0
    while case .ask(let question) = check.step {
      must(question.name.wire.count <= 255, "a question has a name")
      let line = lines[count % lines.count]
      count += 1
      must(count < 300, "a check ends")
      check.take(answer(to: question, line))
    }
  },
  Entrance("mail-dmarc") { bytes in
    // The second and third lines are the author's domain and another one; each line is an answer too.
    let lines = bytes.array.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0.prefix(400)) }
    func domain(_ index: Int) -> String { lines.indices.contains(index) ? String(decoding: lines[index], as: UTF8.self) : "x.test" }
    for record in lines {
      guard let policy = AuthorPolicy(record) else { continue }
      must(record.first { ![0x20, 0x09, 0x0D].contains($0) }.map { $0 | 0x20 } == 0x76, "the version stands first")
      must(AuthorPolicy(record + Array(";unknown=1".utf8)) == policy, "what is not known changes nothing")
    }
    var check = AuthorCheck(author: domain(1), sender: domain(2), signers: [domain(2), "a." + domain(1), domain(1) + ".test"])
    var asked: Set<LookupQuestion> = []
    while case .ask(let question) = check.step {
      must(asked.insert(question).inserted, "nothing is asked twice")
      must(asked.count <= 60, "a check ends")
      check.take(answer(to: question, lines[asked.count % lines.count]))
    }
  },
  Entrance("mail-draft") { bytes in
    let text = bytes.text
    guard let ann = try? MailAddress("ann@x.test") else { return }
    let half = String(text.prefix(text.count / 2))
    var draft = MessageDraft(from: NamedAddress(ann, name: half), to: [NamedAddress(ann)], subject: half, text: text, date: MailDate(.simulationStart), messageID: "1@x.test")
    draft.attachments = [.init(name: half, content: bytes)]
    var random = SeededRandom(seed: 1)
    if let message = try? draft.written(using: &random) {
      mustBeSafe(message)
      let structure = MessageStructure(reading: message)
      must(structure.parts.count == 3, "a draft has its parts")
      must(TransferDecoder.decoded(message[structure.parts[2].body], .base64) == bytes, "a file comes back")
      let head = MessageHead(reading: message)
      must(head.fields.count == 7, "nothing gets into the head")
      must(head.text("subject") == cleaned(half), "a subject comes back")
    }
    var recipient = DeliveryReport.Recipient(ann, .failed, status: half, remoteServer: half, diagnostic: text)
    recipient.original = half
    var report = DeliveryReport(from: "x.test", to: ann, [recipient], about: bytes)
    for isWhole in [false, true] {
      report.isWhole = isWhole
      mustBeSafe(report.written(messageID: "1@x.test", at: .simulationStart, using: &random))
    }
    var results = AuthenticationResults(server: "x.test", entries: [.init("spf", "fail", reason: text, properties: [.init("smtp.mailfrom", half)])])
    results.add([SignatureVerdict(result: .fail, domain: half, selector: half, identity: half, algorithm: half, mark: half)])
    for field in [results.field, TraceFields.received(.init(helo: half, client: .loopback, clientName: half, server: "x.test", protocolName: "SMTP", id: "1", time: .simulationStart))] {
      var all = field
      all.append("\r\n")
      must(MessageHead(reading: all).fields.count == 1 && MessageHead(reading: all).isComplete, "one field is one field")
      mustBeSafe(all)
    }
    _ = AuthenticationResults.server(of: bytes)
  },
  Entrance("mail-explain") { bytes in
    for field in Mail.explain(bytes).fields {
      must(field.range.lowerBound >= 0 && field.range.upperBound <= bytes.count, "a field lies in its message")
      mustContainParts(field)
    }
  },
]

private let signer = SigningKey(seed: Array(1...32))

/// Bounds that short inputs reach.
private let narrow: Mail.Limits = {
  var limits = Mail.Limits()
  limits.headBytesMax = 200
  limits.fieldBytesMax = 60
  limits.fieldsMax = 4
  limits.depthMax = 3
  limits.partsMax = 5
  limits.boundaryBytesMax = 4
  limits.parametersMax = 3
  return limits
}()

private func mustBeSound(_ address: MailAddress) {
  must((try? MailAddress(address.description)) == address, "an address reads back")
  must(address.description.utf8.count <= 254 && address.localText.utf8.count <= 64, "an address is bounded")
  must(address.description.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "an address is printable ASCII")
}

/// Whether a parameter's name and character set can be written as they are.
private func isPlain(_ parameter: FieldParameter) -> Bool {
  let words = parameter.name + (parameter.charset ?? "") + (parameter.language ?? "")
  return words.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x28 && $0 != 0x29 }
}

private func cleaned(_ text: String) -> String {
  String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
}

private func mustBeSafe(_ message: Buffer) {
  var length = 0
  var previous: UInt8 = 0
  for byte in message.array {
    must(byte < 0x80 && byte != 0, "what we write is ASCII")
    if byte == 0x0A {
      must(previous == 0x0D && length <= 999, "what we write has short lines that end with CR LF")
      length = 0
    } else {
      must(previous != 0x0D, "what we write has no bare CR")
      length += 1
    }
    previous = byte
  }
}

/// A line as the answer to any question: a text as it is, else its bytes as addresses or names.
private func answer(to question: LookupQuestion, _ line: [UInt8]) -> LookupAnswer {
  if line.elementsEqual("fail".utf8) { return .failed }
  if line.isEmpty { return .noName }
  switch question.type {
  case .txt: return .records([.txt([line])])
  case .a: return .records([.a(line.prefix(4).reduce(0) { $0 << 8 | UInt32($1) })])
  default:
    let names = line.split(separator: 0x2C).compactMap { try? Name(labels: $0.split(separator: 0x2E).map { Array($0.prefix(63)) }) }
    return .records(names.map { question.type == .mx ? .mx(preference: 1, exchange: $0) : .ptr($0) })
  }
}
