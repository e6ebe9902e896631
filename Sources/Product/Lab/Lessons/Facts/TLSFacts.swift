// What passed on the wire around TLS as facts: what somebody on the way could read without keys. What was said inside is the facts of its own protocol.
// Read before: TLS/WireReader.swift.
import Bytes
import TLS
import Trace
import World

/// Reads TLS on the wire as facts.
struct TLSFacts {
  private let trace: TraceFacts

  init(_ trace: TraceFacts) { self.trace = trace }

  func facts() -> LessonFact {
    var found: [String: [TraceFacts.Draft]] = [:]
    for (index, dialogue) in trace.dialogues.enumerated() {
      // As it left, and as it arrived: somebody on the way may have changed it.
      var (left, came) = (WireReader(), WireReader())
      var hello: LessonFact?
      for passage in dialogue.passages(wire: true).prefix(TraceFacts.messagesMax) {
        let passed = TraceFacts.Passed(passage: passage, dialogue: dialogue, connection: index)
        let direction: WireReader.Direction = passage.direction == .toServer ? .toServer : .toClient
        let isShownSent = passage.event.kind.isOutgoing
        let records = left.take((isShownSent ? passage.event : passage.mirror ?? passage.event).bytes, direction)
        let arrived = came.take((isShownSent ? passage.mirror ?? passage.event : passage.event).bytes, direction)
        for (record, other) in zip(records, arrived) {
          found[FactKind.tlsRecord.name, default: []].append(TraceFacts.Draft(passed, self.record(record, passed)))
          if let alert = record.alert {
            let fact = LessonFact(.tlsAlert, shared(record, passed, ["reason": .text("\(alert.reason)"), "fatal": .truth(alert.isFatal)]), message: passed.passage.event.sequence)
            found[FactKind.tlsAlert.name, default: []].append(TraceFacts.Draft(passed, fact))
          }
          for (message, otherMessage) in zip(record.messages, other.messages) {
            take(message, otherMessage, record, passed, &hello, &found)
          }
        }
      }
    }
    func list(_ kind: FactKind) -> LessonValue { TraceFacts.inOrder(found[kind.name] ?? []) }
    return LessonFact(.tls, [
      "record": list(.tlsRecord), "hello": list(.tlsHello), "choice": list(.tlsChoice), "certificate": list(.tlsCertificate), "alert": list(.tlsAlert),
    ])
  }

  private func take(
    _ message: HandshakeMessage, _ other: HandshakeMessage, _ record: Record, _ passed: TraceFacts.Passed, _ hello: inout LessonFact?,
    _ found: inout [String: [TraceFacts.Draft]]
  ) {
    let number = passed.passage.event.sequence
    switch message.content {
    case .clientHello(let said):
      var members = shared(record, passed, [
        "versions": texts(said.versions), "suites": texts(said.suites), "protocols": .list(said.protocols.map { .text($0) }),
        "name": said.serverName.map { .text($0) } ?? .nothing,
      ])
      if case .clientHello(let heard) = other.content { members["heard"] = texts(heard.versions) }
      let fact = LessonFact(.tlsHello, members, message: number)
      hello = fact
      found[FactKind.tlsHello.name, default: []].append(TraceFacts.Draft(passed, fact))
    case .serverHello(let said):
      let fact = LessonFact(.tlsChoice, shared(record, passed, [
        "version": .text("\(said.version)"), "suite": .text("\(said.suite)"), "protocol": said.negotiatedProtocol.map { .text($0) } ?? .nothing,
        "marked": .truth(said.isMarkedAsLowered), "hello": hello.map { .fact($0) } ?? .nothing,
      ]), message: number)
      found[FactKind.tlsChoice.name, default: []].append(TraceFacts.Draft(passed, fact))
    case .certificates(let chain):
      for (place, certificate) in chain.enumerated() {
        let fact = LessonFact(.tlsCertificate, shared(record, passed, [
          "place": .number(Double(place)), "subject": .text(certificate.subject), "issuer": .text(certificate.issuer),
          "names": .list(certificate.names.map { .text($0) }), "validFrom": .text(certificate.from), "validUntil": .text(certificate.until),
        ]), message: number)
        found[FactKind.tlsCertificate.name, default: []].append(TraceFacts.Draft(passed, fact))
      }
    case .other: break
    }
  }

  private func record(_ record: Record, _ passed: TraceFacts.Passed) -> LessonFact {
    LessonFact(.tlsRecord, shared(record, passed, [
      "type": .text("\(record.type)"), "encrypted": .truth(record.isEncrypted), "messages": .list(record.messages.map { .text("\($0.type)") }),
      "title": .text(record.title),
    ]), message: passed.passage.event.sequence)
  }

  private func shared(_ record: Record, _ passed: TraceFacts.Passed, _ more: [String: LessonValue]) -> [String: LessonValue] {
    var members = trace.members(of: passed)
    members["bytes"] = .number(Double(record.bytes.count))
    return members.merging(more) { $1 }
  }

  private func texts(_ values: [some CustomStringConvertible]) -> LessonValue { .list(values.map { .text($0.description) }) }
}
