// The dates of mail: `Sat, 29 Nov 2025 08:25:00 +0100`, written in one form and read in all that are met.
// Not here: IMAP's dates, which have hyphens (IMAP's own).
public import Bytes
public import World

/// A moment, and how far the clock it was read from is ahead of UTC.
// RFC 5322 §3.3 date-time
public struct MailDate: Hashable, Sendable {
  public var instant: Instant
  /// Unit: minutes east of UTC.
  public var zoneMinutes: Int

  public init(_ instant: Instant, zoneMinutes: Int = 0) {
    self.instant = instant
    self.zoneMinutes = max(-1_439, min(1_439, zoneMinutes))
  }

  static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
  static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

  /// As it stands in a Date field.
  public var text: String {
    let seconds = instant.secondsSince1970 + Int64(zoneMinutes) * 60
    let (date, second) = CivilDate.at(secondsSince1970: seconds)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let zone = abs(zoneMinutes)
    return "\(Self.days[date.weekday]), \(date.day) \(Self.months[date.month - 1]) \(date.year) \(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60)) "
      + "\(zoneMinutes < 0 ? "-" : "+")\(two(zone / 60))\(two(zone % 60))"
  }

  /// Reads a Date field's value: with or without weekday, seconds and zone, with zones by name and years of two digits.
  // RFC 5322 §3.3, §4.3
  public init?(reading value: Buffer) {
    guard value.count <= 1_000 else { return nil }
    var words = Self.words(value)
    // A weekday, and what is no day of a month, before the day.
    if let first = words.first, Int(first) == nil, !words.isEmpty { words.removeFirst() }
    guard words.count >= 4, let day = Self.number(words[0], 1...31), let month = Self.months.firstIndex(where: { words[1].lowercased().hasPrefix($0.lowercased()) }),
      var year = Self.number(words[2], 0...9_999)
    else { return nil }
    // RFC 5322 §4.3: two digits below 50 are of this century, the others and three digits of the last.
    if words[2].utf8.count == 2 { year += year < 50 ? 2_000 : 1_900 } else if words[2].utf8.count == 3 { year += 1_900 }
    let clock = words[3].split(separator: ":", omittingEmptySubsequences: false)
    guard (2...3).contains(clock.count), let hour = Self.number(clock[0], 0...23), let minute = Self.number(clock[1], 0...59),
      let second = clock.count == 3 ? Self.number(clock[2], 0...60) : 0
    else { return nil }
    let zone = words.count > 4 ? Self.zone(words[4]) : 0
    guard let date = CivilDate(year, month + 1, day) else { return nil }
    // A leap second counts as the second before it.
    let seconds = date.dayNumber * 86_400 + Int64(hour * 3_600 + minute * 60 + min(second, 59) - zone * 60)
    // An instant counts nanoseconds in 64 bits: what lies outside 1678 to 2262 counts as its end.
    self.init(Instant(secondsSince1970: max(-9_223_372_036, min(9_223_372_036, seconds))), zoneMinutes: zone)
  }

  /// The words, comments left out; the comma behind the weekday parts words.
  private static func words(_ value: Buffer) -> [String] {
    var words: [String] = []
    var word: [UInt8] = []
    var depth = 0
    for byte in value.array + [0x20] {
      if byte == UInt8(ascii: "(") { depth += 1 }
      if depth == 0, !ASCII.isSpace(byte), byte != UInt8(ascii: ",") {
        word.append(byte)
      } else if !word.isEmpty {
        words.append(String(decoding: word, as: UTF8.self))
        word = []
      }
      if byte == UInt8(ascii: ")"), depth > 0 { depth -= 1 }
      if words.count > 8 { break }
    }
    return words
  }

  private static func number(_ text: some StringProtocol, _ range: ClosedRange<Int>) -> Int? {
    guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), range.contains(number) else { return nil }
    return number
  }

  // RFC 5322 §4.3: names nobody knows mean that the zone is unknown, as -0000.
  private static func zone(_ word: String) -> Int {
    let bytes = Array(word.utf8)
    if let sign = bytes.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), bytes.count == 5, let digits = number(word.dropFirst(), 0...9_999) {
      let minutes = min(digits / 100 * 60 + digits % 100, 1_439)
      return sign == UInt8(ascii: "-") ? -minutes : minutes
    }
    switch word.uppercased() {
    case "EDT": return -240
    case "EST", "CDT": return -300
    case "CST", "MDT": return -360
    case "MST", "PDT": return -420
    case "PST": return -480
    default: return 0
    }
  }
}
