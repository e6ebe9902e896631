// Other name systems as facts: lines of hosts files and what an address book makes of them, onion names. Both are read from pages that passed (HTTPFacts).
// Not here: blocks of zones, which nodes of the hash table hand to one another (SwarmFacts.swift).
import Bytes
import Names
import Trace
import World

/// Reads what pages say of other name systems as facts.
struct NamesFacts {
  /// Most onion names read of one page. Unit: names. Past it: the rest makes no facts.
  private static var onionsMax: Int { 256 }

  func facts(of pages: [LessonValue]) -> LessonFact {
    let responses = pages.compactMap { if case .fact(let fact) = $0 { fact } else { nil } }
    return LessonFact(.names, ["line": .list(lines(responses).map { .fact($0) }), "onion": .list(responses.flatMap { onions($0) }.map { .fact($0) })])
  }

  private func text(_ member: String, of fact: LessonFact) -> String {
    if case .text(let text)? = fact.members[member] { text } else { "" }
  }

  /// The lines of every hosts file that came, with what two books make of them that take them in as they came.
  private func lines(_ responses: [LessonFact]) -> [LessonFact] {
    var trusting = AddressBook(rule: .first)
    var careful = AddressBook(rule: .secondSource)
    var facts: [LessonFact] = []
    for response in responses {
      guard case .fact(let request)? = response.members["request"], text("path", of: request).hasSuffix("hosts.txt") else { continue }
      let file = HostsFile(reading: Buffer(text("body", of: response)))
      let source = "http://\(text("host", of: request))\(text("path", of: request))"
      for (line, changes) in zip(file.lines, zip(trusting.take(file, from: source), careful.take(file, from: source))) {
        func word(_ change: AddressBook.Change) -> String {
          switch change {
          case .added: "new"
          case .confirmed: "confirmed"
          case .waits: "waits"
          case .conflict: "conflict"
          case .full: "full"
          }
        }
        facts.append(LessonFact(.hostsLine, [
          "source": .text(source), "name": .text(line.name.text), "destination": .text(line.destination.text), "b32": .text(String(line.destination.b32.dropLast(8))),
          "first": .text(word(changes.0)), "second": .text(word(changes.1)),
        ], message: response.message))
      }
    }
    return facts
  }

  /// What stands before `.onion` in a page.
  private func onions(_ response: LessonFact) -> [LessonFact] {
    let words = text("body", of: response).split { !($0.isLetter || $0.isNumber || $0 == ".") }.filter { $0.hasSuffix(".onion") }.prefix(Self.onionsMax)
    let first = words.first.map { $0.dropLast(6) } ?? ""
    return words.map { word in
      var members: [String: LessonValue] = ["name": .text(String(word)), "alike": .number(Double(zip(word.dropLast(6), first).prefix { $0 == $1 }.count))]
      do throws(OnionName.Problem) {
        let name = try OnionName(word)
        members["valid"] = .truth(true)
        members["key"] = .text(Hexadecimal.text(name.key))
        members["checksum"] = .text(Hexadecimal.text(OnionName.checksum(of: name.key)))
      } catch {
        members["valid"] = .truth(false)
        members["problem"] = .text(error.description)
      }
      return LessonFact(.onionName, members, message: response.message)
    }
  }
}
