// One transfer from the order to its end: the file is opened on the disk's threads, the data connection awaited, content moved, and the session
// told. Whatever comes first, the end is told once. Read next: UploadStream.swift, what happens to content that comes.
import Bytes
import FTP
import Synchronization
import Transport
import World

/// A transfer under way.
final class TransferRun: Sendable {
  /// What goes out.
  private enum Outgoing: Sendable {
    case file(FileSlice)
    case pieces(PieceSource)
  }

  private struct State {
    var isOver = false
    var channel: DataChannel?
    var upload: UploadStream?
  }

  private let state = Mutex(State())
  private let service: FileService
  private let account: FileAccount
  private let ticket: Ticket
  private let order: TransferOrder
  private let slot: DataSlot
  private let answers: Answers<ServerConversation.Input>
  /// Called once, when the data connection's port is not needed any more.
  private let whenOver: @Sendable () -> Void

  init(
    _ service: FileService, _ account: FileAccount, _ ticket: Ticket, _ order: TransferOrder, slot: DataSlot,
    answers: Answers<ServerConversation.Input>, whenOver: @escaping @Sendable () -> Void
  ) {
    self.service = service
    self.account = account
    self.ticket = ticket
    self.order = order
    self.slot = slot
    self.answers = answers
    self.whenOver = whenOver
  }

  func start() { service.disk { self.prepare() } }

  /// Breaks it off, by the client's wish or because the session is over.
  func abort() {
    let (channel, upload) = state.withLock { ($0.channel, $0.upload) }
    if let upload, channel != nil {
      // What came is put where it belongs first.
      channel?.give(.abort)
      upload.end(.aborted)
    } else {
      finish(.aborted)
    }
  }

  // MARK: On the disk's threads

  private func prepare() {
    if let deed = service.setting.policy?.deed(order) { return misbehave(deed) }
    do throws(FileFailure) {
      switch order.content {
      case .retrieve(let path, let offset):
        let file = try account.area.open(path)
        guard offset <= file.size else { throw .badOffset }
        let outgoing = outgoing(file, from: offset)
        connect { self.send(outgoing, size: self.order.type == .image ? file.size - offset : nil, to: $0) }
      case .list(let path, let pattern, let form):
        let bytes = try service.listing(of: path, pattern, form, account)
        connect { self.send(.pieces(PieceSource(.memory(bytes), from: 0, isText: false, self.service.limits)), size: nil, to: $0) }
      case .store(let path, let offset): try receive(path, offset > 0 ? .from(offset) : .whole, name: nil)
      case .append(let path): try receive(path, .end, name: nil)
      case .storeUnique(let folder):
        let name = service.uniqueName()
        try receive(folder.appending(name), .whole, name: name)
      }
    } catch { finish(.failed(error)) }
  }

  /// Does what was ordered in so far as the policy lets it.
  private func misbehave(_ deed: TransferPolicy.Deed) {
    switch deed {
    case .unconnected: finish(.notConnected)
    case .full: finish(.failed(.full))
    case .broken, .stalled:
      connect { channel in
        let isThere = channel.attend { if case .received = $0 { return } else { self.finish(.broken) } }
        guard isThere else { return self.finish(.broken) }
        self.answers.give(.transferBegan(self.ticket, size: nil, name: nil))
        if case .broken = deed { self.finish(.broken) }
      }
    }
  }

  private func outgoing(_ file: AreaFile, from offset: Int64) -> Outgoing {
    if case .disk(let reference, let size) = file, order.type == .image { return .file(FileSlice(file: reference, offset: offset, length: size - offset)) }
    return .pieces(PieceSource(file, from: offset, isText: order.type == .text, service.limits))
  }

  private func receive(_ path: TreePath, _ place: UploadPlace, name: [UInt8]?) throws(FileFailure) {
    guard account.mayWrite else { throw .denied }
    let upload = UploadStream(try account.area.beginUpload(to: path, place), isText: order.type == .text, service) { end in self.finish(end) }
    let isOver = state.withLock { state in
      state.upload = upload
      return state.isOver
    }
    if isOver { return upload.drop() }
    connect { channel in
      guard channel.attend({ self.note($0, upload) }) else { return self.finish(.broken) }
      upload.channel = channel
      self.answers.give(.transferBegan(self.ticket, size: nil, name: name))
      channel.give(.receive(self.service.limits.session.unaskedBytesMax))
    }
  }

  /// Goes on with the data connection when it is there.
  private func connect(_ then: @escaping @Sendable (DataChannel) -> Void) {
    slot.take { channel in
      guard let channel else { return self.finish(.notConnected) }
      let isOver = self.state.withLock { state in
        state.channel = channel
        return state.isOver
      }
      if isOver { channel.give(.abort) } else { then(channel) }
    }
  }

  // MARK: On the data connection's loop

  private func send(_ outgoing: Outgoing, size: Int64?, to channel: DataChannel) {
    let isThere = channel.attend { event in
      switch event {
      case .more: self.sendNext(of: outgoing, to: channel)
      case .closed(let isClean): self.finish(isClean ? .complete : .broken)
      case .broken: self.finish(.broken)
      case .received, .receivedAll: break
      }
    }
    guard isThere else { return finish(.broken) }
    // First the control connection hears that it begins, then content passes.
    answers.give(.transferBegan(ticket, size: size, name: nil))
    switch outgoing {
    case .file(let slice): channel.give(.sendFile(slice))
    case .pieces: channel.give(.sendPieces)
    }
  }

  private func sendNext(of outgoing: Outgoing, to channel: DataChannel) {
    guard case .pieces(let source) = outgoing else { return }
    source.next(service) { piece in
      switch piece {
      case .bytes(let bytes): channel.give(.piece(bytes))
      case .end: channel.give(.finish)
      case .failed:
        channel.give(.abort)
        self.finish(.failed(.broken))
      }
    }
  }

  private func note(_ event: DataEvent, _ upload: UploadStream) {
    switch event {
    case .received(let bytes): upload.take(bytes)
    case .receivedAll: upload.end(.complete)
    case .broken, .closed(isClean: false): upload.end(.broken)
    // After everything has come, or after an abort of ours.
    case .closed(isClean: true), .more: break
    }
  }

  // MARK: The end

  private func finish(_ end: TransferEnd) {
    let (isFirst, channel, upload) = state.withLock { state in
      defer { (state.isOver, state.upload) = (true, nil) }
      return (!state.isOver, state.channel, state.upload)
    }
    guard isFirst else { return }
    if end != .complete { channel?.give(.abort) }
    slot.close()
    upload?.drop()
    whenOver()
    answers.give(.transferEnded(ticket, end))
  }
}

/// Content that passes through memory on its way out: listings, files in memory, and text.
final class PieceSource: Sendable {
  enum Piece: Sendable {
    case bytes(Buffer)
    case end
    case failed
  }

  private struct State {
    var offset: Int64
    var writer: LineEndWriter?
  }

  private let file: AreaFile
  private let pieceBytes: Int
  private let state: Mutex<State>

  init(_ file: AreaFile, from offset: Int64, isText: Bool, _ limits: ServerLimits) {
    self.file = file
    pieceBytes = limits.pieceBytes
    state = Mutex(State(offset: offset, writer: isText ? LineEndWriter() : nil))
  }

  /// Hands the next piece to `then`, at once or from the disk's threads.
  func next(_ service: FileService, _ then: @escaping @Sendable (Piece) -> Void) {
    switch file {
    case .memory(let bytes): then(piece { bytes[Int($0)..<min(bytes.count, Int($0) + $1)] })
    case .disk(let reference, _): service.disk { then(self.piece { reference.read(at: $0, length: $1) }) }
    }
  }

  private func piece(_ read: (_ offset: Int64, _ length: Int) -> Buffer?) -> Piece {
    state.withLock { state in
      // A file that grew is sent as long as it was.
      let length = Int(min(Int64(pieceBytes), file.size - state.offset))
      if length <= 0 { return .end }
      guard let bytes = read(state.offset, length), !bytes.isEmpty else { return .failed }
      state.offset += Int64(bytes.count)
      return .bytes(state.writer?.sent(bytes) ?? bytes)
    }
  }
}
