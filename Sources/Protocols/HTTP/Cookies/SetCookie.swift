// What a server asks a client to remember: the Set-Cookie field, read as leniently as browsers do, written as strictly as it should be.
// Not here: whether it is remembered (CookieJar.swift).
public import Bytes
public import World

/// Which document's law holds. They differ in nameless cookies, prefixes, bounds, and what insecure servers may set.
public enum CookieRules: Sendable, Hashable {
  case rfc6265
  /// Its successor, as browsers act today.
  case rfc6265bis
}

/// A cookie with its attributes.
public struct SetCookie: Sendable, Hashable {
  /// On requests from which sites the cookie is sent along.
  // RFC 6265bis §5.6.7
  public enum SameSite: String, Sendable, Hashable, CaseIterable {
    case strict = "Strict"
    case lax = "Lax"
    case none = "None"
  }

  public var cookie: Cookie
  /// When to forget it; nil: when the client's session ends.
  public var expires: Instant?
  /// After how long to forget it; goes before `expires`. Unit: seconds; zero or less: at once.
  public var maxAge: Int64?
  /// The domain whose hosts get it, in lower case, without a dot in front; nil or empty: only the host that set it.
  public var domain: String?
  /// The path below which it is sent; nil: the folder of the path it was set at.
  public var path: Buffer?
  public var isSecure = false
  public var isHTTPOnly = false
  /// Nil: the client's default.
  public var sameSite: SameSite?

  public init(_ cookie: Cookie) { self.cookie = cookie }

  /// Reads the value of a Set-Cookie field; nil for what is to be ignored wholly.
  // RFC 6265 §5.2
  public init?(parsing field: Buffer, rules: CookieRules = .rfc6265bis, limits: CookieLimits = CookieLimits()) {
    let parsed = field.withUnsafeBytes { bytes -> SetCookie? in
      // RFC 6265bis §5.6 step 1. Differs from RFC 6265 §5.2: there what follows a control byte may count; it never comes from good servers.
      guard bytes.firstControl(from: 0) == bytes.count else { return nil }
      let end = bytes.first(UInt8(ascii: ";"), in: 0, bytes.count)
      guard let cookie = Self.cookie(field, bytes, end, rules, limits) else { return nil }
      var set = SetCookie(cookie)
      var start = end + 1
      var count = 0
      while start <= bytes.count, count < limits.attributesMax {
        let stop = bytes.first(UInt8(ascii: ";"), in: start, bytes.count)
        set.take(attribute: start..<stop, of: field, bytes, rules, limits)
        start = stop + 1
        count += 1
      }
      return set
    }
    guard let parsed else { return nil }
    self = parsed
  }

  /// The pair before the first `;`.
  private static func cookie(
    _ field: Buffer, _ bytes: UnsafeRawBufferPointer, _ end: Int, _ rules: CookieRules, _ limits: CookieLimits
  ) -> Cookie? {
    let equals = bytes.first(UInt8(ascii: "="), in: 0, end)
    let hasName = equals < end
    let name = hasName ? bytes.trimmed(0, equals) : 0..<0
    let value = hasName ? bytes.trimmed(equals + 1, end) : bytes.trimmed(0, end)
    switch rules {
    // RFC 6265 §5.2 steps 2 and 5
    case .rfc6265: if !hasName || name.isEmpty { return nil }
    // RFC 6265bis §5.6 steps 3 to 6
    case .rfc6265bis: if name.isEmpty && value.isEmpty || name.count + value.count > limits.cookieBytesMax { return nil }
    }
    return Cookie(name: field[name], value: field[value])
  }

  /// Takes one attribute in; the last of each kind counts, and what is not understood is passed over.
  // RFC 6265 §5.2.1 to §5.2.6
  private mutating func take(
    attribute range: Range<Int>, of field: Buffer, _ bytes: UnsafeRawBufferPointer, _ rules: CookieRules, _ limits: CookieLimits
  ) {
    let equals = bytes.first(UInt8(ascii: "="), in: range.lowerBound, range.upperBound)
    let name = bytes.trimmed(range.lowerBound, equals)
    let place = equals < range.upperBound ? bytes.trimmed(equals + 1, range.upperBound) : equals..<equals
    if rules == .rfc6265bis, place.count > limits.attributeBytesMax { return }
    let value = field[place]
    if bytes.spells("expires", name) {
      if let instant = CookieDate.instant(of: value) { expires = instant }
    } else if bytes.spells("max-age", name) {
      if let seconds = Self.seconds(value) { maxAge = seconds }
    } else if bytes.spells("domain", name) {
      // RFC 6265 §5.2.3: an empty one is ignored; RFC 6265bis §5.6.3: it counts, as none.
      if rules == .rfc6265, value.isEmpty { return }
      let dotless = value[at: 0] == UInt8(ascii: ".") ? value[1..<value.count] : value
      domain = dotless.text.lowercased()
    } else if bytes.spells("path", name) {
      path = value[at: 0] == UInt8(ascii: "/") ? value : nil
    } else if bytes.spells("secure", name) {
      isSecure = true
    } else if bytes.spells("httponly", name) {
      isHTTPOnly = true
    } else if bytes.spells("samesite", name) {
      sameSite = SameSite.allCases.first { $0.rawValue.lowercased() == value.text.lowercased() }
    }
  }

  /// Digits, perhaps after a `-`; nil for anything else. A number past the type's range counts as its end.
  // RFC 6265 §5.2.2
  private static func seconds(_ value: Buffer) -> Int64? {
    let isNegative = value[at: 0] == UInt8(ascii: "-")
    let digits = value[(isNegative ? 1 : 0)..<value.count].array
    guard !digits.isEmpty, digits.allSatisfy(Characters.isDigit) else { return nil }
    if isNegative { return 0 }
    return digits.reduce(0) { sum, digit in
      let (times, overflow) = sum.multipliedReportingOverflow(by: 10)
      let (total, overflow2) = times.addingReportingOverflow(Int64(digit - 0x30))
      return overflow || overflow2 ? .max : total
    }
  }

  /// The field's value; nil when name, value or an attribute holds what may not stand in a Set-Cookie field.
  // RFC 6265 §4.1.1 set-cookie-string
  public var text: Buffer? {
    let pathIsPlain = path?.array.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: ";") } ?? true
    let domainIsPlain = domain?.utf8.allSatisfy(Characters.isHost) ?? true
    guard !cookie.name.isEmpty, cookie.name.array.allSatisfy(Characters.isToken), cookie.value.array.allSatisfy(Self.isOctet), pathIsPlain, domainIsPlain
    else { return nil }
    var out = cookie.bytes
    if let expires {
      out.append("; Expires=")
      out.append(DateText.bytes(of: expires))
    }
    if let maxAge { out.append("; Max-Age=\(maxAge)") }
    if let domain, !domain.isEmpty { out.append("; Domain=\(domain)") }
    if let path {
      out.append("; Path=")
      out.append(path)
    }
    if isSecure { out.append("; Secure") }
    if isHTTPOnly { out.append("; HttpOnly") }
    if let sameSite { out.append("; SameSite=\(sameSite.rawValue)") }
    return out
  }

  // RFC 6265 §4.1.1 cookie-octet: visible ASCII without `"`, `,`, `;` and `\`
  private static func isOctet(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x2C && byte != 0x3B && byte != 0x5C
  }
}
