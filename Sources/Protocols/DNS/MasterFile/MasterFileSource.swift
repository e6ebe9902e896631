// One text being read as a master file: its bytes, its name, and where in it the reader is.

/// Turns offsets into lines and columns, forwards only, and knows the owner that stood there last.
struct MasterFileSource {
  let bytes: UnsafeRawBufferPointer
  private let file: String
  /// For text that was made rather than read: the place it was made at.
  private let standing: MasterFilePlace?
  private var offset = 0
  private var line = 1
  private var lineStart = 0
  private var lastOwner: Range<Int>?

  init(_ bytes: UnsafeRawBufferPointer, file: String) {
    self.bytes = bytes
    self.file = file
    standing = nil
  }

  init(_ bytes: UnsafeRawBufferPointer, standingAt place: MasterFilePlace) {
    self.bytes = bytes
    file = place.file
    standing = place
  }

  /// Moves to `offset`, where an entry begins.
  mutating func begin(at offset: Int) {
    while self.offset < offset, self.offset < bytes.count {
      if bytes[self.offset] == 0x0A {
        line &+= 1
        lineStart = self.offset &+ 1
      }
      self.offset &+= 1
    }
  }

  /// Where the entry begins.
  var beginning: MasterFilePlace { standing ?? MasterFilePlace(file: file, line: line, column: offset - lineStart + 1) }

  /// The place of `offset`, in the entry or after it.
  func place(of offset: Int) -> MasterFilePlace {
    if let standing { return standing }
    var ahead = self
    // An error may lie before the entry's first token: at the end of a file inside parentheses.
    if offset < self.offset { ahead = MasterFileSource(bytes, file: file) }
    ahead.begin(at: offset)
    return MasterFilePlace(file: file, line: ahead.line, column: offset - ahead.lineStart + 1)
  }

  /// Whether `token` is spelled as the owner remembered.
  func isOwner(_ token: TextToken) -> Bool {
    guard let lastOwner, lastOwner.count == token.end - token.start else { return false }
    return bytes[lastOwner].elementsEqual(bytes[token.start..<token.end])
  }

  mutating func remember(owner token: TextToken) { lastOwner = token.start..<token.end }

  mutating func forgetOwner() { lastOwner = nil }
}
