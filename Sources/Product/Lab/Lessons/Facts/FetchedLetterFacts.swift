// Letters that somebody fetched as facts: who wrote them, the stamps of their hops, what servers found out about them, where their links lead.
// Read before: SpokenLines.swift, LetterFacts.swift (what every letter has).
import Bytes
import Mail
import Trace
import World

/// Reads letters as facts.
struct FetchedLetterFacts {
  private let trace: TraceFacts

  init(_ trace: TraceFacts) { self.trace = trace }

  /// Most links of a letter. Unit: links. Past it: the rest makes no facts.
  private static var linksMax: Int { 256 }

  func facts(of letters: [FetchedLetter]) -> [TraceFacts.Draft] { letters.map { TraceFacts.Draft($0.passed, fact(of: $0)) } }

  private func fact(of letter: FetchedLetter) -> LessonFact {
    let sequence = letter.passed.passage.event.sequence
    let head = MessageHead(reading: letter.content)
    var members = trace.members(of: letter.passed).merging(LetterFacts.members(of: letter.content, message: sequence)) { $1 }
    members["bytes"] = .number(Double(letter.content.count))
    members["number"] = .number(Double(letter.number))
    members["mailbox"] = .text(letter.mailbox)
    members["way"] = .text(letter.way)
    if let author = head.addresses("from").mailboxes.first {
      if let address = author.address {
        members["author"] = .text(address.description)
        members["authorDomain"] = .text(address.domain.description)
      }
      if let name = author.displayName { members["authorName"] = .text(name) }
    }
    if let address = head.addresses("reply-to").mailboxes.first?.address { members["replyTo"] = .text(address.description) }
    members["subject"] = .text(head.text("subject") ?? "")
    if let path = head.value("return-path") { members["returnPath"] = .text(path.text) }
    members["stamp"] = .list(head.all("received").map { .fact(stamp(head.value(of: $0).text, sequence)) })
    members["verdict"] = .list(head.all("authentication-results").flatMap { Self.verdicts(head.value(of: $0).text, sequence) })
    let text = Self.text(of: letter.content)
    members["text"] = .text(text)
    members["link"] = .list(Self.links(in: text, sequence))
    return LessonFact(.fetchedLetter, members, message: sequence)
  }

  // MARK: Stamps

  /// `from NAME (… [ADDRESS]) by NAME with PROTOCOL id ID for <ADDRESS>; DATE`
  // RFC 5321 §4.4
  private func stamp(_ value: String, _ sequence: UInt64) -> LessonFact {
    var members: [String: LessonValue] = ["line": .text(value.split { $0 == " " || $0 == "\t" }.joined(separator: " "))]
    let semicolon = value.lastIndex(of: ";")
    let words = value[..<(semicolon ?? value.endIndex)].split { $0 == " " || $0 == "\t" }
    func word(after name: String) -> String? {
      words.firstIndex { $0.lowercased() == name }.flatMap { words.indices.contains($0 + 1) ? String(words[$0 + 1]) : nil }
    }
    for name in ["from", "by", "with"] { if let word = word(after: name) { members[name] = .text(word) } }
    if let word = word(after: "for") { members["for"] = .text(word.filter { $0 != "<" && $0 != ">" }) }
    if let open = value.firstIndex(of: "["), let close = value[open...].firstIndex(of: "]") {
      let literal = value[value.index(after: open)..<close]
      members["address"] = .text(String(literal.lowercased().hasPrefix("ipv6:") ? literal.dropFirst(5) : literal))
    }
    if let semicolon, let date = MailDate(reading: Buffer(String(value[value.index(after: semicolon)...]))) { members["time"] = trace.moment(date.instant) }
    return LessonFact(.stamp, members, message: sequence)
  }

  // MARK: Verdicts

  /// `SERVER; METHOD=RESULT reason="…" PROPERTY=VALUE …; …`
  // RFC 8601 §2.2
  private static func verdicts(_ value: String, _ sequence: UInt64) -> [LessonValue] {
    let parts = split(value, at: ";")
    guard let server = parts.first?.trimmed else { return [] }
    return parts.dropFirst().compactMap { part in
      let words = split(part, at: " ").flatMap { split(String($0), at: "\t") }.filter { !$0.isEmpty }
      guard let pair = words.first?.split(separator: "=", maxSplits: 1), pair.count == 2 else { return nil }
      var members: [String: LessonValue] = ["server": .text(server), "method": .text(pair[0].lowercased()), "result": .text(pair[1].lowercased())]
      for word in words.dropFirst() {
        let parts = word.split(separator: "=", maxSplits: 1)
        guard parts.count == 2 else { continue }
        let value = String(parts[1]).filter { $0 != "\"" }
        switch parts[0].lowercased() {
        case "reason": members["reason"] = .text(value)
        case "header.d": members["domain"] = .text(value)
        case "smtp.mailfrom", "smtp.helo": members["domain"] = .text(String(value.split(separator: "@").last ?? ""))
        default: break
        }
      }
      return .fact(LessonFact(.verdict, members, message: sequence))
    }
  }

  /// The pieces between separators that do not stand in quotes.
  private static func split(_ text: String, at separator: Character) -> [String] {
    var pieces = [""]
    var isQuoted = false
    for character in text {
      if character == "\"" { isQuoted.toggle() }
      if character == separator, !isQuoted { pieces.append("") } else { pieces[pieces.count - 1].append(character) }
    }
    return pieces
  }

  // MARK: Content

  /// The text of the first part that has one.
  private static func text(of content: Buffer) -> String {
    let structure = MessageStructure(reading: content)
    guard let part = structure.parts.first(where: { $0.kind == .leaf && $0.content.type == "text" }) else { return "" }
    let bytes = content[part.body]
    return TransferEncoding(part.content.encoding).map { TransferDecoder.decoded(bytes, $0).text } ?? bytes.text
  }

  /// Of HTML what stands in `a` with where it leads, of plain text each address, which is its own text.
  private static func links(in text: String, _ sequence: UInt64) -> [LessonValue] {
    var links: [LessonValue] = []
    var rest = text[...]
    let isHTML = text.contains("<a ")
    while links.count < linksMax, let start = rest.firstRange(of: isHTML ? "href=\"" : "http") {
      rest = rest[(isHTML ? start.upperBound : start.lowerBound)...]
      let url = String(rest.prefix { isHTML ? $0 != "\"" : !$0.isWhitespace })
      rest = rest.dropFirst(url.count)
      var shown = url
      if isHTML {
        guard let open = rest.firstIndex(of: ">"), let end = rest.firstRange(of: "</a>"), open < end.lowerBound else { break }
        shown = String(rest[rest.index(after: open)..<end.lowerBound])
      }
      let host = url.firstRange(of: "://").map { url[$0.upperBound...].prefix { $0 != "/" && $0 != ":" && $0 != "?" } } ?? ""
      links.append(.fact(LessonFact(.link, ["text": .text(shown), "url": .text(url), "host": .text(String(host))], message: sequence)))
    }
    return links
  }
}
