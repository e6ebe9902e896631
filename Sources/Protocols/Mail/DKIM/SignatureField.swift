// One DKIM-Signature field, read and checked for its form.
// Read before: TagList.swift. Read next: SignatureCheck.swift.
import Bytes
import DNS
import World

/// What a signature says.
// RFC 6376 §3.5
struct SignatureField: Hashable, Sendable {
  /// How it is signed.
  // RFC 6376 §3.3, RFC 8463 §3
  enum Algorithm: String, Hashable, Sendable {
    case rsa = "rsa-sha256"
    case ed25519 = "ed25519-sha256"
    // RFC 8301 §3.1: known, and worth nothing.
    case weak = "rsa-sha1"

    /// As key records call it.
    var keyType: String { self == .ed25519 ? "ed25519" : "rsa" }
  }

  /// Why a field is no signature that could be checked, in a few words.
  struct Flaw: Error, Hashable, Sendable {
    var what: String
  }

  var algorithm: Algorithm
  var signature: [UInt8]
  var bodyHash: [UInt8]
  var headCanonicalization: Canonicalization
  var bodyCanonicalization: Canonicalization
  var domain: MailDomain
  var selector: String
  /// For whom, `@` and what is before it with it.
  var identity: String
  /// Names in lower case, as often as they stand there.
  var names: [String]
  var bodyLength: Int?
  /// Unit: seconds since 1970.
  var signedAt: Int64?
  var expiresAt: Int64?
  /// Where the value of `b=` stands in the field's value.
  var signatureRange: Range<Int>

  /// Where its key is.
  // RFC 6376 §3.6.2.1
  let question: LookupQuestion

  /// What can be said of a field that is no signature: as far as it goes.
  static func outline(_ value: [UInt8]) -> (domain: String, selector: String) {
    let tags = TagList(value)
    return (tags?.text("d") ?? "", tags?.text("s") ?? "")
  }

  init(_ value: [UInt8]) throws(Flaw) {
    guard let tags = TagList(value) else { throw Flaw(what: "the signature is no list of tags") }
    func required(_ name: String) throws(Flaw) -> String {
      guard let text = tags.text(name), !text.isEmpty else { throw Flaw(what: "no \(name)= in the signature") }
      return text
    }
    guard try required("v") == "1" else { throw Flaw(what: "a version other than 1") }
    guard let algorithm = Algorithm(rawValue: try required("a").lowercased()) else { throw Flaw(what: "an algorithm nobody knows") }
    self.algorithm = algorithm
    guard let b = tags["b"], let signature = Base64.bytes(b.value.filter { !ASCII.isSpace($0) }), !signature.isEmpty else { throw Flaw(what: "b= is no base64") }
    self.signature = signature
    signatureRange = b.range
    guard let hash = tags.compact("bh").flatMap({ Base64.bytes($0) }), !hash.isEmpty else { throw Flaw(what: "bh= is no base64") }
    bodyHash = hash
    let forms = (tags.text("c") ?? "simple/simple").lowercased().split(separator: "/", omittingEmptySubsequences: false)
    // RFC 6376 §3.5: of one word the body's is simple.
    guard forms.count <= 2, let head = Canonicalization(rawValue: String(forms[0])), let body = forms.count < 2 ? .simple : Canonicalization(rawValue: String(forms[1])) else {
      throw Flaw(what: "a canonicalization nobody knows")
    }
    (headCanonicalization, bodyCanonicalization) = (head, body)
    guard let domain = try? MailDomain(try required("d")), case .name(let name) = domain else { throw Flaw(what: "d= is no domain") }
    self.domain = domain
    selector = try required("s")
    guard let key = Name(plain: "\(selector)._domainkey.\(name)"), (try? MailDomain(selector)) != nil else { throw Flaw(what: "s= is no selector") }
    question = LookupQuestion(key.lowercased, .txt)
    identity = tags.text("i") ?? "@\(name)"
    try Self.check(identity, in: name)
    names = (tags.words("h") ?? []).map { $0.lowercased() }
    guard !names.isEmpty, names.allSatisfy({ !$0.isEmpty }) else { throw Flaw(what: "no h= in the signature") }
    // RFC 6376 §5.4, §6.1.1: who wrote it must be signed.
    guard names.contains("from") else { throw Flaw(what: "From is not signed") }
    bodyLength = try Self.number(tags, "l").map { Int(min($0, Int64(Int.max))) }
    signedAt = try Self.number(tags, "t")
    expiresAt = try Self.number(tags, "x")
    if let from = signedAt, let to = expiresAt, to <= from { throw Flaw(what: "x= is not later than t=") }
    // RFC 6376 §3.5: of several ways to get the key, unknown ones are passed over.
    if let ways = tags.words("q"), !ways.contains(where: { $0.lowercased() == "dns/txt" }) { throw Flaw(what: "no way to get the key") }
  }

  // RFC 6376 §3.5: the identity is in the domain, or below it.
  private static func check(_ identity: String, in domain: String) throws(Flaw) {
    guard let at = identity.lastIndex(of: "@") else { throw Flaw(what: "i= has no '@'") }
    let place = identity[identity.index(after: at)...].lowercased()
    guard place == domain || place.hasSuffix("." + domain) else { throw Flaw(what: "i= lies outside d=") }
  }

  private static func number(_ tags: TagList, _ name: String) throws(Flaw) -> Int64? {
    guard let tag = tags[name] else { return nil }
    // RFC 6376 §3.5: up to 76 digits for l=; what is past 18 is as good as endless.
    guard (1...76).contains(tag.value.count), CharacterClass.digits.containsAll(tag.value) else { throw Flaw(what: "\(name)= is no number") }
    return Int64(String(decoding: tag.value, as: UTF8.self)) ?? .max
  }
}
