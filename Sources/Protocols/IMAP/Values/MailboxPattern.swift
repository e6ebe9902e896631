// Patterns of LIST and LSUB: `*` stands for anything, `%` for anything within one level.
import Bytes

/// A pattern of mailbox names.
// RFC 3501 §6.3.8
struct MailboxPattern: Sendable, Hashable {
  private enum Element: Sendable, Hashable {
    case scalar(Unicode.Scalar)
    case anything
    case level
  }

  private var elements: [Element] = []

  /// The pattern behind the reference; nil: it is not modified UTF-7, and no name is meant.
  init?(reference: Buffer, _ pattern: Buffer) {
    var whole = reference
    whole.append(pattern)
    guard let text = ModifiedUTF7.text(whole) else { return nil }
    for scalar in text.unicodeScalars {
      let element: Element = scalar == "*" ? .anything : scalar == "%" ? .level : .scalar(scalar)
      // Two wildcards beside each other are as much as the stronger one.
      if element == .anything { while elements.last == .level { elements.removeLast() } }
      let isIdle = (element == .anything || element == .level) && (elements.last == .anything || elements.last == element)
      if !isIdle { elements.append(element) }
    }
  }

  /// Whether the name meets the pattern. Costs at most the name's length times the pattern's.
  func matches(_ name: MailboxName) -> Bool {
    // All places of the pattern that the name so far may have come to.
    var places = withSkipped([0])
    let inboxLetters = name == .inbox || name.isBelow(.inbox) ? 5 : 0
    for (index, scalar) in name.text.unicodeScalars.enumerated() {
      var next: [Int] = []
      for place in places where place < elements.count {
        switch elements[place] {
        case .anything: next.append(place)
        case .level: if scalar != "/" { next.append(place) }
        case .scalar(let wanted):
          // RFC 3501 §5.1: INBOX in any case.
          if wanted == scalar || (index < inboxLetters && wanted.isASCII && scalar.value == wanted.value & 0xDF) { next.append(place + 1) }
        }
      }
      if next.isEmpty { return false }
      places = withSkipped(next)
    }
    return places.contains(elements.count)
  }

  /// The places, and those behind wildcards that stand for nothing; ascending, each once.
  private func withSkipped(_ places: [Int]) -> [Int] {
    var all: [Int] = []
    for place in places {
      var place = place
      if let last = all.last, last >= place { continue }
      all.append(place)
      while place < elements.count, elements[place] == .anything || elements[place] == .level {
        place += 1
        all.append(place)
      }
    }
    return all
  }
}
