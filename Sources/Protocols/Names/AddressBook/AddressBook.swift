// An address book: the names one person uses, and whence each came. There is no root; what a name means is what its owner's book says.
// The first who says a name is followed, what others say later is remembered as a claim; a petname is one's own and above all of them.
// Not here: fetching subscriptions (the host does), the file's lines (HostsFile.swift).
public import Bytes

/// Who leads where, for one person.
public struct AddressBook: Sendable, Hashable {
  /// When a name from a subscription is believed.
  public enum Rule: String, Sendable, Hashable, CaseIterable {
    /// As soon as one says it.
    case first
    /// When a second one says the same.
    case secondSource = "second-source"
  }

  /// Whence a name came.
  public enum Source: Sendable, Hashable, CustomStringConvertible {
    /// Its owner wrote it in.
    case petname
    /// Asked of a service that knows many names, for this one name.
    case jump(String)
    case subscription(String)

    public var description: String {
      switch self {
      case .petname: "petname"
      case .jump(let who): "jump \(who)"
      case .subscription(let who): "subscription \(who)"
      }
    }

    /// Nil: no source is written so.
    init?(_ text: some StringProtocol) {
      if text == "petname" {
        self = .petname
      } else if text.hasPrefix("jump ") {
        self = .jump(String(text.dropFirst(5)))
      } else if text.hasPrefix("subscription ") {
        self = .subscription(String(text.dropFirst(13)))
      } else {
        return nil
      }
    }
  }

  /// A name that is followed.
  public struct Entry: Sendable, Hashable {
    public var destination: Destination
    public var source: Source
    /// Not even a jump may change it.
    public var isPinned: Bool
  }

  /// What somebody said of a name that is not followed.
  public struct Claim: Sendable, Hashable {
    public var destination: Destination
    public var source: Source
  }

  /// What taking something in did.
  public enum Change: Sendable, Hashable, CustomStringConvertible {
    /// The name is followed from now on.
    case added(HostName)
    /// One more said the same.
    case confirmed(HostName)
    /// The name is not followed before a second source says the same.
    case waits(HostName)
    /// The name leads elsewhere already; what was said is remembered as a claim.
    case conflict(HostName)
    /// The book is full.
    case full(HostName)

    public var description: String {
      switch self {
      case .added(let name): "\(name) is new"
      case .confirmed(let name): "\(name) is said again"
      case .waits(let name): "\(name) waits for a second source"
      case .conflict(let name): "\(name) leads elsewhere already: not followed"
      case .full(let name): "\(name) has no room"
      }
    }
  }

  /// What the book says to a name.
  public enum Answer: Sendable, Hashable {
    case leads(to: Entry, claims: [Claim])
    /// Only claims, none of them believed yet.
    case unproven([Claim])
    case unknown
  }

  public private(set) var entries: [HostName: Entry] = [:]
  /// Claims of names, in the order they came.
  public private(set) var claims: [HostName: [Claim]] = [:]
  private var claimCount = 0
  public var rule: Rule
  private let limits: Limits

  public init(rule: Rule = .first, limits: Limits = Limits()) {
    self.rule = rule
    self.limits = limits
  }

  /// Every name that is followed, in order.
  public var names: [HostName] { entries.keys.sorted() }

  public func answer(_ name: HostName) -> Answer {
    let claims = claims[name] ?? []
    if let entry = entries[name] { return .leads(to: entry, claims: claims) }
    return claims.isEmpty ? .unknown : .unproven(claims)
  }

  /// The name that leads to what a b32 name stands for; nil: none does.
  public func name(ofHash hash: [UInt8]) -> HostName? { entries.filter { $0.value.destination.hash == hash }.keys.min() }

  /// Follows `name` to `destination` because the book's owner says so.
  public mutating func set(_ name: HostName, _ destination: Destination) -> Change {
    guard entries[name] != nil || entries.count < limits.addressesMax else { return .full(name) }
    entries[name] = Entry(destination: destination, source: .petname, isPinned: true)
    forgetClaims(of: name, to: destination)
    return .added(name)
  }

  /// Takes in what a jump service says of one name that was asked for.
  public mutating func jump(_ name: HostName, _ destination: Destination, by service: String) -> Change {
    take(name, destination, .jump(Self.short(service)), isBelieved: true)
  }

  /// Takes in a subscription: who is its address.
  public mutating func take(_ file: HostsFile, from subscription: String) -> [Change] {
    let source = Source.subscription(Self.short(subscription))
    return file.lines.map { take($0.name, $0.destination, source, isBelieved: rule == .first) }
  }

  /// A source as it is remembered: one line, and no longer than an address is.
  private static func short(_ source: String) -> String { String(HostsFile.kept(source).unicodeScalars.prefix(256)) }

  private mutating func take(_ name: HostName, _ destination: Destination, _ source: Source, isBelieved: Bool) -> Change {
    if let entry = entries[name] {
      if entry.destination == destination { return .confirmed(name) }
      remember(Claim(destination: destination, source: source), of: name)
      return .conflict(name)
    }
    let agrees = (claims[name] ?? []).contains { $0.destination == destination && $0.source != source }
    guard isBelieved || agrees else {
      remember(Claim(destination: destination, source: source), of: name)
      return .waits(name)
    }
    guard entries.count < limits.addressesMax else { return .full(name) }
    entries[name] = Entry(destination: destination, source: source, isPinned: false)
    forgetClaims(of: name, to: destination)
    return .added(name)
  }

  private mutating func remember(_ claim: Claim, of name: HostName) {
    guard claimCount < limits.claimsMax, !(claims[name] ?? []).contains(claim) else { return }
    claims[name, default: []].append(claim)
    claimCount += 1
  }

  private mutating func forgetClaims(of name: HostName, to destination: Destination?) {
    guard let all = claims[name] else { return }
    let kept = all.filter { destination != nil && $0.destination != destination }
    claimCount -= all.count - kept.count
    claims[name] = kept.isEmpty ? nil : kept
  }

  /// Holds a name where it leads now. False: it leads nowhere.
  public mutating func pin(_ name: HostName) -> Bool {
    entries[name]?.isPinned = true
    return entries[name] != nil
  }

  /// Follows the claim of `source` instead, since the book's owner decides so. False: there is no such claim, or the name is pinned.
  public mutating func follow(_ name: HostName, saidBy source: Source) -> Bool {
    guard entries[name]?.isPinned != true, let claim = claims[name]?.first(where: { $0.source == source }) else { return false }
    guard entries[name] != nil || entries.count < limits.addressesMax else { return false }
    let before = entries[name]
    entries[name] = Entry(destination: claim.destination, source: source, isPinned: false)
    forgetClaims(of: name, to: claim.destination)
    if let before { remember(Claim(destination: before.destination, source: before.source), of: name) }
    return true
  }

  /// Forgets a name and every claim of it. False: it was not there.
  public mutating func remove(_ name: HostName) -> Bool {
    forgetClaims(of: name, to: nil)
    return entries.removeValue(forKey: name) != nil
  }
}

// As text: a hosts file that any program of I2P reads, with what only we know behind `#!`.
extension AddressBook {
  /// The book as a hosts file. Claims stand in lines of their own that begin with `#claim `, which are comments to others.
  public var bytes: Buffer {
    var file = Buffer("#rule \(rule.rawValue)\n")
    for name in Set(entries.keys).union(claims.keys).sorted() {
      if let entry = entries[name] {
        var properties = [HostsFile.Property("source", "\(entry.source)")]
        if entry.isPinned { properties.append(HostsFile.Property("pinned", "yes")) }
        file.append(HostsFile([HostsFile.Line(name, entry.destination, properties: properties)]).bytes)
      }
      for claim in claims[name] ?? [] {
        file.append("#claim ")
        file.append(HostsFile([HostsFile.Line(name, claim.destination, properties: [HostsFile.Property("source", "\(claim.source)")])]).bytes)
      }
    }
    return file
  }

  /// Reads a book; a plain hosts file is one too, of names its owner wrote in. The second value: what could not be used.
  public static func reading(_ file: Buffer, limits: Limits = Limits()) -> (book: AddressBook, problems: [HostsFile.Problem]) {
    var book = AddressBook(limits: limits)
    var plain = Buffer()
    var claimed = Buffer()
    for line in file.array.split(separator: 0x0A, omittingEmptySubsequences: false) {
      if line.starts(with: Array("#claim ".utf8)) {
        claimed.append(line.dropFirst(7))
        claimed.append(0x0A)
        plain.append(0x0A)
      } else {
        if line.starts(with: Array("#rule ".utf8)), let rule = Rule(rawValue: String(decoding: line.dropFirst(6), as: UTF8.self)) { book.rule = rule }
        plain.append(line)
        plain.append(0x0A)
      }
    }
    let hosts = HostsFile(reading: plain, limits: limits)
    for line in hosts.lines where book.entries[line.name] == nil && book.entries.count < limits.addressesMax {
      let source = line.value(of: "source").flatMap { Source($0) } ?? .petname
      book.entries[line.name] = Entry(destination: line.destination, source: source, isPinned: line.value(of: "pinned") == "yes")
    }
    for line in HostsFile(reading: claimed, limits: limits).lines {
      guard let source = line.value(of: "source").flatMap({ Source($0) }), book.entries[line.name]?.destination != line.destination else { continue }
      book.remember(Claim(destination: line.destination, source: source), of: line.name)
    }
    return (book, hosts.problems)
  }
}
