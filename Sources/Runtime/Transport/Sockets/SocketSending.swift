// How a connection sends: bytes at once, what stands behind a long file in order, files by sendfile or in pieces.
// Read next: OutgoingQueue.swift, what still waits; SocketCarrier.swift, the rest of the connection.
import Bytes
import NIOCore
import World

extension SocketCarrier {
  func send(_ bytes: Buffer) {
    guard let context, phase == .open || phase == .finishing else { return }
    flushIsDue = true
    if queue.isEmpty { write(.byteBuffer(bytes.storage), context) } else { queue.append(bytes.storage) }
  }

  func send(_ file: FileSlice) {
    guard let context, phase == .open || phase == .finishing else { return }
    flushIsDue = true
    if queue.isEmpty, file.length <= limits.filePieceBytes {
      // A small file leaves in the same write as the head before it.
      guard let bytes = file.file.read(at: file.offset, length: Int(file.length)), bytes.count == file.length else { return fileIsShort() }
      write(.byteBuffer(bytes.storage), context)
    } else {
      queue.append(file)
    }
  }

  /// Whether what is queued may still leave.
  private var isSending: Bool { phase == .open || phase == .finishing || phase == .securing }

  private func write(_ data: IOData, _ context: ChannelHandlerContext) {
    context.write(wrapOutboundOut(data), promise: nil)
  }

  func flush() {
    flushIsDue = true
    if depth == 0, !isInBatch { reallyFlush() }
  }

  func reallyFlush() {
    flushIsDue = false
    guard let context, isSending else { return }
    if queue.isEmpty { context.flush() } else { pump() }
  }

  /// Moves what is queued towards the socket, as far as it takes it.
  func pump() {
    guard let context, isSending else { return }
    isPumping = true
    defer { isPumping = false }
    var budget = limits.pumpBytes
    while let next = queue.next(regionMax: limits.fileRegionBytes, pieceMax: limits.filePieceBytes, inPieces: isEncrypted) {
      switch next {
      case .bytes(let bytes):
        write(.byteBuffer(bytes), context)
      case .wait:
        context.flush()
        // Left at once: go on when others on the loop had their turn.
        if !queue.regionIsUnderWay { pumpLater(context) }
        return
      case .region(let region, let more):
        guard let data = region.forSendfile else { return fileIsShort() }
        if more { queue.regionIsUnderWay = true }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { result in
          region.doneWithSendfile(data)
          if case .failure(let error) = result { self.outputFailed(error) }
          if more { self.regionLeft() }
        }
        context.write(wrapOutboundOut(.fileRegion(data)), promise: promise)
      case .piece(let piece):
        // A TLS record holds bytes: read a piece, and the next one only when this one left.
        guard context.channel.isWritable else { return context.flush() }
        guard budget > 0 else { return pumpLater(context) }
        guard let bytes = piece.file.read(at: piece.offset, length: Int(piece.length)), bytes.count == piece.length else { return fileIsShort() }
        budget -= bytes.count
        queue.pieceTaken(piece)
        write(.byteBuffer(bytes.storage), context)
        context.flush()
      }
    }
    context.flush()
    queueMayBeEmpty()
  }

  private func pumpLater(_ context: ChannelHandlerContext) {
    context.flush()
    context.eventLoop.execute {
      self.pump()
      if self.depth == 0 { self.settle() }
    }
  }

  private func regionLeft() {
    queue.regionIsUnderWay = false
    guard !isPumping else { return }
    pump()
    if depth == 0 { settle() }
  }

  /// A file that became shorter cannot be answered for any more: the peer counts on the length it was told.
  private func fileIsShort() {
    reason = "a file became shorter while it was sent"
    closeNow()
  }
}
