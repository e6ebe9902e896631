// Reads master files, the text form of zones (RFC 1035 §5, RFC 2308 §4): owners, times, classes, types, $ORIGIN, $TTL, $INCLUDE.
// Not here: cutting into tokens (TextScanner.swift), the data of each type (RecordDataParsing.swift), $GENERATE (Generation.swift),
// whether the records make a zone (NameServer).
public import Bytes
import World

/// Reads the text form of a zone record by record, and collects what is wrong instead of stopping at it.
public struct MasterFileReader {
  /// What relative names continue with. $ORIGIN changes it.
  public private(set) var origin: Name
  /// What is wrong, in the order of the text; at most `Limits.errorsMax`.
  public private(set) var problems: [MasterFileProblem] = []
  /// How many records were read.
  public private(set) var recordCount = 0

  private let limits: Limits
  /// Opens the file of an $INCLUDE; nil: there is none to be had.
  private let include: ((String) -> Buffer?)?
  private var `class`: RecordClass
  /// RFC 2308 §4: what $TTL said last.
  private var defaultTTL: UInt32?
  /// RFC 1035 §5.1: the time of the record before, for when there is no $TTL.
  private var lastTTL: UInt32?
  private var lastOwner: Name?
  private var isStopped = false

  /// A reader for a zone whose names continue with `origin`. `ttl` is for records without one where no $TTL stands before.
  public init(
    origin: Name, class: RecordClass = .internet, ttl: UInt32? = nil, limits: Limits = Limits(), include: ((String) -> Buffer?)? = nil
  ) {
    self.origin = origin
    self.class = `class`
    defaultTTL = ttl
    self.limits = limits
    self.include = include
  }

  /// All records of `text`, or everything that is wrong with it. `file` is what problems call it.
  public static func records(
    _ text: Buffer, file: String, origin: Name, ttl: UInt32? = nil, limits: Limits = Limits()
  ) -> (records: [ResourceRecord], problems: [MasterFileProblem]) {
    var reader = MasterFileReader(origin: origin, ttl: ttl, limits: limits)
    var records: [ResourceRecord] = []
    reader.read(text, file: file) { record, _ in records.append(record) }
    return (records, reader.problems)
  }

  /// Reads `text` and hands on each record with the place it begins at.
  public mutating func read(_ text: Buffer, file: String, _ take: (ResourceRecord, MasterFilePlace) -> Void) {
    text.withUnsafeBytes { bytes in
      var source = MasterFileSource(bytes, file: file)
      read(&source, depth: 1, take)
    }
  }

  private mutating func read(_ source: inout MasterFileSource, depth: Int, _ take: (ResourceRecord, MasterFilePlace) -> Void) {
    var scanner = TextScanner(source.bytes)
    var tokens: [TextToken] = []
    while !scanner.isAtEnd, !isStopped {
      source.begin(at: scanner.index)
      do throws(SyntaxError) {
        try scanner.entry(into: &tokens)
        guard let first = tokens.first else { continue }
        source.begin(at: first.start)
        if !scanner.beganBlank, !first.isQuoted, source.bytes[first.start] == UInt8(ascii: "$") {
          try obey(tokens, &source, depth, take)
        } else {
          let record = try record(tokens, beganBlank: scanner.beganBlank, &source)
          try count(at: first.start)
          take(record, source.beginning)
        }
      } catch {
        note(error, &source)
      }
    }
  }

  private mutating func count(at offset: Int) throws(SyntaxError) {
    guard recordCount < limits.recordsMax else {
      isStopped = true
      throw SyntaxError(expected: "at most \(limits.recordsMax) records", at: offset, rule: "RFC 1035 §5")
    }
    recordCount += 1
  }

  private mutating func note(_ error: SyntaxError, _ source: inout MasterFileSource) {
    problems.append(
      MasterFileProblem(source.place(of: error.offset), expected: error.expected, found: error.found, rule: error.rule))
    if problems.count >= limits.errorsMax { isStopped = true }
  }
}

// Records

extension MasterFileReader {
  /// RFC 1035 §5.1: `[owner] [TTL] [class] type data`, TTL and class in either order.
  private mutating func record(
    _ tokens: [TextToken], beganBlank: Bool, _ source: inout MasterFileSource
  ) throws(SyntaxError) -> ResourceRecord {
    var fields = TextFields(source.bytes, tokens, origin: origin)
    let owner = try owner(&fields, beganBlank: beganBlank, &source)
    var ttl: UInt32?
    var stated: RecordClass?
    while true {
      let token = try fields.token("a record type", "RFC 1035 §5.1")
      let word = fields.bytes(of: token)
      if ttl == nil, let first = word.first, first &- 0x30 < 10 {
        guard let value = fields.time(in: token) else {
          throw fields.unexpected(token, "a time to live, seconds or a time like 1h30m,", "RFC 1035 §5.1")
        }
        ttl = try checked(value, at: token)
      } else if stated == nil, let value = RecordClass(word: word), value != .any, value != .none {
        stated = value
      } else if let type = RecordType(word: word) {
        guard type.isData else { throw fields.unexpected(token, "a type that zones can hold", "RFC 6895 §3.1") }
        return try record(owner, ttl, stated, type, token, &fields)
      } else {
        let options = [ttl == nil ? "a time to live" : nil, stated == nil ? "a class" : nil].compactMap { $0 }
        let what = options.isEmpty ? "a record type" : options.joined(separator: ", ") + " or a record type"
        throw fields.unexpected(token, what, "RFC 1035 §5.1")
      }
    }
  }

  private mutating func record(
    _ owner: Name, _ ttl: UInt32?, _ stated: RecordClass?, _ type: RecordType, _ token: TextToken, _ fields: inout TextFields
  ) throws(SyntaxError) -> ResourceRecord {
    // RFC 1035 §5.1: class and time left out are those of the record before. RFC 2308 §4: but the time is $TTL's if there was one.
    `class` = stated ?? `class`
    if let ttl { lastTTL = ttl }
    let data = try RecordData(type, class: `class`, from: &fields)
    var time = ttl ?? defaultTTL ?? lastTTL
    if time == nil, case .soa(let soa) = data {
      // RFC 2308 §4 gives the field another use, but older files mean it as the zone's default time.
      time = soa.minimum
      lastTTL = soa.minimum
    }
    guard let time else {
      throw SyntaxError(
        expected: "a time to live before the type, since there was no $TTL,", found: "'\(type)'", at: token.start, rule: "RFC 2308 §4")
    }
    return ResourceRecord(owner, class: `class`, ttl: time, data)
  }

  private mutating func owner(
    _ fields: inout TextFields, beganBlank: Bool, _ source: inout MasterFileSource
  ) throws(SyntaxError) -> Name {
    if beganBlank {
      guard let lastOwner else {
        throw SyntaxError(expected: "an owner, since no record stands before,", found: "a blank", at: fields.place, rule: "RFC 1035 §5.1")
      }
      return lastOwner
    }
    let token = try fields.token("an owner", "RFC 1035 §5.1")
    if let lastOwner, source.isOwner(token) { return lastOwner }
    // After a bad owner, entries that begin with a blank must not go to the one before it.
    lastOwner = nil
    let name = try fields.name(in: token)
    lastOwner = name
    source.remember(owner: token)
    return name
  }

  private func checked(_ ttl: UInt32, at token: TextToken) throws(SyntaxError) -> UInt32 {
    // RFC 2181 §8.
    guard ttl <= 0x7FFF_FFFF else {
      throw SyntaxError(expected: "a time to live of at most 2147483647", found: "\(ttl)", at: token.start, rule: "RFC 2181 §8")
    }
    return ttl
  }
}

// Directives

extension MasterFileReader {
  private mutating func obey(
    _ tokens: [TextToken], _ source: inout MasterFileSource, _ depth: Int, _ take: (ResourceRecord, MasterFilePlace) -> Void
  ) throws(SyntaxError) {
    var fields = TextFields(source.bytes, tokens, origin: origin)
    let directive = try fields.token("a directive", "RFC 1035 §5.1")
    switch fields.text(of: directive).uppercased() {
    case "$ORIGIN":
      origin = try fields.name("the origin")
      source.forgetOwner()
      try fields.finish("$ORIGIN")
    case "$TTL":
      let start = fields.peeked
      let ttl = try fields.time("the default time to live", "RFC 2308 §4")
      if let start { defaultTTL = try checked(ttl, at: start) }
      try fields.finish("$TTL")
    case "$INCLUDE":
      try readIncluded(&fields, directive, &source, depth, take)
    case "$GENERATE":
      try generate(&fields, directive, &source, depth, take)
    default:
      throw fields.unexpected(directive, "$ORIGIN, $TTL, $INCLUDE or $GENERATE", "RFC 1035 §5.1")
    }
  }

  /// RFC 1035 §5.1: `$INCLUDE file [origin]`. The origin outside stays as it is.
  private mutating func readIncluded(
    _ fields: inout TextFields, _ directive: TextToken, _ source: inout MasterFileSource, _ depth: Int,
    _ take: (ResourceRecord, MasterFilePlace) -> Void
  ) throws(SyntaxError) {
    let token = try fields.token("a file", "RFC 1035 §5.1")
    let file = String(decoding: try fields.unescaped(token), as: UTF8.self)
    let inner = fields.isAtEnd ? origin : try fields.name("the origin")
    try fields.finish("$INCLUDE")
    guard let include else {
      throw SyntaxError(expected: "no $INCLUDE, since none is allowed here,", at: directive.start, rule: "RFC 1035 §5.1")
    }
    guard depth < limits.includeDepthMax else {
      throw SyntaxError(expected: "at most \(limits.includeDepthMax) files inside one another", at: directive.start, rule: "RFC 1035 §5.1")
    }
    guard let text = include(file) else { throw fields.unexpected(token, "a file that can be read", "RFC 1035 §5.1") }
    let (outer, owner) = (origin, lastOwner)
    origin = inner
    text.withUnsafeBytes { bytes in
      var included = MasterFileSource(bytes, file: file)
      read(&included, depth: depth + 1, take)
    }
    origin = outer
    lastOwner = owner
  }

  /// `$GENERATE range owner [TTL] [class] type data`: one record for each number, as BIND has it.
  private mutating func generate(
    _ fields: inout TextFields, _ directive: TextToken, _ source: inout MasterFileSource, _ depth: Int,
    _ take: (ResourceRecord, MasterFilePlace) -> Void
  ) throws(SyntaxError) {
    let generation = try Generation(from: &fields, recordsMax: limits.generatedRecordsMax)
    for number in generation.numbers where !isStopped {
      let text: Buffer
      do throws(SyntaxError) {
        text = Buffer(try generation.entry(for: number))
      } catch {
        throw SyntaxError(expected: error.expected, found: error.found, at: directive.start, rule: error.rule)
      }
      let before = problems.count
      text.withUnsafeBytes { bytes in
        var generated = MasterFileSource(bytes, standingAt: source.beginning)
        read(&generated, depth: depth, take)
      }
      // One template wrong is one problem, not one for each number.
      if problems.count > before { break }
    }
    source.forgetOwner()
  }
}
