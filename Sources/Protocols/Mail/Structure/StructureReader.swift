// Takes a message apart while it comes in, line by line: it keeps heads and ranges, never a body. Each byte is looked at once.
// What is beyond a limit becomes an opaque leaf. Read before: MessageStructure.swift.
public import Bytes
import World

/// Reads a message's structure from pieces cut anywhere.
// RFC 2046 §5.1
public struct StructureReader: Sendable {
  /// The head of the message itself, once it has ended.
  public private(set) var head: MessageHead?

  /// A part that has not ended: the message, a part of it, a part of that …; lines belong to the last.
  private struct OpenPart {
    var part: Int
    /// Of a multipart before its closing line.
    var boundary: [UInt8]?
    /// Lines of the message before the part's body.
    var linesBefore = 0
    /// What a part of this one is when it does not say.
    var isDigest = false
  }

  private var parts: [MessagePart] = []
  private var open: [OpenPart] = []
  /// Where in `open` the multipart with this boundary is.
  private var boundaries: [[UInt8]: Int] = [:]
  /// The head being read; nil: lines are content.
  private var scan: HeadScan?
  /// Of a head everything, else the beginning of an unfinished line that may become a boundary.
  private var held = Buffer()
  /// Where in `held` a head's unfinished line begins.
  private var heldLine = 0
  /// An unfinished line of content that is too long to be a boundary.
  private var isLineLong = false
  /// How many bytes of the message were looked at, in how many lines.
  private var position = 0
  private var lines = 0
  /// Where the unfinished line begins, and how long the line end before it is.
  private var lineStart = 0
  private var previousEnd = 0
  private var lastByte: UInt8 = 0
  /// The unfinished line has NUL, or bytes beyond ASCII.
  private var isLineWide = false
  private let limits: Limits

  /// Longest line that can be a boundary: with its hyphens and the blanks behind it. Unit: bytes.
  private var boundaryLineBytesMax: Int { limits.boundaryBytesMax + 256 }

  public init(limits: Limits = Limits()) {
    self.limits = limits
    beginPart(isMessage: true)
  }

  /// Takes the next piece of the message.
  public mutating func take(_ piece: Buffer) {
    piece.withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count {
        let (end, isSevenBit) = bytes.lineEndAndWidth(from: start)
        let segment = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        if !isSevenBit { isLineWide = true }
        if scan == nil { takeContent(segment) } else { takeHead(segment) }
        start = end
      }
    }
  }

  /// To be called when nothing more comes.
  public mutating func finish() -> (head: MessageHead, structure: MessageStructure) {
    if scan == nil {
      let line = held.takeAll()
      _ = line.withUnsafeBytes { obeyBoundary($0) }
    } else if held.count > heldLine {
      endHeadLine(isEnd: false, isLast: true)
    }
    noteNeeds(lineLength: position - lineStart)
    if scan != nil { endHead() }
    close(from: 0, at: position, endLength: 0)
    return (head ?? MessageHead(reading: Buffer()), MessageStructure(parts: parts))
  }

  // MARK: Lines

  /// Takes a line of content, or a piece of one.
  private mutating func takeContent(_ segment: UnsafeRawBufferPointer) {
    position += segment.count
    let isEnd = segment.last == 0x0A
    if isEnd, held.isEmpty, !isLineLong {
      if !obeyBoundary(segment) { lines += 1 }
    } else {
      if !isLineLong { held.append(segment) }
      if held.count > boundaryLineBytesMax {
        isLineLong = true
        held.clear()
      }
      if isEnd {
        let line = held.takeAll()
        if isLineLong || !line.withUnsafeBytes({ obeyBoundary($0) }) { lines += 1 }
        isLineLong = false
      }
    }
    if isEnd { endLine(segment) }
    lastByte = segment[segment.count - 1]
  }

  /// Takes a line of a head, or a piece of one.
  private mutating func takeHead(_ segment: UnsafeRawBufferPointer) {
    held.append(segment)
    position += segment.count
    let isEnd = segment.last == 0x0A
    // What is longer than a field may be is no boundary either: the head ends in it.
    if isEnd || held.count - heldLine > max(limits.fieldBytesMax, boundaryLineBytesMax) { endHeadLine(isEnd: isEnd, isLast: false) }
    if isEnd { endLine(segment) }
    lastByte = segment[segment.count - 1]
  }

  private mutating func endLine(_ segment: UnsafeRawBufferPointer) {
    let isCarriage = segment.count > 1 ? segment[segment.count - 2] == 0x0D : lastByte == 0x0D && position - lineStart > 1
    previousEnd = isCarriage ? 2 : 1
    noteNeeds(lineLength: position - lineStart - previousEnd)
    lineStart = position
  }

  /// Whoever the line that ends belongs to needs more than seven bits, or short lines.
  private mutating func noteNeeds(lineLength: Int) {
    guard isLineWide || lineLength > HeadWriter.lineBytesMax, let last = open.last else { return }
    if scan != nil {
      parts[last.part].needs.insert(.head)
    } else {
      if isLineWide { parts[last.part].needs.insert(.eightBit) }
      if lineLength > HeadWriter.lineBytesMax { parts[last.part].needs.insert(.longLines) }
    }
    isLineWide = false
  }

  /// Gives the line at the end of `held` to the head, or to the content if it ends the head.
  private mutating func endHeadLine(isEnd: Bool, isLast: Bool) {
    let bytes = held
    let line = heldLine..<bytes.count
    if isEnd || isLast, bytes.withUnsafeBytes({ obeyBoundary(UnsafeRawBufferPointer(rebasing: $0[line])) }) { return }
    bytes.withUnsafeBytes { scan?.take($0, line: line) }
    guard let ending = scan?.ending else {
      heldLine = bytes.count
      if isEnd { lines += 1 }
      return
    }
    if ending.isComplete {
      lines += 1
      endHead()
      return
    }
    // The lines from there on are content already: of no use but to be counted, and the last may be the part's first boundary.
    let passed = bytes[min(ending.bodyStart, line.lowerBound)..<line.lowerBound].array.count { $0 == 0x0A }
    endHead(linesInBody: passed)
    if isEnd || isLast, bytes.withUnsafeBytes({ obeyBoundary(UnsafeRawBufferPointer(rebasing: $0[line])) }) { return }
    if isEnd { lines += 1 }
    isLineLong = !isEnd
  }

  // MARK: Parts

  /// A part begins here, with its head.
  private mutating func beginPart(isMessage: Bool) {
    let parent = open.last?.part
    let isDigest = open.last?.isDigest == true
    var part = MessagePart(head: position..<position, body: position..<position, content: isDigest ? .message : .text)
    part.parent = parent
    part.envelope = isMessage ? MessageEnvelope() : nil
    if let parent { parts[parent].children.append(parts.count) }
    open.append(OpenPart(part: parts.count))
    parts.append(part)
    scan = HeadScan(limits: limits)
    held = Buffer()
    heldLine = 0
  }

  /// The head has ended with the lines that were given to it; what it says decides how the body is read.
  private mutating func endHead(linesInBody: Int = 0) {
    guard let scan, let last = open.indices.last else { return }
    let ended = MessageHead(scan, of: held)
    let index = open[last].part
    self.scan = nil
    held = Buffer()
    if index == 0 { head = ended }
    let start = parts[index].head.lowerBound
    let bodyStart = start + ended.bytes.count
    parts[index].head = start..<bodyStart
    parts[index].body = bodyStart..<bodyStart
    parts[index].content = ContentFields(ended, assuming: parts[index].content, limits: limits)
    if parts[index].envelope != nil { parts[index].envelope = MessageEnvelope(ended) }
    open[last].linesBefore = lines - linesInBody
    let content = parts[index].content
    guard open.count < limits.depthMax else { return }
    if content.type == "multipart", let boundary = content.boundary(limits), boundaries[boundary] == nil {
      // A boundary that an outer multipart uses stays the outer one's: its lines end this part.
      parts[index].kind = .multipart
      open[last].boundary = boundary
      open[last].isDigest = content.subtype == "digest"
      boundaries[boundary] = last
    } else if content.isMessage, content.isIdentity, ended.isComplete, parts.count < limits.partsMax {
      parts[index].kind = .message
      beginPart(isMessage: true)
    }
  }

  /// If `line`, the last one looked at, is a boundary: ends what it ends, and begins a part if it begins one. Says whether it is one.
  // RFC 2046 §5.1.1 delimiter, close-delimiter.
  // Differs from RFC 2046 §5.1.1: more than blanks behind the boundary makes it another line, else `a` would end where `ab` was meant.
  private mutating func obeyBoundary(_ line: UnsafeRawBufferPointer) -> Bool {
    guard line.count > 2, line.count <= boundaryLineBytesMax, line[0] == 0x2D, line[1] == 0x2D, !boundaries.isEmpty else { return false }
    let content = line.trimmedRange(2..<line.contentEnd(0..<line.count))
    let text = Array(line[2..<max(2, content.upperBound)])
    if let level = boundaries[text] {
      guard parts.count < limits.partsMax else { return false }
      close(from: level + 1, at: lineStart, endLength: previousEnd)
      beginPart(isMessage: false)
      // This line and those before it are no part of any body; the next line is the head's first.
      countLine(line)
      return true
    }
    if text.count > 2, text.suffix(2) == [0x2D, 0x2D], let level = boundaries[Array(text.dropLast(2))] {
      close(from: level + 1, at: lineStart, endLength: previousEnd)
      if let boundary = open[level].boundary { boundaries[boundary] = nil }
      open[level].boundary = nil
      countLine(line)
      return true
    }
    return false
  }

  /// The last line of a message may have no end.
  private mutating func countLine(_ line: UnsafeRawBufferPointer) { if line.last == 0x0A { lines += 1 } }

  /// Ends the open parts from `level` on; the line end before `at`, of `endLength` bytes, belongs to the boundary that ends them.
  private mutating func close(from level: Int, at end: Int, endLength: Int) {
    if scan != nil, open.count > level {
      held = held[0..<heldLine]
      endHead()
    }
    // The line end before the boundary may be the empty line of a head inside; then it is no part of the boundary for those around it either.
    var reached = 0
    while open.count > level, let part = open.popLast() {
      if let boundary = part.boundary { boundaries[boundary] = nil }
      let start = parts[part.part].body.lowerBound
      reached = max(start, end - endLength, reached)
      parts[part.part].body = start..<reached
      parts[part.part].lines = max(0, lines - part.linesBefore - (reached < end ? 1 : 0))
    }
  }
}
