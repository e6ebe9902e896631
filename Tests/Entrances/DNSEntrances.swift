// Entrances of DNS: messages, names, records, master files, and both ends of a TCP connection.
import Bytes
import DNS
import Trace
import Transport
import World

let dnsEntrances: [Entrance] = [
  Entrance("dns-message") { bytes in
    guard let message = try? Message(reading: bytes) else { return }
    for compression in [MessageWriter.Compression.ignoringCase, .keepingCase, .none] {
      let written = message.wire(compression: compression)
      guard let again = try? Message(reading: written) else { fatalError("broken promise: what was written reads back") }
      guard !isCut(again, message) else { continue }
      must(again == message, "a message reads back as it was")
      must(compression == .ignoringCase || again.spelling == message.spelling, "names read back to the letter")
    }
    let small = message.wire(maximumSize: 512)
    must(small.count <= 512, "a message keeps to its size")
    guard let part = try? Message(reading: small) else { fatalError("broken promise: a shortened message reads back") }
    must(part.id == message.id, "a shortened message keeps its identifier")
    _ = message.presentation
  },
  Entrance("dns-explain") { bytes in
    mustCover(bytes, DNS.explain(bytes))
    mustCover(bytes, DNS.explain(bytes, framing: .lengthPrefixed))
  },
  Entrance("dns-client-subnet") { bytes in
    guard let subnet = try? ClientSubnet(reading: bytes.array) else { return }
    must(subnet.data == bytes.array, "a client subnet is written as it was read")
    must(subnet.sourceLength <= 128 && subnet.scopeLength <= 128, "prefixes have a length")
    if let address = subnet.address {
      let again = ClientSubnet(address, sourceLength: subnet.sourceLength, scopeLength: subnet.scopeLength)
      must(again == subnet, "a client subnet is made of its parts")
    }
  },
  Entrance("dns-name") { bytes in
    guard let name = try? Name(bytes.text) else { return }
    must(name.wire.count <= 255, "a name is at most 255 bytes")
    guard let again = try? Name(name.description) else { fatalError("broken promise: a name reads back from its text") }
    must(again.isIdentical(to: name), "a name reads back from its text")
    guard let same = try? Name(wire: name.wire), let made = try? Name(labels: name.labels) else { fatalError("broken promise: a name is made of its labels") }
    must(same == name && made.isIdentical(to: name) && name.lowercased == name, "a name is made of its labels")
  },
  Entrance("dns-record") { bytes in
    guard let record = try? ResourceRecord(bytes.text) else { return }
    mustReadBack(record)
  },
  Entrance("dns-master-file") { bytes in
    guard let origin = try? Name("example.test") else { return }
    var limits = DNS.Limits()
    limits.generatedRecordsMax = 64
    limits.recordsMax = 256
    var reader = MasterFileReader(origin: origin, limits: limits) { name in name.count < 3 ? bytes : nil }
    var records: [ResourceRecord] = []
    reader.read(bytes, file: "f") { record, place in
      must(place.line > 0 && place.column > 0, "a record has a place")
      records.append(record)
    }
    for problem in reader.problems { must(problem.place.line > 0 && problem.place.column > 0, "a problem has a place") }
    let text = MasterFileText.text(of: records, origin: origin)
    let (again, problems) = MasterFileReader.records(Buffer(text), file: "f", origin: origin)
    must(problems.isEmpty && again == records, "records read back from their text: \(problems) \(text)")
  },
  Entrance("dns-signature") { bytes in
    // The bytes as they are, and as a message that the key's holder signed.
    let keys = TransactionKeys([signingKey])
    if case .signed = keys.judge(bytes, at: .simulationStart) { fatalError("broken promise: nobody else makes a right code") }
    guard bytes.count >= 12, bytes.count < 60_000 else { return }
    if let signed = try? SignedMessage(reading: bytes) {
      must(signed.bare.count < bytes.count, "a signature has a size")
      return
    }
    guard let message = try? Message(reading: bytes), !message.additionals.contains(where: { $0.type == .tsig }) else { return }
    guard !(message.answers + message.authorities).contains(where: { $0.type == .tsig }) else { return }
    // A name that points into the header reads otherwise once the header counts the signature.
    guard !zip(bytes.array, bytes.array.dropFirst()).contains(where: { $0 == 0xC0 && $1 < 12 }) else { return }
    var (request, client) = TransactionSession.signing(bytes, with: signingKey, at: .simulationStart)
    guard case .signed(let bare, var server) = keys.judge(request, at: .simulationStart) else {
      fatalError("broken promise: what was signed is taken")
    }
    must(bare == bytes, "a signed message comes out as it was")
    let answer = server.sign(bytes, at: .simulationStart)
    guard let checked = try? client.check(answer, at: .simulationStart) else { fatalError("broken promise: a signed answer is taken") }
    must(checked == bytes, "a signed answer comes out as it was")
  },
  Entrance("dns-update") { bytes in
    guard let message = try? Message(reading: bytes) else { return }
    _ = message.notified
    guard let update = try? ZoneUpdate(reading: message) else { return }
    let written = update.message(id: message.id).wire()
    guard let again = try? Message(reading: written), !again.flags.isTruncated else { return }
    must((try? ZoneUpdate(reading: again)) == update, "an update reads back")
  },
  Entrance("dns-transfer") { bytes in
    // The bytes as messages of a stream: of the whole zone, and of what changed since version 1.
    for since in [nil, Serial(1)] {
      guard let zone = try? Name("example.test") else { return }
      let question = TransferQuestion(zone, since: since)
      var reader = TransferReader(question)
      var rest = bytes
      while let piece = StreamFraming.next(from: &rest), let message = try? Message(reading: piece) {
        do throws(TransferFailure) {
          guard let transfer = try reader.take(message) else { continue }
          mustReadBack(transfer, question)
        } catch {}
        break
      }
    }
  },
  Entrance("dns-transfer-client") { bytes in
    mustNotDependOnCuts(bytes) { pieces in
      let told = Told()
      let question = TransferQuestion((try? Name("example.test")) ?? .root, since: Serial(1))
      let driver = ConversationDriver(TransferClientConversation(question, id: 7, key: nil), trace: nil) { outcome, _ in
        told.add("\(outcome)")
        return nil
      }
      let story = Story(of: Wire(driver), told, pieces)
      must(story.told.count == 1, "a transfer has one outcome")
      return story
    }
  },
  Entrance("dns-tcp-server") { bytes in
    mustNotDependOnCuts(bytes) { pieces in
      let told = Told()
      let driver = ConversationDriver(TCPServerConversation(), trace: nil) { query, _ in
        told.add("\(query.message)")
        return .answered(query.ticket, query.message.count > 40 ? nil : query.message)
      }
      return Story(of: Wire(driver), told, pieces)
    }
  },
  Entrance("dns-tcp-client") { bytes in
    mustNotDependOnCuts(bytes) { pieces in
      let told = Told()
      let driver = ConversationDriver(TCPClientConversation(), trace: nil) { outcome, _ in
        told.add("\(outcome)")
        return nil
      }
      let wire = Wire(driver)
      for (number, query) in queries.enumerated() { driver.answers.give(.query(Ticket(number: UInt64(number)), query)) }
      wire.receive(Buffer())
      let story = Story(of: wire, told, pieces)
      must(story.told.count == queries.count, "every query has one outcome")
      return story
    }
  },
]

private let signingKey = TransactionKey((try? Name("key.test")) ?? .root, secret: Array("a secret".utf8))

/// Writes `transfer` and reads it again.
private func mustReadBack(_ transfer: ZoneTransfer, _ question: TransferQuestion) {
  guard let start = transfer.start else { return }
  var writer = TransferWriter(answering: question.message(id: 1), transfer.records(start: start))
  var reader = TransferReader(question)
  while let message = writer.message() {
    guard let message = try? Message(reading: message) else { fatalError("broken promise: messages of a transfer read back") }
    guard let again = try? reader.take(message) else { continue }
    must(again == transfer && writer.isFinished, "a transfer reads back")
    return
  }
  fatalError("broken promise: a transfer that was written has an end")
}

extension ZoneTransfer {
  /// The newest SOA record.
  fileprivate var start: ResourceRecord? {
    switch self {
    case .current: nil
    case .whole(let records): records.first
    case .steps(let steps): steps.last?.after
    }
  }
}

/// Three queries whose answers a client waits for.
private let queries: [Buffer] = ["a.test", "b.test", "a.test"].enumerated().map { number, name in
  Message.query((try? Name(name)) ?? .root, .a, id: UInt16(number), edns: nil).wire()
}

extension Message {
  /// Every name as it is spelled, since equality ignores case.
  fileprivate var spelling: [[UInt8]] { questions.map(\.name.wire) + (answers + authorities + additionals).map(\.name.wire) }
}

/// Whether `again` had to leave something of `message` out: uncompressed, or with names that may not be compressed, it can be too long.
private func isCut(_ again: Message, _ message: Message) -> Bool {
  again.flags.isTruncated && !message.flags.isTruncated || again.additionals.count < message.additionals.count
    || again.answers.count < message.answers.count || again.questions.count < message.questions.count
}

/// Checks that every byte stands in a field, and every part inside its field.
func mustCover(_ bytes: Buffer, _ explanation: Explanation) {
  var covered = 0
  for field in explanation.fields.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
    must(field.range.lowerBound <= covered, "no byte before \(field.name) is left out, from \(covered)")
    covered = max(covered, field.range.upperBound)
    mustContainParts(field)
  }
  must(covered == bytes.count, "every byte is explained: \(covered) of \(bytes.count)")
}

func mustContainParts(_ field: Field) {
  for part in field.children {
    must(field.range.lowerBound <= part.range.lowerBound && part.range.upperBound <= field.range.upperBound, "a part lies in its field")
    mustContainParts(part)
  }
}

private func mustReadBack(_ record: ResourceRecord) {
  guard let again = try? ResourceRecord(record.description) else { fatalError("broken promise: a record reads back from its text \(record)") }
  must(again == record, "a record reads back from its text \(record)")
  var message = Message(id: 1)
  message.answers = [record]
  guard let read = try? Message(reading: message.wire()) else { fatalError("broken promise: a record reads back from the wire \(record)") }
  guard !read.flags.isTruncated, record.type.isData else { return }
  var sent = record
  // RFC 2181 §8
  if sent.ttl >> 31 == 1 { sent.ttl = 0 }
  must(read.answers == [sent], "a record reads back from the wire \(record)")
}
