// How mail and news send a text of lines inside a line protocol: a dot is put before lines that begin with one, a lone dot ends the text.
// Used by SMTP's DATA and POP3's multi-line answers. Not here: what the text means, how long it may be (the owner counts).

/// RFC 5321 §4.5.2 and RFC 1939 §3.
public enum DotStuffing {
  /// Writes a text for the wire, in pieces cut anywhere.
  public struct Encoder: Sendable {
    private var place = Place.lineStart

    private enum Place: Sendable { case lineStart, inLine, afterCR }

    public init() {}

    /// Appends `bytes` to `output`, a second dot before each dot that begins a line.
    ///
    /// A line begins after CR LF only: a text with bare LFs must have been repaired or refused before.
    public mutating func encode(_ bytes: Buffer, into output: inout Buffer) {
      var copied = 0
      bytes.withUnsafeBytes { raw in
        var index = 0
        while index < raw.count {
          if place == .lineStart, raw[index] == dot {
            output.append(bytes[copied..<index])
            output.append(dot)
            copied = index
          }
          if place == .afterCR, raw[index] == lineFeed {
            place = .lineStart
            index += 1
            continue
          }
          // The rest of the line holds nothing of interest.
          guard let end = raw.firstLineEndOctet(from: index) else {
            place = .inLine
            break
          }
          place = raw[end] == carriageReturn ? .afterCR : .inLine
          index = end + 1
        }
      }
      output.append(bytes[copied..<bytes.count])
    }

    /// Appends the end: the lone dot, on a line of its own.
    public mutating func finish(into output: inout Buffer) {
      // RFC 5321 §4.1.1.4: no CR LF is added before the dot when the text ends with one.
      if place != .lineStart { output.append("\r\n" as StaticString) }
      output.append(".\r\n" as StaticString)
      place = .lineStart
    }
  }

  /// Reads a text off the wire, in pieces cut anywhere.
  public struct Decoder: Sendable {
    private enum Place: Sendable { case lineStart, afterDot, afterDotCR, inLine, afterCR, ended }

    private var place = Place.lineStart
    /// Whether the text holds an LF without CR. RFC 5321 §2.3.8: such a text may be refused; it never ends here.
    public private(set) var hasBareLineFeed = false
    /// Whether the text holds a CR without LF.
    public private(set) var hasBareCarriageReturn = false

    public init() {}

    /// Whether the lone dot has been read.
    public var hasEnded: Bool { place == .ended }

    /// Takes bytes off the front of `input`, up to the text's end, and appends the text to `output`. Returns `hasEnded`.
    ///
    /// RFC 5321 §4.1.1.4: the end is CR LF dot CR LF and nothing else; the first CR LF is the text's own.
    public mutating func decode(_ input: inout Buffer, into output: inout Buffer) -> Bool {
      let bytes = input
      let read = bytes.withUnsafeBytes { raw in decode(raw, of: bytes, into: &output) }
      input.drop(read)
      return hasEnded
    }

    /// Reads as far as the text goes; returns how far that is.
    private mutating func decode(_ raw: UnsafeRawBufferPointer, of bytes: Buffer, into output: inout Buffer) -> Int {
      var read = 0
      var run = 0
      while place != .ended, read < raw.count {
        if place == .inLine {
          // The rest of the line holds nothing of interest.
          guard let end = raw.firstLineEndOctet(from: read) else {
            read = raw.count
            break
          }
          read = end
        }
        let byte = raw[read]
        switch (place, byte) {
        case (.lineStart, dot):
          // RFC 5321 §4.5.2: the dot that begins a line is not text. What came before it is.
          output.append(bytes[run..<read])
          run = read + 1
          place = .afterDot
        case (.afterDot, carriageReturn):
          // Perhaps the end: this CR is text only if no LF follows.
          run = read + 1
          place = .afterDotCR
        case (.afterDotCR, lineFeed):
          run = read + 1
          place = .ended
        case (.afterDotCR, _):
          output.append(carriageReturn)
          hasBareCarriageReturn = true
          run = read
          place = byte == carriageReturn ? .afterCR : .inLine
        case (.afterCR, lineFeed):
          place = .lineStart
        case (_, _):
          if place == .afterCR { hasBareCarriageReturn = true }
          if byte == lineFeed { hasBareLineFeed = true }
          place = byte == carriageReturn ? .afterCR : .inLine
        }
        read += 1
      }
      output.append(bytes[run..<max(run, read)])
      return read
    }
  }
}

private let dot = UInt8(ascii: ".")
private let carriageReturn = UInt8(ascii: "\r")
private let lineFeed = UInt8(ascii: "\n")
