// Cache-Control as values: what a request demands of caches, and what a response allows them.
// Not here: what follows from it (Storability.swift, StoredResponse.swift), CDN-Cache-Control's grammar (TargetedControl.swift).
public import Bytes

/// The directives of Cache-Control, of a request or of a response. Durations in seconds; nil: not given.
// RFC 9111 §5.2
public struct CacheControl: Sendable, Hashable {
  public var maxAge: Int64?
  /// Responses only: in the place of `maxAge` for caches that serve many.
  public var sharedMaxAge: Int64?
  /// Requests only: how long a response may be stale; `Int64.max` for `max-stale` without a number.
  public var maxStale: Int64?
  /// Requests only: how long a response must still be fresh.
  public var minFresh: Int64?
  // RFC 5861 §3, §4
  public var staleWhileRevalidate: Int64?
  public var staleIfError: Int64?
  /// To be validated before each use. The form that names fields counts as the one without: safe, and what most caches do.
  public var isNoCache = false
  public var isNoStore = false
  public var isPrivate = false
  public var isPublic = false
  public var mustRevalidate = false
  public var proxyRevalidate = false
  public var mustUnderstand = false
  /// Requests only: answer from the cache or not at all.
  public var onlyIfCached = false
  public var noTransform = false
  // RFC 8246 §2
  public var isImmutable = false

  public init() {}

  /// The largest number of seconds that is told apart from more.
  // RFC 9111 §1.2.2
  public static let secondsMax: Int64 = 2_147_483_648
  /// Most directives read. Unit: directives. Past it: the rest is ignored, but for one that forbids storing the message counts as said.
  static let directivesMax = 64

  /// Reads the values of all Cache-Control fields of a message.
  public init(parsing values: [Buffer]) {
    var count = 0
    for value in values {
      value.withUnsafeBytes { bytes in
        DirectiveList.read(bytes) { name, argument in
          count += 1
          if count > Self.directivesMax {
            isNoStore = true
            return false
          }
          note(bytes, name, argument)
          return true
        }
      }
    }
  }

  /// Reads what `fields` say; without any Cache-Control, `Pragma: no-cache` counts in a request.
  public init(of fields: Fields, inRequest: Bool) {
    self.init(parsing: fields.values(of: .cacheControl))
    // RFC 9111 §5.4
    guard inRequest, !fields.contains(.cacheControl) else { return }
    for value in fields.values(of: .pragma) {
      value.withUnsafeBytes { bytes in
        DirectiveList.read(bytes) { name, _ in
          if bytes.spells("no-cache", name) { isNoCache = true }
          return true
        }
      }
    }
  }

  private mutating func note(_ bytes: UnsafeRawBufferPointer, _ name: Range<Int>, _ argument: Range<Int>?) {
    // RFC 9111 §5.2: names in any letter case; what is not known is passed over.
    if bytes.spells("max-age", name) { Self.set(&maxAge, bytes, argument) }
    else if bytes.spells("s-maxage", name) { Self.set(&sharedMaxAge, bytes, argument) }
    else if bytes.spells("max-stale", name) {
      if argument == nil { maxStale = maxStale ?? .max } else { Self.set(&maxStale, bytes, argument) }
    }
    else if bytes.spells("min-fresh", name) { if let argument { minFresh = minFresh ?? Self.seconds(bytes, argument) ?? Self.secondsMax } }
    else if bytes.spells("stale-while-revalidate", name) { Self.set(&staleWhileRevalidate, bytes, argument) }
    else if bytes.spells("stale-if-error", name) { Self.set(&staleIfError, bytes, argument) }
    else if bytes.spells("no-cache", name) { isNoCache = true }
    else if bytes.spells("no-store", name) { isNoStore = true }
    else if bytes.spells("private", name) { isPrivate = true }
    else if bytes.spells("public", name) { isPublic = true }
    else if bytes.spells("must-revalidate", name) { mustRevalidate = true }
    else if bytes.spells("proxy-revalidate", name) { proxyRevalidate = true }
    else if bytes.spells("must-understand", name) { mustUnderstand = true }
    else if bytes.spells("only-if-cached", name) { onlyIfCached = true }
    else if bytes.spells("no-transform", name) { noTransform = true }
    else if bytes.spells("immutable", name) { isImmutable = true }
  }

  /// The first value counts, and one that is no number counts as zero: such a response is stale.
  // RFC 9111 §4.2.1
  private static func set(_ place: inout Int64?, _ bytes: UnsafeRawBufferPointer, _ argument: Range<Int>?) {
    if place == nil { place = argument.flatMap { seconds(bytes, $0) } ?? 0 }
  }

  // RFC 9111 §1.2.2 delta-seconds
  static func seconds(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Int64? {
    guard !range.isEmpty else { return nil }
    var value: Int64 = 0
    for index in range {
      guard Characters.isDigit(bytes[index]) else { return nil }
      value = min(secondsMax, value &* 10 &+ Int64(bytes[index] &- 0x30))
    }
    return value
  }
}

/// Lists of `name` and `name=argument`.
enum DirectiveList {
  /// Calls `body` with each directive's name and argument (without its quotes) until it returns false. What is no directive is passed over;
  /// a quote that never ends takes the rest with it.
  // RFC 9110 §5.6.1, §5.6.4
  static func read(_ bytes: UnsafeRawBufferPointer, _ body: (_ name: Range<Int>, _ argument: Range<Int>?) -> Bool) {
    var start = 0
    while start < bytes.count {
      var end = start
      var isQuoted = false
      while end < bytes.count, isQuoted || bytes[end] != 0x2C {
        if isQuoted, bytes[end] == 0x5C { end &+= 1 } else if bytes[end] == 0x22 { isQuoted.toggle() }
        end &+= 1
      }
      end = min(end, bytes.count)
      let element = bytes.trimmed(start, end)
      start = end &+ 1
      let equals = bytes.first(0x3D, in: element.lowerBound, element.upperBound)
      let name = element.lowerBound..<equals
      guard !name.isEmpty, name.allSatisfy({ Characters.isToken(bytes[$0]) }) else { continue }
      var argument: Range<Int>?
      if equals < element.upperBound {
        var value = (equals &+ 1)..<element.upperBound
        if value.count >= 2, bytes[value.lowerBound] == 0x22, bytes[value.upperBound &- 1] == 0x22 {
          value = (value.lowerBound &+ 1)..<(value.upperBound &- 1)
        }
        argument = value
      }
      if !body(name, argument) { return }
    }
  }
}
