// The keys a server shares with others, and its judgement on a request that may be signed (RFC 8945 §5.2).
// Not here: what the holder of a key may do (NameServer).
public import Bytes
public import World

/// Keys by name.
public struct TransactionKeys: Sendable {
  private var keys: [Name: TransactionKey] = [:]
  private let limits: Limits

  public init(_ keys: [TransactionKey] = [], limits: Limits = Limits()) {
    for key in keys { self.keys[key.name] = key }
    self.limits = limits
  }

  public subscript(name: Name) -> TransactionKey? { keys[name] }

  /// What a request is.
  public enum Judgement: Sendable {
    case unsigned
    /// It is its sender's: the message without its signature, and the session that signs the answers.
    case signed(Buffer, TransactionSession)
    /// It is not. This answer says why, and nothing more is done.
    case refused(Buffer, ResponseCode)
    /// It cannot be read that far; what is told of it is FORMERR.
    case malformed(SyntaxError)
  }

  /// Judges `request`.
  public func judge(_ request: Buffer, at now: Instant) -> Judgement {
    let signed: SignedMessage?
    do throws(SyntaxError) { signed = try SignedMessage(reading: request, limits: limits) } catch { return .malformed(error) }
    guard let signed else { return .unsigned }
    let signature = signed.signature
    // RFC 8945 §5.2.1: an unknown key, or another algorithm than it has.
    guard let key = keys[signature.keyName], key.algorithm.name == signature.algorithm else { return refuse(request, signed, .badKey) }
    // RFC 8945 §5.2.2.1: a code of an impossible length is no code.
    guard (key.algorithm.codeSizeMin...key.algorithm.codeSize).contains(signature.code.count) else {
      return .malformed(
        SyntaxError(
          expected: "a MAC of \(key.algorithm.codeSizeMin) to \(key.algorithm.codeSize) bytes", found: "\(signature.code.count)", at: signed.bare.count,
          rule: "RFC 8945 §5.2.2.1"))
    }
    let expected = key.algorithm.code(of: [signed.bare, signature.variables], secret: key.secret)
    guard TransactionSession.isRight(signature.code, expected, key.algorithm) else { return refuse(request, signed, .badSignature) }
    var session = TransactionSession(key, requestCode: signature.code, limits: limits)
    guard signature.isTimely(at: now) else {
      // RFC 8945 §5.2.3: this answer is signed, with the request's time, so that a stranger cannot make clocks doubted.
      let head = TransactionKeys.head(of: request)
      var answer = TransactionSession.unsigned(key, head, at: now, limits)
      answer.error = .badTime
      answer.otherData = TransactionSignature.bytes(answer.timeSigned, 6)
      answer.timeSigned = signature.timeSigned
      answer.fudge = signature.fudge
      return .refused(session.sign(head, answer), .badTime)
    }
    // Whoever passed the request on under another identifier waits for that one.
    var bare = signed.bare
    bare.overwrite(at: 0, with: UInt16(request[at: 0] ?? 0) << 8 | UInt16(request[at: 1] ?? 0))
    return .signed(bare, session)
  }

  /// RFC 8945 §5.3.2: an answer without a code, since there is no key to make one with.
  private func refuse(_ request: Buffer, _ signed: SignedMessage, _ error: ResponseCode) -> Judgement {
    var signature = signed.signature
    signature.code = []
    signature.error = error
    signature.otherData = []
    return .refused(SignedMessage.signed(TransactionKeys.head(of: request), signature), error)
  }

  /// The beginning of the answer NOTAUTH to `request`: its header, with the identifier that whoever passed it on waits for, and its questions.
  private static func head(of request: Buffer) -> Buffer {
    let end = request.withUnsafeBytes { bytes in
      var reader = MessageReader(bytes)
      guard let header = try? reader.header() else { return Limits.Format.headerSize }
      for _ in 0..<header.questionCount { _ = try? reader.question() }
      return reader.offset
    }
    var head = request[0..<end]
    var flags = Flags(rawValue: UInt16(request[at: 2] ?? 0) << 8 | UInt16(request[at: 3] ?? 0))
    flags.isResponse = true
    flags.isAuthoritative = false
    flags.responseCode = .notAuthoritative
    head.overwrite(at: 2, with: flags.rawValue)
    for offset in [6, 8, 10] { head.overwrite(at: offset, with: UInt16(0)) }
    return head
  }
}
