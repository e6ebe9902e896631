// What a domain asks to be done with mail that bears its name and is not its own: the record `v=DMARC1; p=…` at `_dmarc` below it.
// Not here: weighing a message by it (AuthorCheck.swift), reports about it, which this library neither writes nor reads.
import Bytes

/// One policy record.
// RFC 9989 §4.7; before it RFC 7489 §6.3
public struct AuthorPolicy: Hashable, Sendable {
  /// What is asked for.
  public enum Request: String, Hashable, Sendable, CaseIterable {
    case none, quarantine, reject

    /// What is done while the domain is trying it out: one step less.
    // RFC 9989 §4.7 t
    var lowered: Request { self == .reject ? .quarantine : .none }
  }

  /// What a domain says of itself.
  // RFC 9989 §4.7 psd
  public enum Standing: String, Hashable, Sendable {
    /// Others register names below it.
    case registry = "y"
    /// It is an organisation's own, whatever stands above it.
    case organisation = "n"
    case unknown = "u"
  }

  /// For the domain itself.
  public var request = Request.none
  /// For names below it; nil: the same.
  public var belowRequest: Request?
  /// For names below it that do not exist; nil: as for those that do.
  public var nowhereRequest: Request?
  /// Whether a signature, or a sender, counts only for exactly its own domain.
  public var needsExactSignature = false
  public var needsExactSender = false
  public var standing = Standing.unknown
  /// The domain is only trying it out.
  public var isTest = false

  /// Reads a record; nil: it is none. What cannot be read in it counts as absent.
  // RFC 9989 §4.8 dmarc-record; §4.7: unknown tags and mistakes after the version are passed over.
  public init?(_ text: [UInt8]) {
    var tags: [String: String] = [:]
    for (index, part) in text.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).enumerated() {
      let halves = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false).map { String(decoding: ASCII.trimmed($0), as: UTF8.self) }
      // The version stands first, and its case matters.
      if index == 0 {
        guard halves.count == 2, halves[0].lowercased() == "v", halves[1] == "DMARC1" else { return nil }
      } else if halves.count == 2 {
        // Of two tags of one name the first one counts.
        let name = halves[0].lowercased()
        if tags[name] == nil { tags[name] = halves[1].lowercased() }
      }
    }
    func word(_ name: String) -> Request? { tags[name].flatMap { Request(rawValue: $0) } }
    request = word("p") ?? .none
    belowRequest = word("sp")
    nowhereRequest = word("np")
    needsExactSignature = tags["adkim"] == "s"
    needsExactSender = tags["aspf"] == "s"
    standing = tags["psd"].flatMap { Standing(rawValue: $0) } ?? .unknown
    isTest = tags["t"] == "y"
  }
}
