// What an edge says of itself: a page of lines, each a word and a value, written by the edge and read by whoever steers clients to it.
// Not here: when it is asked (NameServer/Steering/HealthWatch.swift), the page's place (EdgeDesk.swift).
package import Bytes
package import World

/// How an edge is.
package struct EdgeReport: Sendable, Hashable {
  /// The edge's own name.
  package var name: String
  /// 0 is idle, 1 is as much as it can carry; more is too much.
  package var load: Double
  /// Unit: requests being worked on.
  package var open = 0
  /// Unit: requests that a cache may answer, since the edge began.
  package var requests = 0
  /// How many of them it answered from what it had.
  package var hits = 0
  /// Unit: bytes of content fetched from the origin, since the edge began.
  package var originBytes: Int64 = 0

  package init(name: String, load: Double) {
    self.name = name
    self.load = load
  }

  /// The path of the page, at the edge's own name.
  // RFC 8615 §3
  package static var path: String { "/.well-known/edge-report" }

  /// Longest page. Unit: bytes. Past it: it is no report.
  package static var bytesMax: Int { 4_096 }

  /// The page.
  package var text: String {
    """
    edge \(name)
    load \(load)
    open \(open)
    requests \(requests)
    hits \(hits)
    origin-bytes \(originBytes)

    """
  }

  /// Reads a page. Words that are not known are left out, so that edges of other versions can be asked.
  package init(reading page: Buffer) throws(SyntaxError) {
    let rule = "EdgeReport.swift"
    guard page.count <= EdgeReport.bytesMax else {
      throw SyntaxError(expected: "at most \(EdgeReport.bytesMax) bytes", found: "\(page.count)", at: EdgeReport.bytesMax, rule: rule)
    }
    var values: [Substring: (text: Substring, offset: Int)] = [:]
    var offset = 0
    let whole = page.text
    for line in whole.split(separator: "\n", omittingEmptySubsequences: false) {
      let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
      if words.count == 2, values[words[0]] == nil { values[words[0]] = (words[1], offset) }
      offset += line.utf8.count + 1
    }
    guard let name = values["edge"], !name.text.isEmpty else { throw SyntaxError(expected: "a line `edge NAME`", at: 0, rule: rule) }
    guard let load = values["load"] else { throw SyntaxError(expected: "a line `load NUMBER`", at: 0, rule: rule) }
    guard let number = Double(load.text), number.isFinite, number >= 0 else {
      throw SyntaxError(expected: "a load of 0 or more", found: "`\(load.text.prefix(20))`", at: load.offset, rule: rule)
    }
    self.init(name: String(name.text), load: number)
    open = values["open"].flatMap { Int($0.text) } ?? 0
    requests = values["requests"].flatMap { Int($0.text) } ?? 0
    hits = values["hits"].flatMap { Int($0.text) } ?? 0
    originBytes = values["origin-bytes"].flatMap { Int64($0.text) } ?? 0
  }
}
