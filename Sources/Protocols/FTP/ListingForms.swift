// The forms of listings, one reader for each, tried in the order in which they cannot be mistaken for one another.
import Bytes
import World

/// Reads single lines of listings.
enum ListingForms {
  /// A line in any form but facts; nil: it is no name.
  static func any(_ line: Buffer, _ now: Instant) -> ListingItem? {
    if line[at: 0] == UInt8(ascii: "+") { return eplf(line) }
    let words = Words(line)
    return unix(words, now) ?? netware(words, now) ?? dos(words) ?? os2(words) ?? vms(words) ?? os400(words) ?? mvs(words)
  }

  // RFC 3659 §7.2: facts, each ended by a semicolon; one space; the name as it is.
  static func facts(_ line: Buffer) -> ListingItem? {
    guard let space = line.firstIndex(of: 0x20), space + 1 < line.count else { return nil }
    var item = ListingItem(name: line[(space + 1)..<line.count].array, kind: .other, isTimeExact: true)
    var start = 0
    while start < space {
      let end = min(line.firstIndex(of: UInt8(ascii: ";"), from: start) ?? space, space)
      if let equals = line.firstIndex(of: UInt8(ascii: "="), from: start), equals < end {
        let value = line[(equals + 1)..<end]
        switch line[start..<equals].text.lowercased() {
        case "type":
          switch value.text.lowercased() {
          case "file": item.kind = .file
          case "dir": item.kind = .folder
          // The folder itself and the one above it: no names in it.
          case "cdir", "pdir": return nil
          case let other where other.hasPrefix("os.unix=slink:"): item.kind = .link(to: Array(value.array.dropFirst(14)))
          case let other where other.hasPrefix("os.unix=symlink"): item.kind = .link(to: [])
          default: item.kind = .other
          }
        case "size": item.size = decimal(value)
        case "modify": item.modified = TimeValue.instant(value)
        default: break
        }
      }
      start = end + 1
    }
    return item
  }

  /// `+i2049.771,m1773480360,r,s1835008,up644,<TAB>name`
  private static func eplf(_ line: Buffer) -> ListingItem? {
    guard let tab = line.firstIndex(of: 0x09), tab + 1 < line.count else { return nil }
    var item = ListingItem(name: line[(tab + 1)..<line.count].array, kind: .other, isTimeExact: true)
    for fact in line[1..<tab].array.split(separator: UInt8(ascii: ",")) {
      let value = Buffer(fact.dropFirst())
      switch fact.first {
      case UInt8(ascii: "/"): item.kind = .folder
      case UInt8(ascii: "r"): item.kind = .file
      case UInt8(ascii: "s"): item.size = decimal(value)
      case UInt8(ascii: "m"): item.modified = decimal(value).flatMap { $0 < 1 << 33 ? Instant(secondsSince1970: $0) : nil }
      default: break
      }
    }
    return item
  }

  /// `-rw-r--r--+  1 1000  users   1835008 Nov  2  2025 name`
  private static func unix(_ words: Words, _ now: Instant) -> ListingItem? {
    guard words.count >= 5, words.isMode else { return nil }
    return dated(words, from: 2, now).map { item in
      var item = item
      switch words.line[at: 0] {
      case UInt8(ascii: "-"): item.kind = .file
      case UInt8(ascii: "d"): item.kind = .folder
      case UInt8(ascii: "l"):
        item.kind = .link(to: [])
        let arrow = Array(" -> ".utf8)
        if let at = item.name.indices.first(where: { item.name[$0...].starts(with: arrow) }) {
          item.kind = .link(to: Array(item.name[(at + 4)...]))
          item.name = Array(item.name[..<at])
        }
      default: item.kind = .other
      }
      return item
    }
  }

  /// `d [RWCEAFMS] ops                         512 Mar 14 09:26 photos`
  private static func netware(_ words: Words, _ now: Instant) -> ListingItem? {
    guard words.count >= 6, words.text(0) == "d" || words.text(0) == "-", words.line[at: words[1].lowerBound] == UInt8(ascii: "[") else { return nil }
    return dated(words, from: 3, now).map { item in
      var item = item
      item.kind = words.text(0) == "d" ? .folder : .file
      return item
    }
  }

  /// The size, date and name at the end of a line: the first number, from word `start` on, that a date follows.
  private static func dated(_ words: Words, from start: Int, _ now: Instant) -> ListingItem? {
    for index in start..<max(start, words.count) {
      guard let size = decimal(words.line[words[index]]), let (time, next) = words.date(after: index, now) else { continue }
      // One space, and what follows is the name, with all its spaces: it may have nothing else.
      let nameStart = words[next - 1].upperBound + 1
      guard nameStart < words.line.count else { return nil }
      return ListingItem(name: words.line[nameStart..<words.line.count].array, kind: .other, size: size, modified: time)
    }
    return nil
  }

  /// `03-14-26  09:26AM       <DIR>          photos`
  private static func dos(_ words: Words) -> ListingItem? {
    guard words.count >= 4, let day = words.monthDayYear(0), let time = words.timeOfDay(1) else { return nil }
    var item = ListingItem(
      name: words.line[words[3].lowerBound..<words.line.count].array, kind: .file,
      modified: CivilTime(day.year, day.month, day.day, time.hour, time.minute, time.second).instant)
    switch words.text(2) {
    case "<DIR>": item.kind = .folder
    case "<JUNCTION>", "<SYMLINKD>", "<SYMLINK>": item.kind = .link(to: [])
    default:
      guard let size = decimal(words.line[words[2]]) else { return nil }
      item.size = size
    }
    return item
  }

  /// `       0           DIR   03-14-26  09:26  photos`
  private static func os2(_ words: Words) -> ListingItem? {
    guard words.count >= 4, let size = decimal(words.line[words[0]]) else { return nil }
    for index in 1..<min(words.count - 2, 6) {
      guard let day = words.monthDayYear(index), let time = words.timeOfDay(index + 1) else { continue }
      let isFolder = (1..<index).contains { words.text($0) == "DIR" }
      return ListingItem(
        name: words.line[words[index + 2].lowerBound..<words.line.count].array, kind: isFolder ? .folder : .file, size: isFolder ? nil : size,
        modified: CivilTime(day.year, day.month, day.day, time.hour, time.minute).instant)
    }
    return nil
  }

  /// `NOTES.TXT;3             12/16     14-MAR-2026 09:26:11  [100,7]  (RWED,RWED,RE,)`
  private static func vms(_ words: Words) -> ListingItem? {
    guard words.count >= 4 else { return nil }
    return vms(words.line[words[0]], rest: words.line[words[1].lowerBound..<words.line.count])
  }

  /// The same when the name stood on a line of its own.
  static func vms(_ name: Buffer, rest: Buffer) -> ListingItem? {
    guard let version = versionMark(name) else { return nil }
    let words = Words(rest)
    guard words.count >= 3, let time = words.timeOfDay(2) else { return nil }
    let parts = rest[words[1]].array.split(separator: UInt8(ascii: "-"))
    guard parts.count == 3, let day = number(parts[0]), let month = words.month(Buffer(parts[1])), let year = number(parts[2]) else { return nil }
    let blocks = rest[words[0]].array.prefix { $0 != UInt8(ascii: "/") }
    guard let used = number(blocks) else { return nil }
    var item = ListingItem(
      name: name[0..<version].array, kind: .file, size: Int64(used) * 512,
      modified: CivilTime(year, month, day, time.hour, time.minute, time.second).instant)
    if item.name.count > 4, String(decoding: item.name.suffix(4), as: UTF8.self).uppercased() == ".DIR" {
      item.name.removeLast(4)
      item.kind = .folder
      item.size = nil
    }
    return item
  }

  /// Whether a line is a VMS name alone, which its facts follow on the next.
  static func isLongVMSName(_ line: Buffer) -> Bool { line.firstIndex(of: 0x20) == nil && versionMark(line) != nil }

  /// Where the semicolon before the version stands.
  private static func versionMark(_ name: Buffer) -> Int? {
    let bytes = name.array
    guard let mark = bytes.lastIndex(of: UInt8(ascii: ";")), mark > 0, number(bytes[(mark + 1)...]) != nil else { return nil }
    return mark
  }

  /// `QPGMR          8192 03/14/26 09:26:11 *DIR       docs/`
  private static func os400(_ words: Words) -> ListingItem? {
    guard words.count >= 6, let size = decimal(words.line[words[1]]), let day = words.monthDayYear(2), let time = words.timeOfDay(3),
      words.line[at: words[4].lowerBound] == UInt8(ascii: "*")
    else { return nil }
    let isFolder = ["*DIR", "*LIB", "*FLR", "*DDIR"].contains(words.text(4))
    return ListingItem(
      name: words.line[words[5].lowerBound..<words.line.count].array, kind: isFolder ? .folder : .file, size: isFolder ? nil : size,
      modified: CivilTime(day.year, day.month, day.day, time.hour, time.minute, time.second).instant)
  }

  /// `VOL001 3390   2026/03/14  1   15  FB      80  8000  PS  DATA.REPORT`
  private static func mvs(_ words: Words) -> ListingItem? {
    guard words.count == 10, let day = words.yearMonthDay(2), decimal(words.line[words[3]]) != nil, ["PS", "PO", "PO-E", "VSAM", "DA", "GDG"].contains(words.text(8))
    else { return nil }
    return ListingItem(
      name: words.line[words[9]].array, kind: words.text(8).hasPrefix("PO") ? .folder : .file,
      modified: CivilTime(day.year, day.month, day.day).instant)
  }

  /// A number of up to eighteen digits and nothing else.
  static func decimal(_ text: Buffer) -> Int64? {
    guard (1...18).contains(text.count), CharacterClass.digits.containsAll(text.array) else { return nil }
    return text.array.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
  }

  static func number(_ digits: some Sequence<UInt8>) -> Int? {
    var value = 0
    var count = 0
    for digit in digits {
      guard CharacterClass.digits.contains(digit), count < 9 else { return nil }
      value = value * 10 + Int(digit - 0x30)
      count += 1
    }
    return count > 0 ? value : nil
  }
}

/// A line as words between spaces.
struct Words {
  let line: Buffer
  private var ranges: [Range<Int>] = []

  /// Words past this are one with the last: names have many, facts few.
  private static let wordsMax = 24

  init(_ line: Buffer) {
    self.line = line
    let bytes = line.array
    var start: Int?
    for index in 0...bytes.count {
      let isSpace = index == bytes.count || bytes[index] == 0x20 || bytes[index] == 0x09
      if isSpace, let begin = start {
        ranges.append(begin..<index)
        start = nil
        if ranges.count == Self.wordsMax { return }
      } else if !isSpace, start == nil {
        start = index
      }
    }
  }

  var count: Int { ranges.count }
  subscript(_ index: Int) -> Range<Int> { index < ranges.count ? ranges[index] : line.count..<line.count }
  func text(_ index: Int) -> String { line[self[index]].text }

  /// Whether the line begins with a type and nine letters of rights.
  var isMode: Bool {
    guard line.count > 10, let first = line[at: 0], CharacterClass("-dlbcpsD").contains(first) else { return false }
    guard CharacterClass("-rwxsStTlL").containsAll(line[1..<10].array), let mark = line[at: 10] else { return false }
    return CharacterClass(" +@.").contains(mark)
  }

  /// The date whose first word follows word `index`, and the word after it.
  func date(after index: Int, _ now: Instant) -> (time: Instant?, next: Int)? {
    // ISO: `2026-03-14 09:26`, perhaps with a zone.
    if let day = yearMonthDay(index + 1), let time = timeOfDay(index + 2) {
      var next = index + 3
      var zone = 0
      if let minutes = zoneMinutes(next), next + 1 < count { (zone, next) = (minutes, next + 1) }
      let local = CivilTime(day.year, day.month, day.day, time.hour, time.minute, time.second).instant
      return (local.map { $0.advanced(by: .seconds(-60 * zone)) }, next)
    }
    // `Nov 2 2025`, `2 Nov 2025`, with the time of day instead of the year for half a year; months in whatever language.
    let (first, second) = (line[self[index + 1]], line[self[index + 2]])
    let (day, month): (Int, Int?)
    if let number = dayNumber(second), dayNumber(first) == nil, !first.isEmpty {
      (day, month) = (number, self.month(first))
    } else if let number = dayNumber(first), dayNumber(second) == nil, !second.isEmpty {
      (day, month) = (number, self.month(second))
    } else {
      return nil
    }
    if let year = ListingForms.number(line[self[index + 3]].array), (1_000...9_999).contains(year) {
      return (month.flatMap { CivilTime(year, $0, day).instant }, index + 4)
    }
    guard let time = timeOfDay(index + 3) else { return nil }
    return (month.flatMap { recent($0, day, time, now) }, index + 4)
  }

  /// The last time that `month`, `day` and `time` came, a day of difference between the clocks allowed.
  private func recent(_ month: Int, _ day: Int, _ time: (hour: Int, minute: Int, second: Int), _ now: Instant) -> Instant? {
    let year = CivilTime(now).year
    for year in [year + 1, year, year - 1] {
      if let instant = CivilTime(year, month, day, time.hour, time.minute).instant, instant <= now.advanced(by: .seconds(86_400)) { return instant }
    }
    return nil
  }

  private func dayNumber(_ word: Buffer) -> Int? {
    var digits = word
    // Some languages write `14.`
    if let last = digits[at: digits.count - 1], last == UInt8(ascii: ".") || last == UInt8(ascii: ",") { digits.dropLast(1) }
    return ListingForms.number(digits.array).flatMap { (1...31).contains($0) ? $0 : nil }
  }

  /// The month of an English name's first three letters; nil for other languages'.
  func month(_ word: Buffer) -> Int? {
    let start = word[0..<3].text.lowercased()
    return CivilTime.months.firstIndex { $0.lowercased() == start }.map { $0 + 1 }
  }

  func timeOfDay(_ index: Int) -> (hour: Int, minute: Int, second: Int)? {
    var word = line[self[index]].array
    var shift = 0
    if let last = word.last, word.count > 2, last & 0xDF == UInt8(ascii: "M") {
      // Twelve is the first hour of each half.
      shift = word[word.count - 2] & 0xDF == UInt8(ascii: "P") ? 12 : -12
      word.removeLast(2)
    }
    let parts = word.prefix { $0 != UInt8(ascii: ".") }.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), var hour = ListingForms.number(parts[0]), let minute = ListingForms.number(parts[1]), hour < 24, minute < 60 else { return nil }
    let second = parts.count == 3 ? ListingForms.number(parts[2]) : 0
    guard let second, second <= 60 else { return nil }
    if shift > 0, hour < 12 { hour += 12 }
    if shift < 0, hour == 12 { hour = 0 }
    return (hour, minute, second)
  }

  /// `03-14-26`, `11-02-2025`, `03/14/26`
  func monthDayYear(_ index: Int) -> (year: Int, month: Int, day: Int)? {
    guard let parts = numbers(index), let year = fullYear(parts[2]) else { return nil }
    return (year, parts[0], parts[1])
  }

  /// `2026-03-14`, `2026/03/14`
  func yearMonthDay(_ index: Int) -> (year: Int, month: Int, day: Int)? {
    guard let parts = numbers(index), parts[0] >= 1_000 else { return nil }
    return (parts[0], parts[1], parts[2])
  }

  /// Three numbers with hyphens or slashes between them.
  private func numbers(_ index: Int) -> [Int]? {
    let parts = line[self[index]].array.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "/") }
    guard parts.count == 3 else { return nil }
    let numbers = parts.compactMap { ListingForms.number($0) }
    return numbers.count == 3 ? numbers : nil
  }

  private func fullYear(_ year: Int) -> Int? {
    switch year {
    case 0..<70: 2_000 + year
    case 70..<100: 1_900 + year
    case 1_000...9_999: year
    default: nil
    }
  }

  private func zoneMinutes(_ index: Int) -> Int? {
    let word = line[self[index]].array
    guard word.count == 5, word[0] == UInt8(ascii: "+") || word[0] == UInt8(ascii: "-"), let number = ListingForms.number(word[1...]) else { return nil }
    let minutes = number / 100 * 60 + number % 100
    return word[0] == UInt8(ascii: "-") ? -minutes : minutes
  }
}
