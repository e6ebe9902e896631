// Questions that a check has for the DNS, and the answers to them, as values: who asks them is not known here.
// Read next: SPF/SenderCheck.swift, DKIM/SignatureCheck.swift.
public import DNS

/// What a check wants to know.
public struct LookupQuestion: Hashable, Sendable {
  public var name: Name
  public var type: RecordType

  public init(_ name: Name, _ type: RecordType) {
    self.name = name
    self.type = type
  }
}

/// What became of a question.
public enum LookupAnswer: Hashable, Sendable {
  /// The data of the type asked for, aliases followed; may be none.
  case records([RecordData])
  /// There is no such name.
  case noName
  /// Nobody knows: no server answered, an answer was no answer, or DNSSEC says it is forged.
  case failed

  /// The texts, each of them with its strings joined; nothing for other types.
  // RFC 7208 §3.3, RFC 6376 §3.6.2.2: strings are joined without blanks.
  var texts: [[UInt8]] {
    guard case .records(let records) = self else { return [] }
    return records.compactMap { if case .txt(let strings) = $0 { Array(strings.joined()) } else { nil } }
  }
}

extension Name {
  /// The name whose labels stand between the dots of `text`, which may end with one; bytes mean themselves. Nil: it is none.
  init?(plain text: some StringProtocol) {
    var labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
    guard let name = try? Name(labels: labels.map { Array($0) }) else { return nil }
    self = name
  }

  /// The labels between dots, without one at the end; bytes mean themselves.
  var plain: String {
    var text: [UInt8] = []
    var index = 0
    while index < wire.count, wire[index] > 0 {
      let end = min(wire.count, index + 1 + Int(wire[index]))
      if !text.isEmpty { text.append(UInt8(ascii: ".")) }
      text += wire[(index + 1)..<end]
      index = end
    }
    return String(decoding: text, as: UTF8.self)
  }
}
