// Conditional requests: whether the client's copy is current, and whether its idea of the file still holds.
// Not here: what is answered (SiteResponder), ranges themselves (ByteRanges).
import Bytes
import HTTP
import World

/// What a request's conditions say about one representation.
enum Preconditions {
  enum Verdict: Hashable, Sendable {
    case proceed
    /// 304: the client has it already.
    case notModified
    /// 412: the client assumed something that is not so.
    case failed
  }

  /// The fields that can make the answer anything but the whole file.
  static let fields: [FieldName] = [.ifNoneMatch, .ifModifiedSince, .range, .ifMatch, .ifUnmodifiedSince]

  /// Judges `request` (GET or HEAD) against `file`.
  // RFC 9110 §13.2.2: If-Match before If-Unmodified-Since, If-None-Match before If-Modified-Since; the dates count only without the tags.
  static func judge(_ request: RequestHead, against file: ServedFile, at now: Instant) -> Verdict {
    if request.fields.contains(.ifMatch) {
      if !matches(request.values(of: .ifMatch), file.entityTag, comparison: .strong) { return .failed }
    } else if let date = date(.ifUnmodifiedSince, request, now), file.modifiedSeconds > date {
      return .failed
    }
    if request.fields.contains(.ifNoneMatch) {
      if matches(request.values(of: .ifNoneMatch), file.entityTag, comparison: .weak) { return .notModified }
    } else if let date = date(.ifModifiedSince, request, now), file.modifiedSeconds <= date {
      return .notModified
    }
    return .proceed
  }

  /// Whether a Range field counts: there is no If-Range, or it names this very representation.
  // RFC 9110 §13.1.5: tags compare strongly, a date has to be exactly the one we gave out.
  static func rangeHolds(_ request: RequestHead, for file: ServedFile, at now: Instant) -> Bool {
    guard let condition = request.value(of: .ifRange) else { return true }
    if condition[at: 0] == UInt8(ascii: "\"") { return condition == Buffer(file.entityTag) }
    return date(.ifRange, request, now) == file.modifiedSeconds
  }

  /// The date in field `name`, in seconds since 1970; nil for none and for what is no date, which RFC 9110 §13.1.3 wants ignored.
  private static func date(_ name: FieldName, _ request: RequestHead, _ now: Instant) -> Int64? {
    request.value(of: name).flatMap { DateText.instant(of: $0, now: now) }.map(\.secondsSince1970)
  }

  enum Comparison { case strong, weak }

  /// Whether one of the tags in the lists `values` is `tag` (ours are strong), or one is `*`.
  // RFC 9110 §8.8.3.2. What is not in the grammar ends the list: it matches nothing.
  static func matches(_ values: [Buffer], _ tag: String, comparison: Comparison) -> Bool {
    let ours = Array(tag.utf8)
    for value in values {
      let bytes = value.array
      if bytes == [UInt8(ascii: "*")] { return true }
      var index = 0
      while index < bytes.count {
        if bytes[index] == UInt8(ascii: ",") || bytes[index] == 0x20 || bytes[index] == 0x09 {
          index += 1
          continue
        }
        let isWeak = bytes[index...].starts(with: "W/".utf8)
        let start = isWeak ? index + 2 : index
        guard start < bytes.count, bytes[start] == UInt8(ascii: "\""),
          let end = bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "\""))
        else { break }
        if !(isWeak && comparison == .strong), bytes[start...end].elementsEqual(ours) { return true }
        index = end + 1
      }
    }
    return false
  }
}
