// Lines out of a byte stream, by explicit rules: what ends a line, how long one may be, what happens to a bare CR or LF.
// Every line protocol uses this one framer with its own rules; smuggling lives where two parsers disagree about a line's end.
// Not here: what a line means, and counted data between lines (the owner takes that off the buffer itself between two lines).

/// What a CR without LF, or an LF without CR, does.
public enum LoneOctetRule: Sendable, Hashable, CaseIterable {
  /// The line is refused.
  case refused
  /// It ends the line as CR LF does.
  case endsLine
  /// It is a byte like any other.
  case isContent
}

/// What ends a line and how long it may be.
public struct LineRules: Sendable, Hashable {
  /// Longest line, its end included.
  ///
  /// Unit: bytes. Past it: as `pastTheBound` says.
  public var lineBytesMax: Int
  public var bareLineFeed: LoneOctetRule
  public var bareCarriageReturn: LoneOctetRule
  public var pastTheBound: PastTheBound

  /// What happens to a line longer than `lineBytesMax`.
  public enum PastTheBound: Sendable, Hashable, CaseIterable {
    /// `tooLong` is found as soon as that is certain, and nothing after it: the connection is to be closed.
    case fails
    /// The line is thrown away as it comes; `tooLong` is found at its end, and the next line is a line again.
    case discardsLine
  }

  public init(
    lineBytesMax: Int, bareLineFeed: LoneOctetRule = .refused, bareCarriageReturn: LoneOctetRule = .refused,
    pastTheBound: PastTheBound = .discardsLine
  ) {
    self.lineBytesMax = lineBytesMax
    self.bareLineFeed = bareLineFeed
    self.bareCarriageReturn = bareCarriageReturn
    self.pastTheBound = pastTheBound
  }
}

/// Finds lines at the front of a buffer that grows, looking at each byte once.
public struct LineFramer: Sendable {
  /// What stands at the front.
  public enum Found: Sendable, Hashable {
    /// A line, without its end.
    case line(Buffer)
    /// The line has a bare CR or LF at this offset. Found at once; the line's rest is skipped, so one bad line is one refusal.
    case refused(LoneOctet, at: Int)
    /// The line is longer than the rules allow.
    case tooLong
  }

  public enum LoneOctet: String, Sendable, Hashable {
    case lineFeed = "bare LF"
    case carriageReturn = "bare CR"
  }

  private enum Progress: Sendable {
    /// Inside a line of which the first `scanned` bytes are known to hold no end.
    case line(scanned: Int)
    /// Inside a line that is thrown away; at its end `found` is returned if there is one.
    case skipping(then: Found?)
    /// Past the bound under `.fails`: nothing more is found.
    case failed
  }

  public let rules: LineRules
  private var progress = Progress.line(scanned: 0)
  /// The last line ended with a bare CR; an LF directly after it belongs to that end.
  private var mayEatLineFeed = false

  public init(_ rules: LineRules) { self.rules = rules }

  /// Takes the next line off the front. Nil: there is no whole line yet.
  public mutating func next(from bytes: inout Buffer) -> Found? {
    if mayEatLineFeed, let first = bytes[at: 0] {
      mayEatLineFeed = false
      if first == lineFeed { bytes.drop(1) }
    }
    // Each turn leaves one state for another; the longest way is line, skipping, line.
    while true {
      switch progress {
      case .line(let scanned):
        if let found = scanLine(&bytes, from: scanned) { return found }
        guard case .skipping = progress else { return nil }
      case .skipping(let found):
        guard skipLine(&bytes) else { return nil }
        progress = .line(scanned: 0)
        if let found { return found }
      case .failed:
        bytes.clear()
        return nil
      }
    }
  }

  /// What one pass over the waiting bytes came to.
  private enum Outcome {
    case end(content: Int, length: Int)
    case lone(LoneOctet, at: Int)
    case tooLong
    case unfinished
  }

  private mutating func scanLine(_ bytes: inout Buffer, from scanned: Int) -> Found? {
    let outcome = bytes.withUnsafeBytes { scan($0, from: scanned) }
    switch outcome {
    case .unfinished:
      // A CR at the end is looked at again together with the byte after it.
      progress = .line(scanned: bytes[at: bytes.count - 1] == carriageReturn ? bytes.count - 1 : bytes.count)
      return nil
    case .end(let content, let length):
      progress = .line(scanned: 0)
      let line = bytes[0..<content]
      mayEatLineFeed = length == content + 1 && bytes[at: content] == carriageReturn
      bytes.drop(length)
      return .line(line)
    case .lone(let octet, let offset):
      bytes.drop(offset + 1)
      progress = .skipping(then: nil)
      return .refused(octet, at: offset)
    case .tooLong where rules.pastTheBound == .fails:
      progress = .failed
      bytes.clear()
      return .tooLong
    case .tooLong:
      progress = .skipping(then: .tooLong)
      return nil
    }
  }

  /// Looks at the bytes from `start` on, one at a time. What is found does not depend on where the network cut.
  private func scan(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Outcome {
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      let followsCR = index > 0 && bytes[index - 1] == carriageReturn
      if byte == lineFeed {
        if followsCR { return .end(content: index - 1, length: index + 1) }
        switch rules.bareLineFeed {
        case .refused: return .lone(.lineFeed, at: index)
        case .endsLine: return .end(content: index, length: index + 1)
        case .isContent: break
        }
      } else {
        if followsCR, rules.bareCarriageReturn == .refused { return .lone(.carriageReturn, at: index - 1) }
        if byte == carriageReturn, rules.bareCarriageReturn == .endsLine { return .end(content: index, length: index + 1) }
      }
      index += 1
      if index >= rules.lineBytesMax { return .tooLong }
    }
    return .unfinished
  }

  /// Drops bytes up to the line's end; false: the end has not come yet.
  private mutating func skipLine(_ bytes: inout Buffer) -> Bool {
    let length = bytes.withUnsafeBytes { bytes -> Int? in
      for index in bytes.indices {
        switch bytes[index] {
        case lineFeed where index > 0 && bytes[index - 1] == carriageReturn: return index + 1
        case lineFeed where rules.bareLineFeed == .endsLine: return index + 1
        case carriageReturn where rules.bareCarriageReturn == .endsLine: return index + 1
        default: break
        }
      }
      return nil
    }
    guard let length else {
      bytes.drop(bytes[at: bytes.count - 1] == carriageReturn ? bytes.count - 1 : bytes.count)
      return false
    }
    mayEatLineFeed = rules.bareCarriageReturn == .endsLine && bytes[at: length - 1] == carriageReturn
    bytes.drop(length)
    // Eaten here, since the next pass of `next` may find a line at once.
    if mayEatLineFeed, let first = bytes[at: 0] {
      mayEatLineFeed = false
      if first == lineFeed { bytes.drop(1) }
    }
    return true
  }
}

private let carriageReturn = UInt8(ascii: "\r")
private let lineFeed = UInt8(ascii: "\n")
