// One signed dialogue: a request, and the messages that answer it, each code bound to the one before (RFC 8945 §5).
// Not here: the record (TransactionSignature.swift), which keys a server has (TransactionKeys.swift).
public import Bytes
public import World

/// Why a message is not taken for its sender's.
public enum TransactionFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// It should be signed and is not; also the last message of an answer, or too many in between.
  case notSigned
  /// It is signed with a key we did not sign with.
  case anotherKey(Name)
  case badCode
  /// The clocks differ by more than both allow. Unit: seconds since 1970.
  case badTime(signed: UInt64, here: UInt64)
  case malformed(SyntaxError)
  /// The other end did not take our signature: why.
  case refused(ResponseCode)

  public var description: String {
    switch self {
    case .notSigned: "expected a signature, found none (RFC 8945 §5.4)"
    case .anotherKey(let name): "signed with the key \(name), not with ours (RFC 8945 §5.2.1)"
    case .badCode: "the signature is wrong: another secret, or the message was changed (RFC 8945 §5.2.2)"
    case .badTime(let signed, let here): "signed at \(signed), here it is \(here): the clocks differ too much (RFC 8945 §5.2.3)"
    case .malformed(let error): "\(error)"
    case .refused(let code): "the server did not take our signature: \(code.signatureName) (RFC 8945 §5.3.2)"
    }
  }
}

/// A signed dialogue, after its request: signs the messages of the answer, or checks them.
public struct TransactionSession: Sendable {
  public let key: TransactionKey
  /// The code that the next one is bound to.
  private var previous: [UInt8]
  /// Whether the whole record is covered, as in the first message of an answer.
  private var isFirst = true
  /// Messages without a signature since the last one with; the next code covers them.
  private var unsigned: [Buffer] = []
  private let limits: Limits

  init(_ key: TransactionKey, requestCode: [UInt8], limits: Limits) {
    self.key = key
    previous = requestCode
    self.limits = limits
  }

  /// Signs a request.
  public static func signing(_ request: Buffer, with key: TransactionKey, at now: Instant, limits: Limits = Limits()) -> (Buffer, TransactionSession) {
    var signature = TransactionSession.unsigned(key, request, at: now, limits)
    signature.code = key.algorithm.code(of: [request, signature.variables], secret: key.secret)
    return (SignedMessage.signed(request, signature), TransactionSession(key, requestCode: signature.code, limits: limits))
  }

  /// Unit: bytes that signing with `key` adds to a message.
  public static func size(with key: TransactionKey) -> Int {
    // Name, type, class, TTL, length; algorithm, time, fudge, sizes, code, identifier, error, and six bytes of time.
    key.name.wire.count + 10 + key.algorithm.name.wire.count + 16 + key.algorithm.codeSize + 6
  }

  /// Signs the next message of the answer.
  public mutating func sign(_ message: Buffer, at now: Instant) -> Buffer {
    sign(message, TransactionSession.unsigned(key, message, at: now, limits))
  }

  mutating func sign(_ message: Buffer, _ unsigned: TransactionSignature) -> Buffer {
    var signature = unsigned
    signature.code = code(of: message, signature)
    previous = signature.code
    isFirst = false
    return SignedMessage.signed(message, signature)
  }

  /// Checks the next message of the answer, and returns it without its signature. One in between may have none; `isSettled` says whether the
  /// last one had.
  public mutating func check(_ message: Buffer, at now: Instant) throws(TransactionFailure) -> Buffer {
    let signed: SignedMessage?
    do throws(SyntaxError) { signed = try SignedMessage(reading: message, limits: limits) } catch { throw .malformed(error) }
    guard let signed else {
      // RFC 8945 §5.3.1: the first is signed, and at least every hundredth.
      guard !isFirst, unsigned.count < limits.unsignedMessagesMax else { throw .notSigned }
      unsigned.append(message)
      return message
    }
    let signature = signed.signature
    guard signature.keyName == key.name, signature.algorithm == key.algorithm.name else { throw .anotherKey(signature.keyName) }
    // RFC 8945 §5.3.2: who cannot check our signature cannot sign for us either.
    if signature.code.isEmpty, signature.error != .noError { throw .refused(signature.error) }
    guard TransactionSession.isRight(signature.code, code(of: signed.bare, signature), key.algorithm) else { throw .badCode }
    if signature.error != .noError { throw .refused(signature.error) }
    guard signature.isTimely(at: now) else {
      throw .badTime(signed: signature.timeSigned, here: UInt64(clamping: now.secondsSince1970))
    }
    previous = signature.code
    isFirst = false
    unsigned.removeAll()
    return signed.bare
  }

  /// Whether the last message checked was signed, as the last one of an answer must be.
  public var isSettled: Bool { unsigned.isEmpty && !isFirst }

  // RFC 8945 §5.3, §5.3.1: the code before it, the messages, and the record or its time only.
  private func code(of message: Buffer, _ signature: TransactionSignature) -> [UInt8] {
    let before = Buffer(TransactionSignature.bytes(UInt64(previous.count), 2) + previous)
    return key.algorithm.code(of: [before] + unsigned + [message, isFirst ? signature.variables : signature.timers], secret: key.secret)
  }

  static func unsigned(_ key: TransactionKey, _ message: Buffer, at now: Instant, _ limits: Limits) -> TransactionSignature {
    TransactionSignature(
      keyName: key.name, algorithm: key.algorithm.name, timeSigned: UInt64(clamping: now.secondsSince1970), fudge: limits.signatureFudge,
      originalID: UInt16(message[at: 0] ?? 0) << 8 | UInt16(message[at: 1] ?? 0))
  }

  /// Whether `found` is the beginning of `expected`, and long enough. It takes as long for a wrong one as for a right one.
  static func isRight(_ found: [UInt8], _ expected: [UInt8], _ algorithm: TransactionAlgorithm) -> Bool {
    guard found.count >= algorithm.codeSizeMin, found.count <= expected.count else { return false }
    var difference: UInt8 = 0
    for (a, b) in zip(found, expected) { difference |= a ^ b }
    return difference == 0
  }
}
