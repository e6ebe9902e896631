// Passwords as servers may keep them: salted, and slow to try out. Comparing takes as long whatever differs.
// Not here: who is let in where (PasswordBook.swift).
import Bytes
import Crypto
import CryptoExtras

/// A password that can be recognised but not read, as text: `$scrypt$ln=14,r=8,p=5$salt$hash`.
// RFC 7914 §2
package struct PasswordHash: Sendable, Hashable, CustomStringConvertible {
  /// What one try costs: 2 to this power blocks are mixed.
  private let costLog: Int
  private let blockSize: Int
  private let parallelism: Int
  private let salt: [UInt8]
  private let hash: [UInt8]

  /// What a new hash costs: 16 MiB of memory, five times over. Unit of the first: powers of two.
  package static let standardCost = (log: 14, blockSize: 8, parallelism: 5)
  private static let hashBytes = 32
  private static let saltBytes = 16

  /// The hash of `password`, with a salt from `random`. `costLog` below the standard is for tests.
  package init?(_ password: String, costLog: Int = standardCost.log, using random: inout some RandomNumberGenerator) {
    self.costLog = costLog
    blockSize = Self.standardCost.blockSize
    parallelism = Self.standardCost.parallelism
    salt = (0..<Self.saltBytes).map { _ in UInt8.random(in: 0...255, using: &random) }
    guard let hash = Self.derive(password, salt, costLog, blockSize, parallelism) else { return nil }
    self.hash = hash
  }

  /// Reads a hash; nil for what is none, or would cost more than 64 MiB or sixteen rounds.
  package init?(_ text: String) {
    let parts = text.split(separator: "$", omittingEmptySubsequences: false)
    guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt", let salt = Base64.bytes(parts[3].utf8), let hash = Base64.bytes(parts[4].utf8),
      (8...64).contains(salt.count), hash.count == Self.hashBytes
    else { return nil }
    let numbers = parts[2].split(separator: ",").map { $0.split(separator: "=") }
    guard numbers.map(\.first) == ["ln", "r", "p"], numbers.allSatisfy({ $0.count == 2 }), let log = Int(numbers[0][1]), let size = Int(numbers[1][1]),
      let parallelism = Int(numbers[2][1]), (1...16).contains(log), (1...8).contains(size), (1...16).contains(parallelism), size << log <= 1 << 19
    else { return nil }
    costLog = log
    blockSize = size
    self.parallelism = parallelism
    self.salt = salt
    self.hash = hash
  }

  /// The hash of no password: what stands where a real one was refused.
  package static var nobodys: PasswordHash { PasswordHash(costLog: 1, blockSize: 1, parallelism: 1, salt: [], hash: []) }

  private init(costLog: Int, blockSize: Int, parallelism: Int, salt: [UInt8], hash: [UInt8]) {
    self.costLog = costLog
    self.blockSize = blockSize
    self.parallelism = parallelism
    self.salt = salt
    self.hash = hash
  }

  package var description: String {
    "$scrypt$ln=\(costLog),r=\(blockSize),p=\(parallelism)$\(Base64.text(salt, isPadded: false))$\(Base64.text(hash, isPadded: false))"
  }

  /// Whether this is `password`. Takes its time.
  package func matches(_ password: String) -> Bool {
    guard let derived = Self.derive(password, salt, costLog, blockSize, parallelism), derived.count == hash.count else { return false }
    // All bytes are looked at: how long it takes tells nothing about the first that differs.
    return zip(derived, hash).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static func derive(_ password: String, _ salt: [UInt8], _ costLog: Int, _ blockSize: Int, _ parallelism: Int) -> [UInt8]? {
    let key = try? KDF.Scrypt.deriveKey(
      from: Array(password.utf8), salt: salt, outputByteCount: hashBytes, rounds: 1 << costLog, blockSize: blockSize, parallelism: parallelism)
    return key?.withUnsafeBytes { Array($0) }
  }
}
