// Where a message's parts stand, as a few bytes: for who keeps that beside a message, and later wants a section without reading the message.
// Not here: what the parts say about themselves, which is not kept.
public import Bytes

extension MessageStructure {
  /// The places and kinds of all parts. For each part: its parent's place, its kind, the ranges of its head and its body.
  public var outline: Buffer {
    var outline = Buffer(capacity: 4 + parts.count * 21)
    outline.append(integer: UInt32(clamping: parts.count))
    for part in parts {
      outline.append(integer: UInt32(clamping: part.parent ?? Int(UInt32.max)))
      outline.append(part.kind.rawValue)
      for bound in [part.head.lowerBound, part.head.upperBound, part.body.lowerBound, part.body.upperBound] {
        outline.append(integer: UInt32(clamping: bound))
      }
    }
    return outline
  }

  /// The structure with this outline; its parts say nothing about their content. Nil for what is no outline.
  public init?(outline: Buffer) {
    let numbers = outline.array
    var index = 0
    func next() -> Int {
      defer { index += 4 }
      return numbers[index..<(index + 4)].reduce(0) { $0 << 8 | Int($1) }
    }
    guard numbers.count >= 4 else { return nil }
    let count = next()
    guard count > 0, numbers.count == 4 + count * 21 else { return nil }
    var parts: [MessagePart] = []
    for place in 0..<count {
      let parent = next()
      guard let kind = MessagePart.Kind(rawValue: numbers[index]), place == 0 || parent < place else { return nil }
      index += 1
      let bounds = [next(), next(), next(), next()]
      guard bounds[0] <= bounds[1], bounds[2] <= bounds[3] else { return nil }
      var part = MessagePart(head: bounds[0]..<bounds[1], body: bounds[2]..<bounds[3], content: .text)
      part.kind = kind
      if place > 0 {
        part.parent = parent
        parts[parent].children.append(place)
      }
      parts.append(part)
    }
    self.init(parts: parts)
  }

  /// The structure of the same message with `count` bytes of whole fields put before it.
  public func shifted(by count: Int) -> MessageStructure {
    var parts = parts
    for index in parts.indices {
      let part = parts[index]
      parts[index].head = (index == 0 ? 0 : part.head.lowerBound + count)..<(part.head.upperBound + count)
      parts[index].body = (part.body.lowerBound + count)..<(part.body.upperBound + count)
    }
    return MessageStructure(parts: parts)
  }
}
