// One message of the handshake: what it says as far as it can be read by somebody on the way.
// Not here: the greetings (Hellos.swift), certificates (Certificate.swift).
import Bytes
public import Trace
import World

/// A message that passed in the clear.
public struct HandshakeMessage: Sendable, Hashable {
  public var type: HandshakeType
  public var content = Content.other
  /// One line for lists.
  public var title: String
  /// What it says, with places in the record it came in.
  public var fields: [Field] = []
  /// What no second run would send again: chance, keys, signatures. Places as above.
  public var unrepeatable: [Range<Int>] = []

  public enum Content: Sendable, Hashable {
    case clientHello(ClientHello)
    case serverHello(ServerHello)
    /// Leaf first; before 1.3 only, since then they are encrypted.
    case certificates([Certificate])
    case other
  }

  /// Reads the message whose head is at `start` of `bytes` and whose body is `body`. What is broken inside is told in a field.
  init(_ bytes: Buffer, at start: Int, body: Range<Int>, limits: Limits) {
    type = HandshakeType(rawValue: bytes[at: start] ?? 0)
    title = "\(type)"
    let cursor = Cursor(bytes, body, rule: "RFC 8446 §4")
    do throws(SyntaxError) {
      switch type {
      case .clientHello: try readClientHello(cursor, limits)
      case .serverHello: try readServerHello(cursor, limits)
      case .certificate: try readCertificates(cursor, limits)
      default: unrepeatable.append(body)
      }
    } catch {
      unrepeatable.append(body)
      note("problem", error.description, body, "It is not what its type says.", error.rule)
    }
    fields = [Field("\(type)", "\(body.count) bytes", start..<body.upperBound, meaning: Self.meaning(of: type), source: "RFC 8446 §4", children: fields)]
  }

  mutating func note(_ name: String, _ value: String, _ range: Range<Int>, _ meaning: String, _ source: String) {
    fields.append(Field(name, value, range, meaning: meaning, source: source))
  }

  /// RFC 5246 §7.4.2.
  private mutating func readCertificates(_ body: Cursor, _ limits: Limits) throws(SyntaxError) {
    var body = body
    var list = try body.block(3, "the certificates")
    var certificates: [Certificate] = []
    while !list.isAtEnd {
      let one = try list.block(3, "a certificate")
      guard certificates.count < limits.valuesMax else { break }
      let certificate = try Certificate(list.bytes[one.rest], limits: limits)
      certificates.append(certificate)
      note(
        "certificate", certificate.subject, one.rest,
        "For \(certificate.names.isEmpty ? "no name" : certificate.names.joined(separator: ", ")), signed by \(certificate.issuer), from \(certificate.from) until \(certificate.until).",
        "RFC 5246 §7.4.2")
    }
    content = .certificates(certificates)
    title = "Certificate" + (certificates.first.map { " of \($0.subject)" } ?? "")
  }

  private static func meaning(of type: HandshakeType) -> String {
    switch type.rawValue {
    case 1: "The client says what it can and whom it wants."
    case 2: "The server chooses."
    case 4: "Something by which the client can go on later without all this."
    case 11: "Who the server is, said by somebody the client may trust."
    case 12: "The server's half of the key agreement, signed with the certificate's key."
    case 14: "The server has said everything."
    case 16: "The client's half of the key agreement."
    case 20: "A sum over all messages so far: whoever changed one is found out."
    default: "A message of the handshake."
    }
  }
}
