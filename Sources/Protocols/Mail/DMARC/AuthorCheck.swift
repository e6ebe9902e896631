// Whether the domain of a message's author stands behind it: by a sender check or a signature that passed for a domain that belongs together with
// the author's, and if not, what that domain wants done. Asks one question after the other and ends in a verdict.
// Which domains belong together is found by walking up the tree of names, without a list of public suffixes.
// Read before: AuthorPolicy.swift, Lookup.swift. Not here: sender checks (SPF), signatures (DKIM).
import Bytes
import DNS

/// What became of a check.
public struct AuthorVerdict: Hashable, Sendable {
  /// As it stands in Authentication-Results.
  // RFC 8601 §2.7.5, RFC 9989 §11
  public enum Result: String, Hashable, Sendable { case none, pass, fail, temperror, permerror }

  public var result: Result
  /// The author's domain.
  public var domain: String
  /// Where the record stands that counts; nil: there is none.
  public var policyDomain: String?
  /// What the domain wants done with a message that fails.
  public var request = AuthorPolicy.Request.none
  /// For people.
  public var problem: String?

  public init(result: Result, domain: String, policyDomain: String? = nil, request: AuthorPolicy.Request = .none, problem: String? = nil) {
    self.result = result
    self.domain = domain
    self.policyDomain = policyDomain
    self.request = request
    self.problem = problem
  }
}

/// One check.
// RFC 9989 §5.3
public struct AuthorCheck: Sendable {
  /// What the check waits for.
  public enum Step: Hashable, Sendable {
    case ask(LookupQuestion)
    case done(AuthorVerdict)
  }

  public private(set) var step: Step
  private let author: String
  /// The domain that a sender check passed for; nil: none did.
  private let sender: String?
  /// The domains whose signatures hold.
  private let signers: [String]
  private let limits: Limits
  private var answers: [LookupQuestion: LookupAnswer] = [:]

  /// A check for `author`, a domain of a From field. `sender` and `signers` are the domains that SPF and DKIM passed for.
  public init(author: String, sender: String?, signers: [String], limits: Limits = Limits()) {
    // Not done: RFC 9989 §4.10 A-labels: names are compared as they are written.
    self.author = Self.plain(author)
    self.sender = sender.map { Self.plain($0) }
    self.signers = Array(signers.map { Self.plain($0) }.prefix(limits.signaturesMax))
    self.limits = limits
    step = .done(AuthorVerdict(result: .none, domain: self.author))
    if Name(plain: self.author) != nil, !self.author.isEmpty, !self.author.hasSuffix("]") { run() }
  }

  private static func plain(_ domain: String) -> String {
    let low = domain.lowercased()
    return low.hasSuffix(".") ? String(low.dropLast()) : low
  }

  /// The answer to the question of `step`.
  public mutating func take(_ answer: LookupAnswer) {
    guard case .ask(let question) = step else { return }
    answers[question] = answer
    run()
  }

  /// How a part of the check ends early.
  private enum Pause: Error {
    case ask(LookupQuestion)
    /// Nobody knows.
    case silence
  }

  /// Weighs everything from the start, until an answer is missing.
  private mutating func run() {
    do throws(Pause) { step = .done(try weigh()) } catch {
      switch error {
      case .ask(let question): step = .ask(question)
      case .silence: step = .done(AuthorVerdict(result: .temperror, domain: author, problem: "a policy could not be looked up"))
      }
    }
  }

  private func weigh() throws(Pause) -> AuthorVerdict {
    let walk = try walk(from: author)
    guard let found = policy(walk) else { return AuthorVerdict(result: .none, domain: author) }
    let (place, policy) = found
    let organisation = Self.organisation(walk, author)
    var passes = try sender.map { sender throws(Pause) in try isAligned(sender, organisation, exactly: policy.needsExactSender) } ?? false
    for signer in signers where !passes { passes = try isAligned(signer, organisation, exactly: policy.needsExactSignature) }
    var request = policy.request
    if place != author {
      request = policy.belowRequest ?? policy.request
      if let nowhere = policy.nowhereRequest, nowhere != request, try !exists(author) { request = nowhere }
    }
    if policy.isTest { request = request.lowered }
    return AuthorVerdict(
      result: passes ? .pass : .fail, domain: author, policyDomain: place, request: request,
      problem: policy.isTest ? "the domain is only trying it out" : nil)
  }

  /// The record that counts: the author's own, else that of its organisation, else that of whoever registers names above it.
  // RFC 9989 §4.10.1
  private func policy(_ walk: [(domain: String, policy: AuthorPolicy)]) -> (String, AuthorPolicy)? {
    if let own = walk.first, own.domain == author { return own }
    let organisation = Self.organisation(walk, author)
    return walk.first { $0.domain == organisation } ?? walk.first { $0.policy.standing == .registry }
  }

  /// Whether `domain` may speak for the author.
  // RFC 9989 §4.4, §4.10.2
  private func isAligned(_ domain: String, _ organisation: String, exactly: Bool) throws(Pause) -> Bool {
    if domain == author { return true }
    // Those of another organisation need no walk: theirs cannot end at ours.
    guard !exactly, domain == organisation || domain.hasSuffix("." + organisation) else { return false }
    return try Self.organisation(walk(from: domain), domain) == organisation
  }

  // MARK: The tree

  /// The records from `domain` upwards, each with where it stands.
  // RFC 9989 §4.10: the domain itself, then up from at most seven labels, until a record says that it is the last.
  private func walk(from domain: String) throws(Pause) -> [(domain: String, policy: AuthorPolicy)] {
    var found: [(domain: String, policy: AuthorPolicy)] = []
    var labels = domain.split(separator: ".")[...]
    while !labels.isEmpty {
      let place = labels.joined(separator: ".")
      if let policy = try record(at: place) {
        found.append((place, policy))
        if policy.standing != .unknown { return found }
      }
      labels = labels.count > limits.policyLabelsMax ? labels.suffix(limits.policyLabelsMax) : labels.dropFirst()
    }
    return found
  }

  /// The record of one name; nil: there is none, or there are several, which are none.
  private func record(at place: String) throws(Pause) -> AuthorPolicy? {
    guard let name = Name(plain: "_dmarc." + place) else { return nil }
    switch try answer(name, .txt) {
    case .failed: throw .silence
    case .noName: return nil
    case let answer:
      let records = answer.texts.compactMap { AuthorPolicy($0) }
      return records.count == 1 ? records[0] : nil
    }
  }

  private func answer(_ name: Name, _ type: RecordType) throws(Pause) -> LookupAnswer {
    let question = LookupQuestion(name.lowercased, type)
    guard let known = answers[question] else { throw .ask(question) }
    return known
  }

  // RFC 9989 §4.10.2
  private static func organisation(_ walk: [(domain: String, policy: AuthorPolicy)], _ domain: String) -> String {
    if let own = walk.first(where: { $0.policy.standing == .organisation }) { return own.domain }
    if let registry = walk.first(where: { $0.policy.standing == .registry && $0.domain != domain }) {
      // The name just below it.
      let labels = domain.split(separator: ".")
      return labels.suffix(registry.domain.split(separator: ".").count + 1).joined(separator: ".")
    }
    return walk.last?.domain ?? domain
  }

  /// Whether there is anything at a name that could get or send mail.
  // RFC 9989 §3.2.13: neither A nor AAAA nor MX.
  private func exists(_ domain: String) throws(Pause) -> Bool {
    guard let name = Name(plain: domain) else { return false }
    for type in [RecordType.a, .aaaa, .mx] {
      switch try answer(name, type) {
      case .failed: throw .silence
      case .noName: return false
      case .records(let records): if records.contains(where: { $0.type == type }) { return true }
      }
    }
    return false
  }
}
