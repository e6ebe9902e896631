// Content that comes: collected on the data connection's loop, written on the disk's threads, and acknowledged to nobody before it is durable.
// While one stretch is written the next one is collected; past the window the client waits.
import Bytes
import FTP
import Synchronization

/// The way of an upload from the data connection to its file.
final class UploadStream: Sendable {
  private struct State {
    var pending: [Buffer] = []
    var pendingBytes = 0
    /// A disk thread is at it.
    var isWriting = false
    /// How it ends when everything that came is written; nil: more may come.
    var ending: TransferEnd?
    var isOver = false
    var channel: DataChannel?
    var reader: LineEndReader?
  }

  private let state: Mutex<State>
  private let upload: any AreaUpload
  private let service: FileService
  private let whenEnded: @Sendable (TransferEnd) -> Void

  init(_ upload: any AreaUpload, isText: Bool, _ service: FileService, whenEnded: @escaping @Sendable (TransferEnd) -> Void) {
    state = Mutex(State(reader: isText ? LineEndReader() : nil))
    self.upload = upload
    self.service = service
    self.whenEnded = whenEnded
  }

  /// Where more is asked for.
  var channel: DataChannel? {
    get { state.withLock { $0.channel } }
    set { state.withLock { $0.channel = newValue } }
  }

  /// A piece came.
  func take(_ bytes: Buffer) {
    let isDue = state.withLock { state in
      guard !state.isOver, state.ending == nil else { return false }
      state.pending.append(bytes)
      state.pendingBytes += bytes.count
      guard state.pendingBytes >= service.limits.writeBytes, !state.isWriting else { return false }
      state.isWriting = true
      return true
    }
    if isDue { service.disk { self.write() } }
  }

  /// Nothing more comes; what came is written, and then it ends like that. The first one to say so is believed.
  func end(_ ending: TransferEnd) {
    let isDue = state.withLock { state in
      guard !state.isOver, state.ending == nil else { return false }
      state.ending = ending
      defer { state.isWriting = true }
      return !state.isWriting
    }
    if isDue { service.disk { self.write() } }
  }

  /// It never began: nothing of it stays.
  func drop() { state.withLock { $0.isOver = true } }

  // MARK: On the disk's threads

  private func write() {
    // Ends when nothing is left: what comes meanwhile is at most the window.
    while true {
      let (pieces, ending, channel) = state.withLock { state -> ([Buffer], TransferEnd?, DataChannel?) in
        defer { (state.pending, state.pendingBytes) = ([], 0) }
        if state.pending.isEmpty, state.ending == nil { state.isWriting = false }
        return (state.isOver ? [] : state.pending, state.ending, state.channel)
      }
      if pieces.isEmpty {
        if let ending { conclude(ending) }
        return
      }
      do throws(FileFailure) {
        var count = 0
        for piece in pieces {
          let stored = state.withLock { $0.reader?.stored(piece) } ?? piece
          if !stored.isEmpty { try upload.append(stored) }
          count += piece.count
        }
        channel?.give(.take(count))
      } catch {
        return fail(error)
      }
    }
  }

  private func conclude(_ ending: TransferEnd) {
    let isOver = state.withLock { state in
      defer { state.isOver = true }
      return state.isOver
    }
    if isOver { return }
    do throws(FileFailure) {
      if let rest = state.withLock({ $0.reader?.rest() }), !rest.isEmpty { try upload.append(rest) }
      if ending == .complete { try upload.keep() } else { upload.breakOff() }
      whenEnded(ending)
    } catch { whenEnded(.failed(error)) }
  }

  private func fail(_ failure: FileFailure) {
    let isOver = state.withLock { state in
      defer { (state.isOver, state.pending) = (true, []) }
      return state.isOver
    }
    // Nothing of it stays: what there is no room for is not worth resuming.
    if !isOver { whenEnded(.failed(failure)) }
  }
}
