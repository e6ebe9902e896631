// A zone as its owner keeps it: labels and records, in a file of lines, and the blocks that are published from it.
// Not here: the key, which is kept apart from what may be shown. Read next: ZoneBlock.swift.
public import Bytes
public import World

/// The records of a zone, before they are sealed.
public struct Zone: Sendable, Hashable {
  /// A record whose life may be told from the moment of publishing.
  public struct Line: Sendable, Hashable {
    public var label: ZoneLabel
    public var type: RecordType
    public var life: Life
    public var flags: ZoneRecord.Flags
    public var data: RecordData

    public init(_ label: ZoneLabel, _ type: RecordType, _ data: RecordData, life: Life, flags: ZoneRecord.Flags = []) {
      (self.label, self.type, self.life, self.flags, self.data) = (label, type, life, flags, data)
    }
  }

  /// When a record expires. A relative time stays with the owner: blocks know only moments.
  public enum Life: Sendable, Hashable, CustomStringConvertible {
    /// Unit: seconds from publishing.
    case relative(seconds: UInt32)
    /// Unit: microseconds since 1970.
    case until(UInt64)

    public var description: String {
      switch self {
      case .relative(let seconds): "\(seconds)s"
      case .until(let time): "@\(time)"
      }
    }

    /// `90s`, `5m`, `2h`, `7d`, or `@` and microseconds since 1970.
    init?(_ text: some StringProtocol) {
      if text.hasPrefix("@") {
        guard let time = UInt64(text.dropFirst()), text == "@\(time)" else { return nil }
        self = .until(time)
      } else {
        let units: [Character: UInt32] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = UInt32(text.dropLast()), text.dropLast() == "\(number)" else { return nil }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit)
        guard !overflow, seconds > 0 else { return nil }
        self = .relative(seconds: seconds)
      }
    }
  }

  public var lines: [Line]

  public init(_ lines: [Line] = []) { self.lines = lines }

  /// The zone written as lines of `LABEL TYPE LIFE [FLAG …] DATA`; `;` begins a comment, a text may stand in quotation marks.
  /// What is wrong is told by line, and the zone then is not whole.
  public static func reading(_ file: Buffer, limits: Limits = Limits()) -> (zone: Zone, problems: [HostsFile.Problem]) {
    var zone = Zone()
    var labels = Set<ZoneLabel>()
    var problems: [HostsFile.Problem] = []
    for (number, bytes) in file.array.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      guard problems.count < limits.problemsMax else { break }
      func note(_ what: String) { problems.append(HostsFile.Problem(line: number + 1, what: what)) }
      guard bytes.count <= limits.lineBytesMax, let text = String(validating: bytes, as: UTF8.self) else {
        note("expected a line of UTF-8 of at most \(limits.lineBytesMax) bytes")
        continue
      }
      guard let words = words(of: text) else {
        note("a quotation mark is not closed")
        continue
      }
      guard !words.isEmpty else { continue }
      do throws(SyntaxError) {
        let line = try line(words)
        labels.insert(line.label)
        guard labels.count <= limits.labelsMax, zone.lines.count < limits.labelsMax * 4 else {
          note("more than \(limits.labelsMax) labels, or four times as many records")
          break
        }
        zone.lines.append(line)
      } catch { note("\(error)") }
    }
    for (label, records) in zone.sets(at: Instant(nanoseconds: 0)) {
      if let problem = contradiction(records, under: label, limits) { problems.append(HostsFile.Problem(line: 0, what: "`\(label)`: \(problem)")) }
    }
    return (zone, problems)
  }

  private static func line(_ words: [String]) throws(SyntaxError) -> Line {
    func bad(_ expected: String, _ found: String) -> SyntaxError { SyntaxError(expected: expected, found: found, at: 0, rule: "zone file") }
    guard words.count >= 4 else { throw bad("LABEL TYPE LIFE DATA", words.joined(separator: " ")) }
    let label = try ZoneLabel(words[0])
    guard let type = RecordType(words[1]), type != .any else { throw bad("a record type", words[1]) }
    guard let life = Life(words[2]) else { throw bad("a life such as 90s, 5m, 2h, 7d or @MICROSECONDS", words[2]) }
    var flags: ZoneRecord.Flags = []
    var rest = words[3...]
    while rest.count > 1, let flag = rest.first, let known = ZoneRecord.Flags.names.first(where: { $0.1 == flag }) {
      flags.insert(known.0)
      rest = rest.dropFirst()
    }
    return Line(label, type, try RecordData(type, written: Array(rest)), life: life, flags: flags)
  }

  /// The words of a line: what stands in quotation marks is one, a backslash in it takes the next character as it is. Nil: a mark is not closed.
  private static func words(of line: String) -> [String]? {
    var words: [String] = []
    var word: String?
    var isQuoted = false
    var isEscaped = false
    for character in line.unicodeScalars {
      if isEscaped {
        word?.unicodeScalars.append(character)
        isEscaped = false
      } else if isQuoted, character == "\\" {
        isEscaped = true
      } else if character == "\"" {
        isQuoted.toggle()
        word = word ?? ""
      } else if !isQuoted, character == ";", word == nil {
        break
      } else if !isQuoted, character == " " || character == "\t" || character == "\r" {
        if let whole = word { words.append(whole) }
        word = nil
      } else {
        word = word ?? ""
        word?.unicodeScalars.append(character)
      }
    }
    if let whole = word { words.append(whole) }
    return isQuoted || isEscaped ? nil : words
  }

  /// The zone as a file; nil: a text in it has an end of line, which no line holds.
  public var bytes: Buffer? {
    var file = Buffer()
    for line in lines {
      var words = [line.label.text, "\(line.type)", "\(line.life)"] + ZoneRecord.Flags.names.filter { line.flags.contains($0.0) }.map(\.1)
      switch line.data {
      case .text(let text), .legacyHost(let text), .redirect(let text), .nick(let text):
        words.append("\"" + text.unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\"")
      default: words.append("\(line.data)")
      }
      words[0] = words[0].contains(where: { $0 == "\"" || $0 == ";" || $0 == "\\" }) ? "\"" + words[0].unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\"" : words[0]
      let text = words.joined(separator: " ")
      guard !text.unicodeScalars.contains("\n") else { return nil }
      file.append(text + "\n")
    }
    return file
  }

  /// The records of each label as they are published at `now`, in the order of the labels.
  public func sets(at now: Instant) -> [(label: ZoneLabel, records: RecordSet)] {
    var sets: [ZoneLabel: RecordSet] = [:]
    func record(_ line: Line) -> ZoneRecord {
      let expiration =
        switch line.life {
        case .until(let time): time
        case .relative(let seconds): now.microseconds &+ UInt64(seconds) * 1_000_000
        }
      return ZoneRecord(line.type, line.data.bytes, expiration: expiration, flags: line.flags)
    }
    for line in lines { sets[line.label, default: RecordSet()].records.append(record(line)) }
    // RFC 9498 §5.3.2: what the zone would like to be called goes along with every set but those that lead elsewhere.
    if let nick = lines.first(where: { $0.label == .apex && $0.type == .nick }).map(record) {
      for label in sets.keys where label != .apex {
        guard let set = sets[label], !set.records.contains(where: { $0.type == .nick || $0.type.isDelegation || $0.type == .redirect || $0.type == .gns2dns }) else { continue }
        var copy = nick
        copy.flags.insert(.supplemental)
        sets[label]?.records.append(copy)
      }
    }
    return sets.sorted { $0.key < $1.key }.map { (label: $0.key, records: $0.value) }
  }

  /// The blocks to publish at `now`, in the order of the labels. A label whose records are too many for a block is left out.
  public func blocks(by secret: ZoneSecret, at now: Instant, limits: Limits = Limits()) -> [(label: ZoneLabel, block: ZoneBlock)] {
    sets(at: now).compactMap { set in ZoneBlock(set.records, under: set.label, by: secret, limits: limits).map { (label: set.label, block: $0) } }
  }

  /// What makes a label's records impossible together; nil: nothing.
  // RFC 9498 §5.1, §5.2
  private static func contradiction(_ set: RecordSet, under label: ZoneLabel, _ limits: Limits) -> String? {
    guard set.records.count <= limits.recordsMax else { return "more than \(limits.recordsMax) records" }
    let own = set.records.filter { !$0.flags.contains(.supplemental) }
    let kinds = Set(own.map(\.type))
    let leading = kinds.filter { $0.isDelegation || $0 == .redirect || $0 == .gns2dns }
    guard !leading.isEmpty else { return kinds.contains(.nick) && label != .apex ? "NICK stands at the zone itself, @" : nil }
    if label == .apex { return "the zone itself leads nowhere else" }
    if kinds != leading || leading.count > 1 { return "a record that leads elsewhere stands alone" }
    let count = own.filter { !$0.flags.contains(.shadow) }.count
    return count > 1 && leading != [.gns2dns] ? "one record leads elsewhere, others are shadows" : nil
  }
}
