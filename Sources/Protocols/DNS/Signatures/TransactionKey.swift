// Keys that two ends share, and how a code over a message is made with one (RFC 8945 §6).
// Not here: the record that carries the code (TransactionSignature.swift), the dialogue it protects (TransactionSession.swift).
import Bytes
import Crypto

/// How the code of a signature is made.
public enum TransactionAlgorithm: String, Hashable, Sendable, CaseIterable {
  /// RFC 8945 §6: not to be used for new keys; it is here for peers that have nothing else.
  case sha1 = "hmac-sha1"
  case sha256 = "hmac-sha256"
  case sha384 = "hmac-sha384"
  case sha512 = "hmac-sha512"

  /// The name that stands in the record.
  public var name: Name { Name(proven: [UInt8(truncatingIfNeeded: rawValue.utf8.count)] + Array(rawValue.utf8) + [0]) }

  /// The algorithm that is called `name`; nil: none of these.
  public init?(_ name: Name) {
    guard let known = TransactionAlgorithm.allCases.first(where: { $0.name == name }) else { return nil }
    self = known
  }

  /// Unit: bytes of a whole code.
  public var codeSize: Int {
    switch self {
    case .sha1: 20
    case .sha256: 32
    case .sha384: 48
    case .sha512: 64
    }
  }

  /// The fewest bytes of a code that are accepted.
  // RFC 8945 §5.2.2.1: ten bytes, or half of the whole code where that is more.
  public var codeSizeMin: Int { Swift.max(10, codeSize / 2) }

  func code(of pieces: [Buffer], secret: [UInt8]) -> [UInt8] {
    switch self {
    case .sha1: TransactionAlgorithm.code(Insecure.SHA1.self, pieces, secret)
    case .sha256: TransactionAlgorithm.code(SHA256.self, pieces, secret)
    case .sha384: TransactionAlgorithm.code(SHA384.self, pieces, secret)
    case .sha512: TransactionAlgorithm.code(SHA512.self, pieces, secret)
    }
  }

  private static func code<H: HashFunction>(_: H.Type, _ pieces: [Buffer], _ secret: [UInt8]) -> [UInt8] {
    var code = HMAC<H>(key: SymmetricKey(data: secret))
    for piece in pieces { piece.withUnsafeBytes { code.update(data: $0) } }
    return Array(code.finalize())
  }
}

/// A key that two ends share: its name, which both write into messages, and its secret, which neither does.
public struct TransactionKey: Hashable, Sendable {
  public var name: Name
  public var algorithm: TransactionAlgorithm
  public var secret: [UInt8]

  public init(_ name: Name, _ algorithm: TransactionAlgorithm = .sha256, secret: [UInt8]) {
    self.name = name
    self.algorithm = algorithm
    self.secret = secret
  }
}

extension TransactionKey: CustomStringConvertible {
  /// Without the secret.
  public var description: String { "\(algorithm.rawValue):\(name)" }
}
