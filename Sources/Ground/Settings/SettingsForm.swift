// The forms a setting's text can have: number, duration, size, rate, share, address, one of several words.
// Each says what it expects in the words of an error, and reads its text strictly. Other modules add forms of their own by `init`.
public import World

/// A way to read the text of one value.
public struct SettingsForm<Value> {
  /// What is expected, to stand after "expected": "a whole number from 1 to 65535".
  public var expected: String
  /// What reading goes on with where a required value is missing or wrong.
  public var standIn: Value
  /// The value; nil: the text has another form.
  public var read: (String) -> Value?
  /// The words that are allowed, when there are few.
  var words: [String] = []

  public init(expected: String, standIn: Value, read: @escaping (String) -> Value?) {
    self.expected = expected
    self.standIn = standIn
    self.read = read
  }

  func hint(for node: SettingsNode) -> String {
    guard case .scalar(let text, _) = node.content, let near = NearestWord.of(text, among: words) else { return "" }
    return "; did you mean `\(near)`?"
  }
}

extension SettingsForm where Value == String {
  /// Any text, also an empty one in quotes.
  public static var text: Self { Self(expected: "a text", standIn: "") { $0 } }
}

extension SettingsForm where Value == Bool {
  /// `true` or `false`, also written `yes`, `no`, `on`, `off`.
  public static var boolean: Self {
    Self(expected: "true or false", standIn: false) { text in
      switch text {
      case "true", "yes", "on": true
      case "false", "no", "off": false
      default: nil
      }
    }
  }
}

extension SettingsForm where Value == Int {
  /// A whole number in `range`, in decimal digits; `_` may group them.
  public static func integer(_ range: ClosedRange<Int>) -> Self {
    Self(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)", standIn: range.lowerBound) { text in
      let digits = text.filter { $0 != "_" }
      guard digits.utf8.first != UInt8(ascii: "+"), let number = Int(digits), range.contains(number) else { return nil }
      return number
    }
  }

  /// A size in bytes: `512`, `64KiB`, `10 MB`.
  public static var size: Self {
    Self(expected: "a size such as 512, 64KiB or 10MB", standIn: 0) { text in
      Quantity(text, units: [
        "": 1, "B": 1, "kB": 1_000, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000, "KiB": 1_024, "MiB": 1_048_576, "GiB": 1_073_741_824,
      ])?.total
    }
  }

  /// A rate in bits per second: `20Mbit/s`, `512 kbit/s`.
  public static var rate: Self {
    Self(expected: "a rate such as 20Mbit/s or 512kbit/s", standIn: 1) { text in
      guard let rate = Quantity(text, units: ["bit/s": 1, "kbit/s": 1_000, "Mbit/s": 1_000_000, "Gbit/s": 1_000_000_000])?.total, rate > 0
      else { return nil }
      return rate
    }
  }
}

extension SettingsForm where Value == Duration {
  /// A stretch of time: `10ms`, `5s`, `1h30m`, `1.5s`, `0`.
  public static var duration: Self {
    Self(expected: "a duration such as 10ms, 5s or 1h30m", standIn: .zero) { text in
      if text == "0" { return .zero }
      var total = 0
      var rest = text[...]
      // Each part has a smaller unit than the one before, so that `5s1h` and `1s1s` are slips and not sums.
      var smallest = Int.max
      while !rest.isEmpty {
        let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        rest = rest.dropFirst(number.count)
        let unit = rest.prefix { $0.isLetter }
        rest = rest.dropFirst(unit.count)
        guard let size = Quantity.nanoseconds[String(unit)], size < smallest,
          let part = Quantity("\(number)\(unit)", units: Quantity.nanoseconds)?.total
        else { return nil }
        smallest = size
        let (sum, overflow) = total.addingReportingOverflow(part)
        guard !overflow else { return nil }
        total = sum
      }
      return text.isEmpty ? nil : .nanoseconds(total)
    }
  }
}

extension SettingsForm where Value == Double {
  /// A share of a whole: `5%`, `0.5 %`. From 0 to 1, in steps of a millionth.
  public static var share: Self {
    Self(expected: "a share such as 5% or 0.1%", standIn: 0) { text in
      guard let millionths = Quantity(text, units: ["%": 10_000])?.total, millionths <= 1_000_000 else { return nil }
      return Double(millionths) / 1_000_000
    }
  }
}

extension SettingsForm where Value == Address {
  /// An IPv4 or IPv6 address.
  public static var address: Self {
    Self(expected: "an IPv4 or IPv6 address", standIn: .any) { Address($0) }
  }
}

extension SettingsForm where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of the cases' names; `standIn` is what reading goes on with.
  public static func choice(standIn: Value) -> Self {
    let names = Value.allCases.map(\.rawValue)
    var form = Self(expected: "one of " + names.joined(separator: ", "), standIn: standIn) { Value(rawValue: $0) }
    form.words = names
    return form
  }
}

/// A number with a unit, exact to the smallest one.
struct Quantity {
  /// Unit: the smallest unit of the table it was read by.
  var total: Int

  static let nanoseconds = [
    "ns": 1, "us": 1_000, "µs": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "min": 60_000_000_000,
    "h": 3_600_000_000_000, "d": 86_400_000_000_000,
  ]

  /// Reads `1.5KiB`, `20 Mbit/s`. Nil: another form, more digits than the smallest unit can show, or too large.
  init?(_ text: String, units: [String: Int]) {
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = text.dropFirst(number.count).drop { $0 == " " }
    guard let factor = units[String(unit)] else { return nil }
    let parts = number.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let whole = Int(parts[0]) else { return nil }
    let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    total = product
    guard parts.count == 2 else { return }
    guard (1...9).contains(parts[1].count), let fraction = Int(parts[1]) else { return nil }
    var scale = 1
    for _ in 0..<parts[1].count { scale *= 10 }
    // At most 9 digits times at most a day in nanoseconds: 10^9 * 8.64 * 10^13 is past Int, so it is checked.
    let (scaled, tooLarge) = fraction.multipliedReportingOverflow(by: factor)
    guard !tooLarge, scaled % scale == 0 else { return nil }
    let (sum, tooMuch) = total.addingReportingOverflow(scaled / scale)
    guard !tooMuch else { return nil }
    total = sum
  }
}
