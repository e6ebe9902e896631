// Whether a host may send for a domain, by that domain's sender policy: asks one question after the other and ends in a verdict.
// Each answer is kept, and the term at hand is weighed again from its start: so there is nothing to remember but how far we are.
// Read before: SenderPolicy.swift, Lookup.swift.
import Bytes
import DNS
public import World

/// What became of a check.
public struct SenderVerdict: Hashable, Sendable {
  /// As it stands in Authentication-Results.
  // RFC 7208 §2.6
  public enum Result: String, Hashable, Sendable { case none, neutral, pass, fail, softfail, temperror, permerror }

  public var result: Result
  /// The domain whose policy it was asked for.
  public var domain: String
  /// The term that decided, as it was written; nil: none did.
  public var term: String?
  /// For people: what is wrong with the policy or the names.
  public var problem: String?
  /// What the domain itself says to those it refuses: foreign text, printable ASCII.
  public var explanation: String?

  public init(result: Result, domain: String, term: String? = nil, problem: String? = nil, explanation: String? = nil) {
    self.result = result
    self.domain = domain
    self.term = term
    self.problem = problem
    self.explanation = explanation
  }
}

/// One check.
// RFC 7208 §4 check_host()
public struct SenderCheck: Sendable {
  /// What the check waits for.
  public enum Step: Hashable, Sendable {
    case ask(LookupQuestion)
    case done(SenderVerdict)
  }

  /// One policy that is being weighed: the sender's, or one that it includes.
  private struct Frame {
    var domain: String
    var policy: SenderPolicy
    var index = 0
    /// The term at `index` has been counted.
    var isCounted = false
  }

  public private(set) var step: Step
  private let client: Address
  private let helo: String
  private let localPart: String
  private let domain: String
  private let receiver: String
  private let time: Instant
  private let limits: Limits
  private var frames: [Frame] = []
  /// A policy that is asked for.
  private var entering: (domain: String, isRedirect: Bool)?
  /// The explanation that is asked for, and the domain it speaks for.
  private var explaining: (text: PolicyText, domain: String, term: String?)?
  private var answers: [LookupQuestion: LookupAnswer] = [:]
  private var countsVoid = false
  private var terms = 0
  private var voids = 0

  /// A check of the MAIL FROM identity of a client; with `<>` that is postmaster at the HELO name.
  // RFC 7208 §2.4
  public init(client: Address, helo: String, sender: ReversePath, receiver: String, at now: Instant, limits: Limits = Limits()) {
    switch sender {
    case .empty: self.init(client: client, helo: helo, localPart: "postmaster", domain: helo, receiver: receiver, at: now, limits: limits)
    case .mailbox(let address):
      self.init(client: client, helo: helo, localPart: address.localPart, domain: address.domain.description, receiver: receiver, at: now, limits: limits)
    }
  }

  /// A check for any identity; for that of HELO, `localPart` is `postmaster`.
  public init(client: Address, helo: String, localPart: String, domain: String, receiver: String, at now: Instant, limits: Limits = Limits()) {
    // RFC 7208 §5: an IPv4 address in IPv6's clothes is one of IPv4.
    if case .v6(0, let low) = client, low >> 32 == 0xFFFF { self.client = .v4(UInt32(truncatingIfNeeded: low)) } else { self.client = client }
    self.helo = helo
    // RFC 7208 §4.3
    self.localPart = localPart.isEmpty ? "postmaster" : localPart
    self.domain = domain
    self.receiver = receiver
    self.limits = limits
    time = now
    entering = (domain, false)
    step = .done(SenderVerdict(result: .none, domain: domain))
    // RFC 7208 §4.3: a name of one label, an address literal, and what is no name have no policy.
    if let name = Name(plain: domain), name.labelCount > 1, !domain.hasSuffix("]") { run() }
  }

  /// The answer to the question of `step`.
  public mutating func take(_ answer: LookupAnswer) {
    guard case .ask(let question) = step else { return }
    answers[question] = answer
    if countsVoid, Self.isVoid(answer, question.type) {
      voids += 1
      if voids > limits.voidLookupsMax { return finish(.permerror, problem: "more than \(limits.voidLookupsMax) look-ups without a result") }
    }
    run()
  }

  // RFC 7208 §4.6.4
  private static func isVoid(_ answer: LookupAnswer, _ type: RecordType) -> Bool {
    switch answer {
    case .noName: true
    case .records(let records): !records.contains { $0.type == type }
    case .failed: false
    }
  }

  /// The answer, when it is known; else `step` becomes the question.
  private mutating func look(_ name: Name, _ type: RecordType, countsVoid: Bool) -> LookupAnswer? {
    let question = LookupQuestion(name.lowercased, type)
    if let known = answers[question] { return known }
    step = .ask(question)
    self.countsVoid = countsVoid
    return nil
  }

  /// Goes on as far as the answers reach. Each turn enters a policy, passes a term, or ends.
  private mutating func run() {
    while true {
      if let (text, domain, term) = explaining {
        guard let explanation = explanation(text, domain) else { return }
        return finish(.fail, term: term, explanation: explanation.isEmpty ? nil : explanation)
      }
      if let next = entering {
        guard let answer = policyAnswer(next.domain) else { return }
        entering = nil
        enter(next.domain, isRedirect: next.isRedirect, answer)
      } else if let frame = frames.last {
        let isAsking = frame.index < frame.policy.directives.count ? !weigh(frame, frame.policy.directives[frame.index]) : !weighEnd(frame)
        if isAsking { return }
      } else {
        return
      }
      if case .done = step, entering == nil, frames.isEmpty, explaining == nil { return }
    }
  }

  // MARK: Policies

  /// What the DNS says about a domain's policy; nil: it is being asked.
  private mutating func policyAnswer(_ domain: String) -> LookupAnswer? {
    guard let name = Name(plain: domain) else { return .noName }
    return look(name, .txt, countsVoid: false)
  }

  // RFC 7208 §4.4, §4.5
  private mutating func enter(_ domain: String, isRedirect: Bool, _ answer: LookupAnswer) {
    if answer == .failed { return conclude(.temperror, domain, problem: "no answer for the policy of \(domain)") }
    let policies = answer.texts.filter(SenderPolicy.isPolicy)
    guard let text = policies.first else {
      // RFC 7208 §6.1: a redirect into nothing is a mistake.
      return conclude(isRedirect ? .permerror : .none, domain, problem: "\(domain) has no policy")
    }
    guard policies.count == 1 else { return conclude(.permerror, domain, problem: "\(domain) has \(policies.count) policies") }
    do {
      frames.append(Frame(domain: domain, policy: try SenderPolicy(text)))
    } catch {
      conclude(.permerror, domain, problem: "\(error.what) in the policy of \(domain)")
    }
  }

  /// The policy that was entered, or was to be, ends with `result`.
  private mutating func conclude(_ result: SenderVerdict.Result, _ domain: String, term: String? = nil, problem: String? = nil) {
    guard let parent = frames.last else { return finish(result, term: term, problem: problem) }
    // RFC 7208 §5.2
    switch result {
    case .pass: matched(parent, parent.policy.directives[parent.index])
    case .fail, .softfail, .neutral: pass()
    case .temperror: finish(.temperror, problem: problem)
    case .permerror, .none: finish(.permerror, problem: problem)
    }
  }

  private mutating func finish(_ result: SenderVerdict.Result, term: String? = nil, problem: String? = nil, explanation: String? = nil) {
    frames = []
    entering = nil
    explaining = nil
    step = .done(SenderVerdict(result: result, domain: domain, term: term, problem: problem, explanation: explanation))
  }

  // MARK: Terms

  /// The term at hand says nothing about this client.
  private mutating func pass() {
    guard !frames.isEmpty else { return }
    frames[frames.count - 1].index += 1
    frames[frames.count - 1].isCounted = false
  }

  private mutating func matched(_ frame: Frame, _ directive: SenderPolicy.Directive) {
    frames.removeLast()
    let result = directive.qualifier.result
    // RFC 7208 §6.2: only the sender's own policy explains, not one it includes.
    if result == .fail, frames.isEmpty, let text = frame.policy.explanation {
      explaining = (text, frame.domain, directive.text)
    } else {
      conclude(result, frame.domain, term: directive.text)
    }
  }

  /// Counts the term at hand, once; says whether there may be so many.
  // RFC 7208 §4.6.4: counted before anything is asked.
  private mutating func count() -> Bool {
    guard let last = frames.indices.last, !frames[last].isCounted else { return true }
    frames[last].isCounted = true
    terms += 1
    if terms > limits.senderTermsMax { finish(.permerror, problem: "more than \(limits.senderTermsMax) terms that ask") }
    return terms <= limits.senderTermsMax
  }

  /// Weighs one directive. False: a question is asked first.
  private mutating func weigh(_ frame: Frame, _ directive: SenderPolicy.Directive) -> Bool {
    switch directive.mechanism {
    case .all:
      matched(frame, directive)
      return true
    case .network(let network, let bits):
      if AddressRange(network, length: bits).contains(client) { matched(frame, directive) } else { pass() }
      return true
    case .include(let text):
      guard count() else { return true }
      guard let target = target(text, frame) else { return false }
      entering = (target, false)
      return true
    case .address(let text, let prefixes):
      guard count() else { return true }
      guard let target = target(text, frame) else { return false }
      return settle(hosts(target, prefixes), frame, directive)
    case .exchange(let text, let prefixes):
      guard count() else { return true }
      guard let target = target(text, frame) else { return false }
      return settle(exchanges(target, prefixes), frame, directive)
    case .exists(let text):
      guard count() else { return true }
      guard let target = target(text, frame) else { return false }
      return settle(exists(target), frame, directive)
    case .pointer(let text):
      guard count() else { return true }
      guard let target = target(text, frame) else { return false }
      guard let name = validatedName(near: target, isOthersToo: false) else { return false }
      if name.isEmpty { pass() } else { matched(frame, directive) }
      return true
    }
  }

  /// No directive matched.
  private mutating func weighEnd(_ frame: Frame) -> Bool {
    guard let text = frame.policy.redirect else {
      frames.removeLast()
      // RFC 7208 §4.7
      conclude(.neutral, frame.domain)
      return true
    }
    guard count() else { return true }
    guard let target = target(text, frame) else { return false }
    frames.removeLast()
    entering = (target, true)
    return true
  }

  /// What weighing a term brought.
  private enum Weight { case match, noMatch, asking, failed, wrong(String) }

  private mutating func settle(_ weight: Weight, _ frame: Frame, _ directive: SenderPolicy.Directive) -> Bool {
    switch weight {
    case .match: matched(frame, directive)
    case .noMatch: pass()
    case .asking: return false
    // RFC 7208 §5
    case .failed: finish(.temperror, term: directive.text, problem: "no answer for '\(directive.text)'")
    case .wrong(let what): finish(.permerror, term: directive.text, problem: what)
    }
    return true
  }

  // RFC 7208 §5.3
  private mutating func hosts(_ target: String, _ prefixes: SenderPolicy.Prefixes) -> Weight {
    guard let name = Name(plain: target) else { return .noMatch }
    return host(name, prefixes)
  }

  private mutating func host(_ name: Name, _ prefixes: SenderPolicy.Prefixes, countsVoid: Bool = true) -> Weight {
    let isIPv6 = if case .v6 = client { true } else { false }
    guard let answer = look(name, isIPv6 ? .aaaa : .a, countsVoid: countsVoid) else { return .asking }
    guard case .records(let records) = answer else { return answer == .failed ? .failed : .noMatch }
    let bits = isIPv6 ? prefixes.v6 : prefixes.v4
    return records.contains { $0.address.map { AddressRange($0, length: bits).contains(client) } ?? false } ? .match : .noMatch
  }

  // RFC 7208 §5.4
  private mutating func exchanges(_ target: String, _ prefixes: SenderPolicy.Prefixes) -> Weight {
    guard let name = Name(plain: target) else { return .noMatch }
    guard let answer = look(name, .mx, countsVoid: true) else { return .asking }
    guard case .records(let records) = answer else { return answer == .failed ? .failed : .noMatch }
    let exchanges = records.compactMap { record -> (UInt16, Name)? in if case .mx(let preference, let name) = record { (preference, name) } else { nil } }
    // RFC 7208 §4.6.4
    guard exchanges.count <= limits.senderNamesMax else { return .wrong("more than \(limits.senderNamesMax) mail exchangers of \(target)") }
    for (_, exchange) in exchanges.sorted(by: { $0.0 < $1.0 }) where !exchange.isRoot {
      let weight = host(exchange, prefixes)
      if case .noMatch = weight { continue }
      return weight
    }
    return .noMatch
  }

  // RFC 7208 §5.7: always an A record.
  private mutating func exists(_ target: String) -> Weight {
    guard let name = Name(plain: target) else { return .noMatch }
    guard let answer = look(name, .a, countsVoid: true) else { return .asking }
    if answer == .failed { return .failed }
    return Self.isVoid(answer, .a) ? .noMatch : .match
  }

  // MARK: The client's own name

  /// The name of the client that leads back to it: `domain` itself first, then one below it, and if `isOthersToo` any other. Empty: there
  /// is none; nil: a question is asked.
  // RFC 7208 §5.5
  private mutating func validatedName(near domain: String, isOthersToo: Bool) -> String? {
    guard let reverse = Name(plain: Self.reversed(client)), let target = Name(plain: domain) else { return "" }
    guard let answer = look(reverse, .ptr, countsVoid: false) else { return nil }
    guard case .records(let records) = answer else { return "" }
    // RFC 7208 §4.6.4: the names past the tenth do not count.
    let names = records.compactMap { if case .ptr(let name) = $0 { name } else { nil } }.prefix(limits.senderNamesMax)
    let near = names.filter { $0 == target } + names.filter { $0 != target && $0.isSubdomain(of: target) }
    for name in isOthersToo ? near + names.filter({ !$0.isSubdomain(of: target) }) : near {
      switch host(name, SenderPolicy.Prefixes(), countsVoid: false) {
      case .asking: return nil
      case .match: return name.plain
      case .noMatch, .failed, .wrong: continue
      }
    }
    return ""
  }

  private static func reversed(_ address: Address) -> String {
    switch address {
    case .v4: address.bytes.reversed().map { String($0) }.joined(separator: ".") + ".in-addr.arpa"
    case .v6: nibbles(address).reversed().joined(separator: ".") + ".ip6.arpa"
    }
  }

  private static func nibbles(_ address: Address) -> [String] { address.bytes.flatMap { [String($0 >> 4, radix: 16), String($0 & 15, radix: 16)] } }

  // MARK: Texts

  /// The domain a term names; nil: a question is asked.
  // RFC 7208 §4.8
  private mutating func target(_ text: PolicyText?, _ frame: Frame) -> String? {
    guard let text else { return frame.domain }
    guard let expanded = expanded(text, frame.domain) else { return nil }
    var labels = expanded.split(separator: ".", omittingEmptySubsequences: false)
    if labels.last?.isEmpty == true { labels.removeLast() }
    // RFC 7208 §7.3: too long a name loses labels on the left.
    var length = labels.reduce(-1) { $0 + $1.utf8.count + 1 }
    var dropped = 0
    while length > 253, dropped < labels.count {
      length -= labels[dropped].utf8.count + 1
      dropped += 1
    }
    return labels[dropped...].joined(separator: ".")
  }

  /// A text with its macros replaced; nil: a question is asked.
  private mutating func expanded(_ text: PolicyText, _ domain: String) -> String? {
    var name = "unknown"
    if text.needsValidatedName {
      guard let validated = validatedName(near: domain, isOthersToo: true) else { return nil }
      if !validated.isEmpty { name = validated }
    }
    return text.expanded { value(of: $0, domain, name) }
  }

  // RFC 7208 §7.2
  private func value(of letter: UInt8, _ domain: String, _ validatedName: String) -> String {
    switch letter {
    case UInt8(ascii: "s"): "\(localPart)@\(self.domain)"
    case UInt8(ascii: "l"): localPart
    case UInt8(ascii: "o"): self.domain
    case UInt8(ascii: "d"): domain
    case UInt8(ascii: "i"):
      switch client {
      case .v4: client.description
      case .v6: Self.nibbles(client).joined(separator: ".")
      }
    case UInt8(ascii: "p"): validatedName
    case UInt8(ascii: "v"): if case .v4 = client { "in-addr" } else { "ip6" }
    case UInt8(ascii: "h"): helo
    case UInt8(ascii: "c"): client.description
    case UInt8(ascii: "r"): receiver
    case UInt8(ascii: "t"): "\(time.secondsSince1970)"
    default: ""
    }
  }

  /// What the domain says to those it refuses; empty: nothing; nil: a question is asked.
  // RFC 7208 §6.2: whatever goes wrong here, there is just no explanation.
  private mutating func explanation(_ text: PolicyText, _ domain: String) -> String? {
    guard let target = target(text, Frame(domain: domain, policy: .empty)) else { return nil }
    guard let name = Name(plain: target) else { return "" }
    guard let answer = look(name, .txt, countsVoid: false) else { return nil }
    let texts = answer.texts
    guard texts.count == 1, let words = try? PolicyText(texts[0], isExplanation: true) else { return "" }
    guard let explanation = expanded(words, domain) else { return nil }
    return explanation.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? explanation : ""
  }
}

extension SenderPolicy {
  /// A policy that says nothing.
  fileprivate static let empty = SenderPolicy()

  private init() {}
}
