// Conditional requests: whether a request is to be carried out, answered 304, or refused 412, as one pure function.
// Read next: ByteRanges.swift, for what comes after it.
import Bytes
public import World

/// Evaluates the conditions a request carries.
public enum Preconditions {
  /// What is known of the resource as it is now.
  public struct Current: Sendable, Hashable {
    /// Whether it exists at all.
    public var exists: Bool
    public var tag: EntityTag?
    public var lastModified: Instant?

    public init(exists: Bool = true, tag: EntityTag? = nil, lastModified: Instant? = nil) {
      self.exists = exists
      self.tag = tag
      self.lastModified = lastModified
    }
  }

  /// What the conditions say.
  public enum Verdict: Sendable, Hashable {
    /// Carry the request out.
    case proceed
    /// Answer 304: the client has the current version.
    case notModified
    /// Answer 412.
    case failed
  }

  /// Evaluates the conditions of `head` in the order that is laid down. To be called when the answer would otherwise be a success.
  // RFC 9110 §13.2.2
  public static func evaluate(_ head: RequestHead, _ current: Current, now: Instant) -> Verdict {
    if let value = head.fields.joined(.ifMatch) {
      // RFC 9110 §13.1.1: strong comparison.
      if !matches(EntityTagList(parsing: value), current, isStrong: true) { return .failed }
    } else if let date = date(.ifUnmodifiedSince, head, now), let changed = current.lastModified {
      if changed.secondsSince1970 > date.secondsSince1970 { return .failed }
    }
    let reads = head.method == .get || head.method == .head
    if let value = head.fields.joined(.ifNoneMatch) {
      // RFC 9110 §13.1.2: weak comparison, and If-Modified-Since is ignored.
      return matches(EntityTagList(parsing: value), current, isStrong: false) ? (reads ? .notModified : .failed) : .proceed
    }
    if reads, let date = date(.ifModifiedSince, head, now), let changed = current.lastModified {
      // RFC 9110 §13.1.3: a date in the future is invalid, and a field with an invalid date is ignored.
      if date <= now, changed.secondsSince1970 <= date.secondsSince1970 { return .notModified }
    }
    return .proceed
  }

  /// Whether the Range field of `head` is to be looked at. Without If-Range: yes.
  // RFC 9110 §13.1.5: strong comparison, a date exactly equal and itself strong; anything else sends the whole.
  public static func wantsRange(_ head: RequestHead, _ current: Current, now: Instant) -> Bool {
    guard head.method == .get else { return false }
    guard let value = head.value(of: .ifRange) else { return true }
    if let tag = EntityTag(parsing: value) { return current.tag?.isStrongly(tag) ?? false }
    guard let date = DateText.instant(of: value, now: now), let changed = current.lastModified else { return false }
    // RFC 9110 §8.8.2.2: a date is strong only when at least a second has passed since.
    return date.secondsSince1970 == changed.secondsSince1970 && now.secondsSince1970 > changed.secondsSince1970
  }

  private static func date(_ name: FieldName, _ head: RequestHead, _ now: Instant) -> Instant? {
    head.value(of: name).flatMap { DateText.instant(of: $0, now: now) }
  }

  private static func matches(_ list: EntityTagList, _ current: Current, isStrong: Bool) -> Bool {
    switch list {
    case .any: return current.exists
    case .tags(let tags):
      guard current.exists, let tag = current.tag else { return false }
      return tags.contains { isStrong ? $0.isStrongly(tag) : $0.isWeakly(tag) }
    }
  }
}
