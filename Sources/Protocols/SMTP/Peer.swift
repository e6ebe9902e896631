// What a server says it can do: the answer to EHLO.

/// A server as it presents itself.
public struct Peer: Sendable, Hashable {
  /// Its name for itself: the first word of its answer.
  public var name: String
  /// Whether it answered to EHLO.
  public var isExtended: Bool
  public var isEncrypted = false
  /// The keywords in capitals with their parameters, in the order they came.
  public private(set) var extensions: [Extension] = []

  /// One line of the answer.
  public struct Extension: Sendable, Hashable {
    /// In capitals.
    public var keyword: String
    public var parameters: [String]
  }

  /// Reads the answer to EHLO or HELO.
  // RFC 5321 §4.1.1.1 ehlo-ok-rsp
  init(_ reply: Reply, isExtended: Bool, isEncrypted: Bool) {
    name = reply.lines.first.map { String($0.prefix { $0 != " " }) } ?? ""
    self.isExtended = isExtended
    self.isEncrypted = isEncrypted
    guard isExtended else { return }
    for line in reply.lines.dropFirst() {
      // Before there was a standard, mechanisms stood behind a sign of equality, and some servers say it both ways.
      let words = line.split { $0 == " " || $0 == "\t" }.map(String.init)
      guard let keyword = words.first else { continue }
      if keyword.utf8.count > 5, keyword.utf8.prefix(5).map(uppercase).elementsEqual("AUTH=".utf8) {
        extensions.append(Extension(keyword: "AUTH", parameters: [String(keyword.dropFirst(5))] + words.dropFirst()))
      } else {
        extensions.append(Extension(keyword: keyword.uppercased(), parameters: Array(words.dropFirst())))
      }
    }
  }

  /// Whether it offers `keyword`.
  public func offers(_ keyword: String) -> Bool { extensions.contains { $0.keyword == keyword } }

  private func parameters(of keyword: String) -> [String] { extensions.filter { $0.keyword == keyword }.flatMap(\.parameters) }

  /// Whether several commands may be sent at once.
  // RFC 2920 §2
  public var pipelines: Bool { offers("PIPELINING") }
  // RFC 6152 §2
  public var takesEightBits: Bool { offers("8BITMIME") }
  // RFC 3207 §2
  public var offersTLS: Bool { offers("STARTTLS") }
  /// The ways to log in that it offers.
  // RFC 4954 §3
  public var mechanisms: [String] { parameters(of: "AUTH") }

  /// Whether the size of messages may be told.
  // RFC 1870 §4
  public var takesSizes: Bool { offers("SIZE") }
  /// The largest message it takes; nil: it does not say. Unit: bytes.
  // RFC 1870 §4: 0 stands for no limit.
  public var messageBytesMax: Int64? { parameters(of: "SIZE").first.flatMap { Int64($0) }.flatMap { $0 > 0 ? $0 : nil } }
  /// The most recipients of one transaction; nil: it does not say.
  // RFC 9422 §4
  public var recipientsMax: Int? {
    parameters(of: "LIMITS").lazy.compactMap { limit -> Int? in
      let sides = limit.split(separator: "=", maxSplits: 1)
      guard sides.count == 2, sides[0].utf8.map(uppercase).elementsEqual("RCPTMAX".utf8), let count = Int(sides[1]), count > 0 else { return nil }
      return count
    }.first
  }
}
