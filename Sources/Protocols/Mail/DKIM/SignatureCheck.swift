// Checks the DKIM signatures of a message: it is given the head, the body in pieces, and the answers about keys, in any order; then it has
// a verdict for each signature. Read before: SignatureField.swift, KeyRecord.swift, Lookup.swift.
public import Bytes
import Crypto
public import World

/// What one signature is worth.
public struct SignatureVerdict: Hashable, Sendable {
  /// As it stands in Authentication-Results.
  // RFC 8601 §2.7.1
  public enum Result: String, Hashable, Sendable { case pass, fail, policy, neutral, temperror, permerror }

  public var result: Result
  /// Who takes responsibility (`d=`); empty: the signature does not say it.
  public var domain: String
  public var selector: String
  /// For whom (`i=`).
  public var identity: String
  public var algorithm: String
  /// For people; nil: nothing is wrong.
  public var problem: String?
  /// The domain says that it is only trying it out.
  public var isTest = false
  /// How much of the body's end is not signed. Unit: bytes.
  public var unsignedBytes = 0
  /// The beginning of `b=`, to tell signatures of one domain apart.
  // RFC 6008 §4
  public var mark: String

  public init(
    result: Result, domain: String, selector: String, identity: String, algorithm: String, problem: String? = nil, isTest: Bool = false, unsignedBytes: Int = 0,
    mark: String
  ) {
    self.result = result
    self.domain = domain
    self.selector = selector
    self.identity = identity
    self.algorithm = algorithm
    self.problem = problem
    self.isTest = isTest
    self.unsignedBytes = unsignedBytes
    self.mark = mark
  }
}

/// The check of one message.
// RFC 6376 §6
public struct SignatureCheck: Sendable {
  /// A signature that can be checked.
  private struct Candidate {
    var field: SignatureField
    /// Of the signed fields.
    var headHash: SHA256Digest
    /// Which of `digests` is its body's.
    var digest: Int
  }

  private enum Entry {
    case candidate(Candidate)
    case settled(SignatureVerdict)
  }

  private var entries: [Entry] = []
  private var digests: [(key: DigestKey, digest: BodyDigest)] = []
  private var answers: [LookupQuestion: LookupAnswer] = [:]
  private let limits: Limits

  private struct DigestKey: Hashable {
    var canonicalization: Canonicalization
    var limit: Int?
  }

  /// A check of the message that begins with `head`.
  public init(_ head: MessageHead, limits: Limits = Limits()) {
    self.limits = limits
    var places: [String: [HeadField]] = [:]
    for field in head.fields { places[ASCII.lowercased(head.name(of: field).array), default: []].append(field) }
    for (index, field) in (places["dkim-signature"] ?? []).enumerated() {
      let value = head.rawValue(of: field).array
      let outline = index < limits.signaturesMax ? SignatureField.outline(value) : ("", "")
      var verdict = SignatureVerdict(result: .neutral, domain: outline.0, selector: outline.1, identity: "", algorithm: "", mark: "")
      if index >= limits.signaturesMax {
        verdict.problem = "more than \(limits.signaturesMax) signatures"
        entries.append(.settled(verdict))
        continue
      }
      do throws(SignatureField.Flaw) {
        let signature = try SignatureField(value)
        if signature.algorithm == .weak {
          // RFC 8301 §3.1
          entries.append(.settled(Self.verdict(signature, .permerror, problem: "SHA-1 proves nothing")))
        } else {
          entries.append(.candidate(candidate(signature, field, head, places)))
        }
      } catch {
        // RFC 8601 §2.7.1: signed, but not in a form that can be checked.
        verdict.problem = error.what
        entries.append(.settled(verdict))
      }
    }
  }

  private mutating func candidate(_ signature: SignatureField, _ own: HeadField, _ head: MessageHead, _ places: [String: [HeadField]]) -> Candidate {
    let key = DigestKey(canonicalization: signature.bodyCanonicalization, limit: signature.bodyLength)
    let digest = digests.firstIndex { $0.key == key } ?? digests.count
    if digest == digests.count { digests.append((key, BodyDigest(key.canonicalization, limit: key.limit))) }
    var hash = SHA256()
    SignedFields.feed(signature.names, head, places, signature.headCanonicalization) { hash.update(data: $0) }
    // RFC 6376 §3.7: the signature's own field last, what b= says cut out, without the line end.
    let raw = head.bytes[own.whole].array
    let valueStart = own.value.lowerBound - own.whole.lowerBound
    let cut = (valueStart + signature.signatureRange.lowerBound)..<(valueStart + signature.signatureRange.upperBound)
    let unsigned = Array(raw[..<cut.lowerBound]) + raw[cut.upperBound...]
    hash.update(data: signature.headCanonicalization.field(unsigned[...]).dropLast(2))
    return Candidate(field: signature, headHash: hash.finalize(), digest: digest)
  }

  /// Whether the message has a signature at all.
  public var isSigned: Bool { !entries.isEmpty }

  /// The keys that are needed, each once, in the order of the signatures.
  public var questions: [LookupQuestion] {
    var questions: [LookupQuestion] = []
    for case .candidate(let candidate) in entries where answers[candidate.field.question] == nil && !questions.contains(candidate.field.question) {
      questions.append(candidate.field.question)
    }
    return questions
  }

  /// Takes the next piece of the body.
  public mutating func take(_ body: Buffer) {
    for index in digests.indices { digests[index].digest.take(body) }
  }

  /// Takes the answer about a key.
  public mutating func take(_ answer: LookupAnswer, to question: LookupQuestion) { answers[question] = answer }

  /// What each signature is worth, in the order they stand in, the whole body having been taken. A question without an answer counts as
  /// one that failed.
  public func verdicts(at now: Instant) -> [SignatureVerdict] {
    let bodies = digests.map { $0.digest.ended() }
    return entries.map { entry in
      switch entry {
      case .settled(let verdict): verdict
      case .candidate(let candidate): verdict(candidate, body: bodies[candidate.digest], now)
      }
    }
  }

  private static func verdict(_ field: SignatureField, _ result: SignatureVerdict.Result, problem: String?) -> SignatureVerdict {
    SignatureVerdict(
      result: result, domain: field.domain.description, selector: field.selector, identity: field.identity, algorithm: field.algorithm.rawValue, problem: problem,
      mark: String(Base64.text(field.signature.prefix(12)).prefix(8)))
  }

  // RFC 6376 §6.1.2, §6.1.3
  private func verdict(_ candidate: Candidate, body: (hash: [UInt8], length: Int), _ now: Instant) -> SignatureVerdict {
    let field = candidate.field
    func verdict(_ result: SignatureVerdict.Result, _ problem: String?) -> SignatureVerdict { Self.verdict(field, result, problem: problem) }
    if let end = field.expiresAt, end < now.secondsSince1970 { return verdict(.fail, "the signature has expired") }
    let record: KeyRecord
    switch key(field) {
    case .success(let found): record = found
    case .failure(let trouble): return verdict(trouble.result, trouble.problem)
    }
    // RFC 6376 §3.6.1 t=s
    if record.isStrict, field.identity.split(separator: "@").last.map({ $0.lowercased() }) != field.domain.description { return verdict(.permerror, "the key is not for names below the domain") }
    var unsigned = 0
    if let signed = field.bodyLength {
      // RFC 6376 §3.5 l=
      guard signed <= body.length else { return verdict(.fail, "the body is shorter than what was signed") }
      unsigned = body.length - signed
    }
    var result: SignatureVerdict
    if body.hash != field.bodyHash {
      result = verdict(.fail, "the body is not the one that was signed")
    } else if !record.isValid(field.signature, of: candidate.headHash) {
      result = verdict(.fail, "the head is not the one that was signed, or the key is another")
    } else if unsigned > 0 {
      // RFC 6376 §8.2: whoever likes may have added these.
      result = verdict(.policy, "\(unsigned) bytes at the end of the body are not signed")
    } else {
      result = verdict(.pass, nil)
    }
    result.isTest = record.isTest
    result.unsignedBytes = unsigned
    return result
  }

  private struct Trouble: Error {
    var result: SignatureVerdict.Result
    var problem: String
  }

  private func key(_ field: SignatureField) -> Result<KeyRecord, Trouble> {
    guard let answer = answers[field.question], answer != .failed else { return .failure(Trouble(result: .temperror, problem: "no answer about the key")) }
    var problem = "there is no key"
    // RFC 6376 §3.6.2.2: there should be one record; the first that is a key counts.
    for text in answer.texts.prefix(8) {
      guard text.count <= limits.keyRecordBytesMax else {
        problem = "the key record is too long"
        continue
      }
      do throws(KeyRecord.Flaw) {
        let record = try KeyRecord(text, for: field.algorithm)
        if field.algorithm == .rsa, !(limits.keyBitsMin...max(limits.keyBitsMin, limits.keyBitsMax)).contains(record.keyBits) {
          problem = "a key of \(record.keyBits) bits"
          continue
        }
        return .success(record)
      } catch { problem = error.what }
    }
    return .failure(Trouble(result: .permerror, problem: problem))
  }
}

/// The fields that a signature covers.
enum SignedFields {
  /// Hands the fields named in `names` to `body`, made ready: of several of one name the last first, each once, what is missing left out.
  // RFC 6376 §5.4.2
  static func feed(_ names: [String], _ head: MessageHead, _ places: [String: [HeadField]], _ form: Canonicalization, _ body: ([UInt8]) -> Void) {
    var left = places
    for name in names {
      guard let field = left[name]?.popLast() else { continue }
      body(form.field(head.bytes[field.whole].array[...]))
    }
  }
}
