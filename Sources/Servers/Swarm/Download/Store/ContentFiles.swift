// Where a torrent's bytes lie: files beneath one folder, or memory. Everything here may wait for a disk, so it is called on the disk's threads.
// Not here: pieces and their hashes (PieceStore). Read next: FolderFiles.swift, PieceStore.swift.
package import Bytes
package import Storage
import Synchronization

/// What is known about a file on disk, to see whether somebody else changed it.
package struct FileStamp: Sendable, Hashable {
  /// Unit: bytes; -1: there is no such file.
  package var size: Int64
  package var modified: Int64

  package init(size: Int64, modified: Int64) {
    self.size = size
    self.modified = modified
  }

  package static let absent = FileStamp(size: -1, modified: 0)
}

/// A torrent's bytes, addressed from the first byte of the first file on.
package protocol ContentFiles: Sendable {
  /// Writes `parts` one behind the other.
  func write(_ parts: [Buffer], at offset: Int64) throws(FolderError)
  /// The bytes; nil: they are not all there, or the disk fails.
  func read(at offset: Int64, length: Int) -> Buffer?
  /// Whether something was written at each byte once; what was not need not be looked at.
  func mayHold(_ range: Range<Int64>) -> Bool
  /// What was written becomes durable.
  func synchronize() throws(FolderError)
  /// Makes what no piece makes: empty files.
  func finish() throws(FolderError)
  /// How the files are now.
  func stamps() -> [FileStamp]
  /// Keeps the record of what is here so that it survives a power cut, in place of the one before.
  func keepRecord(_ record: Buffer) throws(FolderError)
  /// The record that was kept last; nil: none.
  func record() -> Buffer?
}

/// Bytes in memory, for the simulator and for tests.
package final class MemoryFiles: ContentFiles {
  private struct State {
    var bytes: [UInt8]
    var written: [Range<Int64>] = []
    var record: Buffer?
    /// Writing fails with this.
    var failure: FolderError?
  }

  private let state: Mutex<State>

  /// Nothing of `length` bytes, or all of them.
  package init(length: Int, content: [UInt8]? = nil) {
    var state = State(bytes: content ?? Array(repeating: 0, count: max(0, length)))
    if content != nil { state.written = [0..<Int64(state.bytes.count)] }
    self.state = Mutex(state)
  }

  package var content: [UInt8] { state.withLock { $0.bytes } }

  /// Makes writing fail from now on, or work again.
  package func fail(with failure: FolderError?) { state.withLock { $0.failure = failure } }
  /// Spoils a byte.
  package func spoil(at offset: Int) { state.withLock { $0.bytes[offset] ^= 0xFF } }

  package func write(_ parts: [Buffer], at offset: Int64) throws(FolderError) {
    let failure = state.withLock { state -> FolderError? in
      if let failure = state.failure { return failure }
      var place = Int(offset)
      for part in parts {
        guard place >= 0, place + part.count <= state.bytes.count else { return .outside }
        part.withUnsafeBytes { source in
          state.bytes.withUnsafeMutableBytes { target in UnsafeMutableRawBufferPointer(rebasing: target[place..<place + source.count]).copyMemory(from: source) }
        }
        place += part.count
      }
      state.written.append(offset..<Int64(place))
      return nil
    }
    if let failure { throw failure }
  }

  package func read(at offset: Int64, length: Int) -> Buffer? {
    state.withLock { state in
      guard offset >= 0, length >= 0, Int(offset) + length <= state.bytes.count else { return nil }
      return Buffer(state.bytes[Int(offset)..<Int(offset) + length])
    }
  }

  package func mayHold(_ range: Range<Int64>) -> Bool { state.withLock { $0.written.contains { $0.overlaps(range) } } }
  package func synchronize() throws(FolderError) { if let failure = state.withLock({ $0.failure }) { throw failure } }
  package func finish() throws(FolderError) {}
  package func stamps() -> [FileStamp] { [] }
  package func keepRecord(_ record: Buffer) throws(FolderError) { state.withLock { $0.record = record } }
  package func record() -> Buffer? { state.withLock { $0.record } }
}
