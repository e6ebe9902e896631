// The lines and words of a message, with their places: what explanations of line protocols are made from.
// Lenient on purpose: a line ends at LF or at the end of the bytes, since also broken messages want to be explained.
public import Bytes

/// The lines at the front of a message.
public struct TextLines: Sendable {
  /// One line without and with its end.
  public struct Line: Sendable, Hashable {
    public var content: Range<Int>
    public var whole: Range<Int>
  }

  public private(set) var lines: [Line] = []
  /// Where what was not looked at begins: the end of the bytes, if all was.
  public private(set) var end = 0
  private let bytes: Buffer

  /// Reads up to `linesMax` lines.
  public init(_ bytes: Buffer, linesMax: Int = 1_024) {
    self.bytes = bytes
    while end < bytes.count, lines.count < linesMax {
      let feed = bytes.firstIndex(of: 0x0A, from: end) ?? bytes.count
      let content = feed > end && feed < bytes.count && bytes[at: feed - 1] == 0x0D ? feed - 1 : feed
      let next = min(feed + 1, bytes.count)
      lines.append(Line(content: end..<content, whole: end..<next))
      end = next
    }
  }

  /// The words of a stretch, which spaces divide.
  public func words(in range: Range<Int>) -> [Range<Int>] {
    bytes.withUnsafeBytes { all in
      var words: [Range<Int>] = []
      var start: Int?
      for index in range.clamped(to: 0..<all.count) {
        if all[index] == 0x20 {
          if let first = start { words.append(first..<index) }
          start = nil
        } else if start == nil {
          start = index
        }
      }
      if let start { words.append(start..<range.upperBound) }
      return words
    }
  }
}
