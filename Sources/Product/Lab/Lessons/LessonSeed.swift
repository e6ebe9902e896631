// Where a learner's own values come from: HMAC-SHA256 of learner, lesson and version under the course's key. Who knows the key (the teacher,
// the grader) makes the same values again; who does not cannot guess another learner's.
// Not here: what is drawn (LessonDraws).
import Bytes
import Crypto
package import World

/// The secret of one course.
package struct CourseKey: Sendable, Equatable {
  fileprivate let bytes: [UInt8]

  /// The key that stands for no course: everybody may know it, so it is for learning alone.
  package static let open = CourseKey("netstead")

  package init(_ text: String) { bytes = Array(text.utf8) }

  /// Tells keys apart without giving them away: the beginning of the key's own hash. In hexadecimal.
  package var fingerprint: String { Hexadecimal.text(SHA256.hash(data: bytes).prefix(4)) }
}

/// The seed of one learner in one lesson.
package struct LessonSeed: Sendable, Equatable {
  private let bytes: [UInt8]

  /// Each part stands with its length, so that no two triples run together.
  package init(_ course: CourseKey, learner: String, lesson: String, version: Int) {
    let parts = [learner, lesson, "\(version)"].map { "\($0.utf8.count):\($0)" }.joined()
    bytes = Array(HMAC<SHA256>.authenticationCode(for: Array(parts.utf8), using: SymmetricKey(data: course.bytes)))
  }

  /// A generator for one purpose, so that a new value does not shift the others.
  package func random(for purpose: String) -> SeededRandom {
    let code = HMAC<SHA256>.authenticationCode(for: Array(purpose.utf8), using: SymmetricKey(data: bytes))
    return SeededRandom(seed: code.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
  }

  /// What the simulator starts from.
  package var number: UInt64 {
    var random = random(for: "run")
    return random.next()
  }

  /// In hexadecimal.
  package var text: String { Hexadecimal.text(bytes) }
}

/// A chain of hashes: each link covers all before it.
package struct HashChain: Sendable, Equatable {
  private var link = [UInt8](repeating: 0, count: 32)

  package init() {}

  package mutating func add(_ text: String.UTF8View) { add(Array(text)) }

  package mutating func add(_ bytes: [UInt8]) {
    var hash = SHA256()
    hash.update(data: link)
    hash.update(data: bytes)
    link = Array(hash.finalize())
  }

  /// The newest link, in hexadecimal.
  package var text: String { Hexadecimal.text(link) }
}
