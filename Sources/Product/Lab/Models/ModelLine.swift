// What the lines mean that nodes of models say to one another, word by word.
// Not here: who says them (Ring/RingMessage.swift, SwarmModel/SwarmSimulation.swift).
package import Bytes
package import Trace
package import World

/// Explains lines of models.
package enum ModelLine {
  /// Explains one line; nil: the dialect is no model's, or the bytes are none of its lines.
  package static func explain(_ line: Buffer, as dialect: Dialect) -> Explanation? {
    guard ModelKind.speaks(dialect), line.count <= 4_096 else { return nil }
    let text = line.text
    let words = text.split(separator: " ")
    guard let first = words.first, let meaning = (dialect == .ring ? ringWords : swarmWords)[String(first)] else { return nil }
    let source = dialect == .ring ? "Chord" : "BEP 3"
    var fields: [Field] = []
    for (index, word) in words.enumerated() {
      let start = text.utf8.distance(from: text.startIndex, to: word.startIndex)
      let name = index == 0 ? "message" : index == 1 ? "about" : "word \(index)"
      let sense = index == 0 ? meaning : word.hasPrefix("#") ? "The number by which the answer finds its question." : Self.sense(of: word, after: words[index - 1])
      fields.append(Field(name, String(word), start..<(start + word.utf8.count), meaning: sense, source: source))
    }
    return Explanation(title: text, fields: fields)
  }

  private static func sense(of word: Substring, after: Substring) -> String {
    switch after {
    case "FIND", "FOUND": "The key."
    case "for": "The node that wants to know."
    case "hops": "How often the search was passed on so far."
    case "silences": "How often somebody waited in vain on the way."
    case "at": "The node that owns the key."
    case "before": "The node right before the one that speaks."
    case "after": "The first node behind the one that speaks."
    case "KEEP": "A key."
    case "HAVE", "REQUEST", "PIECE": "The number of the piece."
    case "block": "The number of the block in it."
    case "STREAM": "Bits per second."
    default: word.hasPrefix("n") && word.dropFirst().allSatisfy(\.isNumber) ? "A node." : "Part of the sentence."
    }
  }

  private static let ringWords = [
    "FIND": "Who owns this key? Whoever does not know passes it on, nearer to the key.", "HEARD": "The search arrived, and goes on from here.",
    "FOUND": "To the one who asked: who owns the key.", "PING": "Are you there?", "PONG": "Yes.",
    "ASK": "Who stands before you, who behind you?", "NEIGHBOURS": "Who stands before and behind the one that speaks.",
    "NOTIFY": "I think that I stand right before you.", "KEEP": "These keys are for you to keep.",
  ]

  private static let swarmWords = [
    "INTERESTED": "You have something that I want.", "CHOKE": "You get nothing from me from now on.", "UNCHOKE": "You may ask me for blocks.",
    "HAVE": "I have this piece now.", "REQUEST": "Send me this block.", "PIECE": "Here is the block; its content is left out.",
    "STREAM": "From now on so many bits per second flow to you.",
  ]
}
