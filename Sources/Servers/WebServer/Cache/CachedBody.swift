// The body of a kept response while it arrives and afterwards: one writes at its end, any number read it from its beginning.
// Not here: whose body it is (CacheEntry.swift), the file's name (CacheFolder.swift).
import Bytes
import Storage
import Synchronization
import World

/// The content never became whole.
struct BodyBroken: Error, Hashable, Sendable {}

/// A body in memory, in a file, or both.
final class CachedBody: Sendable {
  enum End { case growing, whole, broken }

  private struct State {
    /// The stretch from `start` on, in the pieces it came in; joined when the body is whole.
    var pieces: [Buffer] = []
    /// Where each piece ends.
    var ends: [Int64] = []
    var start: Int64 = 0
    var length: Int64 = 0
    var end = End.growing
    /// Has everything before `start`.
    var file: SpooledFile?
    /// The body is not kept: what every reader has passed is forgotten.
    var isPassing = false
    /// Where each reader is.
    var readers: [Int: Int64] = [:]
    var nextReader = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>
  private let memoryBytesMax: Int

  /// A body that begins. With a `file`, what goes beyond `memoryBytesMax` is in it only.
  init(spooling file: SpooledFile?, memoryBytesMax: Int) {
    var state = State()
    state.file = file
    self.state = Mutex(state)
    self.memoryBytesMax = memoryBytesMax
  }

  /// A body that is whole already.
  init(whole content: Buffer?, length: Int64, file: SpooledFile?, memoryBytesMax: Int) {
    var state = State()
    state.file = file
    state.length = length
    state.end = .whole
    state.start = length
    if let content, !content.isEmpty || length == 0 {
      state.start = 0
      if length > 0 {
        state.pieces = [content]
        state.ends = [length]
      }
    }
    self.state = Mutex(state)
    self.memoryBytesMax = memoryBytesMax
  }

  // MARK: Writing

  /// Adds a piece. Throws when it cannot be kept in the file.
  func append(_ piece: Buffer) throws(StorageError) {
    let file = state.withLock { $0.isPassing ? nil : $0.file }
    try file?.append(piece)
    wake { state in
      state.length += Int64(piece.count)
      state.pieces.append(piece)
      state.ends.append(state.length)
      if state.file != nil, !state.isPassing, state.length - state.start > Int64(memoryBytesMax) {
        state.pieces = []
        state.ends = []
        state.start = state.length
      }
    }
  }

  /// From here on it is not kept, only passed on.
  func pass() { wake { $0.isPassing = true } }

  /// Waits until the slowest reader is less than `bytesMax` behind; returns false when there is none any more.
  func room(_ bytesMax: Int) async -> Bool {
    while true {
      let (isDue, hasReaders) = state.withLock { state in
        let slowest = state.readers.values.min() ?? state.length
        return (state.length - slowest < Int64(bytesMax), !state.readers.isEmpty)
      }
      if isDue || !hasReaders { return hasReaders }
      await news { state in
        let slowest = state.readers.values.min() ?? state.length
        return state.length - slowest < Int64(bytesMax)
      }
    }
  }

  /// The end has come. The pieces become one.
  func finish() {
    wake { state in
      state.end = .whole
      guard !state.isPassing, state.pieces.count > 1 else { return }
      var joined = Buffer(capacity: Int(state.length - state.start))
      for piece in state.pieces { joined.append(piece) }
      state.pieces = [joined]
      state.ends = [state.length]
    }
  }

  func breakOff() { wake { $0.end = .broken } }

  // MARK: Reading

  /// A reader that begins at `offset`; to be given back by `leave`. Nil: what is there is not kept any more.
  func join(at offset: Int64 = 0) -> Int? {
    state.withLock { state in
      guard !state.isPassing || state.start <= offset else { return nil }
      state.nextReader += 1
      state.readers[state.nextReader] = offset
      return state.nextReader
    }
  }

  func leave(_ reader: Int) { wake { $0.readers[reader] = nil } }

  private enum Step {
    case piece(Buffer)
    case file(SpooledFile, Int)
    case end, broken, later
  }

  /// The next piece for a reader at `offset`, at most `most` bytes; nil at the end. Waits for what has not come.
  func next(_ reader: Int, at offset: Int64, most: Int = 65_536) async throws(BodyBroken) -> Buffer? {
    while true {
      switch step(reader, offset, most) {
      case .piece(let piece): return piece
      case .file(let file, let count):
        guard let piece = file.read(at: offset, length: count), piece.count == count else { throw BodyBroken() }
        return piece
      case .end: return nil
      case .broken: throw BodyBroken()
      case .later: await news { $0.length > offset || $0.end != .growing }
      }
    }
  }

  private func step(_ reader: Int, _ offset: Int64, _ most: Int) -> Step {
    var isRoomMade = false
    let step = state.withLock { state -> Step in
      if let former = state.readers[reader], former < offset {
        state.readers[reader] = offset
        isRoomMade = state.isPassing
      }
      if state.isPassing { Self.forgetPassed(&state) }
      guard offset < state.length else { return state.end == .growing ? .later : state.end == .whole ? .end : .broken }
      if offset >= state.start, let index = Self.index(of: offset, in: state.ends) {
        let begin = state.ends[index] - Int64(state.pieces[index].count)
        let from = Int(offset - begin)
        return .piece(state.pieces[index][from..<min(state.pieces[index].count, from + most)])
      }
      guard let file = state.file else { return .broken }
      let count = min(Int64(most), state.start - offset, file.length - offset)
      return count > 0 ? .file(file, Int(count)) : .broken
    }
    // Only who has moved wakes others, so that those who wait do not wake each other for ever.
    if isRoomMade { wake { _ in } }
    return step
  }

  private static func forgetPassed(_ state: inout State) {
    let slowest = state.readers.values.min() ?? state.length
    while let end = state.ends.first, end <= slowest {
      state.ends.removeFirst()
      state.pieces.removeFirst()
      state.start = end
    }
  }

  /// The piece in which `offset` lies.
  private static func index(of offset: Int64, in ends: [Int64]) -> Int? {
    var low = 0
    var high = ends.count
    while low < high {
      let middle = (low + high) / 2
      if ends[middle] <= offset { low = middle + 1 } else { high = middle }
    }
    return low < ends.count ? low : nil
  }

  // MARK: What is there

  /// The whole body, where it can be sent from at once; nil while it is not whole.
  enum Ready {
    case memory(Buffer)
    case file(FileSlice)
  }

  var ready: Ready? {
    state.withLock { state in
      guard state.end == .whole, !state.isPassing else { return nil }
      if state.start == 0 { return .memory(state.pieces.first ?? Buffer()) }
      return state.file.map { .file(FileSlice(file: $0, offset: 0, length: state.length)) }
    }
  }

  var end: End { state.withLock { $0.end } }
  var length: Int64 { state.withLock { $0.length } }

  /// What it holds in memory. Unit: bytes.
  var heldBytes: Int { state.withLock { Int($0.length - $0.start) } }

  /// Forgets what is in memory, when the file has it. Returns what that freed. Unit: bytes.
  func forgetMemory() -> Int {
    state.withLock { state in
      guard state.end == .whole, state.file != nil, !state.isPassing else { return 0 }
      let freed = Int(state.length - state.start)
      state.pieces = []
      state.ends = []
      state.start = state.length
      return freed
    }
  }

  /// Takes a whole body into memory again.
  func remember(_ content: Buffer) {
    state.withLock { state in
      guard state.end == .whole, Int64(content.count) == state.length, state.start > 0 else { return }
      state.pieces = [content]
      state.ends = [state.length]
      state.start = 0
    }
  }

  // MARK: Waiting

  private func news(_ isDue: @Sendable (borrowing State) -> Bool) async {
    await withCheckedContinuation { continuation in
      let isAlready = state.withLock { state in
        if isDue(state) { return true }
        state.waiting.append(continuation)
        return false
      }
      if isAlready { continuation.resume() }
    }
  }

  private func wake(_ body: (inout State) -> Void) {
    let waiting = state.withLock { state in
      body(&state)
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }
}
