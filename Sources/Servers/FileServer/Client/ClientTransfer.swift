// Transfers as a client makes them: where the data connection goes is agreed, the command said, content moved, and both ends' words compared.
// Read before: FileClient.swift.
package import Bytes
package import FTP
import Synchronization
import Trace
import Transport
package import World

/// What a client sends.
package enum UploadSource: Sendable {
  /// A stretch of a file.
  case file(FileSlice)
  case bytes(Buffer)
}

extension FileClient {
  // MARK: What is wanted

  /// What is in the folder at `path`; nil: the current one.
  package func list(_ path: Buffer? = nil) async throws(FileClientFailure) -> [ListingItem] {
    let form = has("MLST") || has("MLSD") ? ListingReader.Form.facts : .any
    let reader = Mutex(ListingReader(form, at: network.clock.now, limits: options.limits))
    let rest = Mutex(Buffer())
    // RFC 959 §4.1.3: LIST is sent as text.
    if form == .any { try await setType(.text) }
    _ = try await receive(Command(form == .facts ? .mlsd : .list, path)) { piece in
      var waiting = rest.withLock { $0.takeAll() }
      waiting.append(piece)
      reader.withLock { $0.read(&waiting) }
      rest.withLock { $0 = waiting }
    }
    var last = rest.withLock { $0 }
    return reader.withLock { reader in
      reader.finish(&last)
      return reader.items
    }
  }

  /// Gets the file at `path` from byte `offset` on; `sink` takes it piece by piece. Returns how many bytes came.
  package func get(
    _ path: Buffer, from offset: Int64 = 0, type: ContentType = .image, sink: @escaping @Sendable (Buffer) throws -> Void
  ) async throws(FileClientFailure) -> Int64 {
    let size = type == .image && has("SIZE") ? try await self.size(of: path) : nil
    try await setType(type)
    if offset > 0 { try await require(Command(.rest, Buffer("\(offset)"))) }
    let came = try await receive(Command(.retr, path), sink: sink)
    // RFC 959 §3.4.1: only the connection's end says that a file is whole, and connections end for other reasons too.
    if let size, came != size - offset { throw .wrongLength(came: came, announced: size - offset) }
    return came
  }

  /// Puts content at `path`, as a whole file, from byte `offset` on, or with `verb` APPE at the end.
  package func put(
    _ source: UploadSource, to path: Buffer, from offset: Int64 = 0, verb: Verb = .stor, type: ContentType = .image
  ) async throws(FileClientFailure) {
    try await setType(type)
    if offset > 0 { try await require(Command(.rest, Buffer("\(offset)"))) }
    let events = Mailbox<DataEvent>()
    try await transfer(Command(verb, path), events) { (channel) async throws(FileClientFailure) in
      switch source {
      case .file(let slice) where type == .image: channel.give(.sendFile(slice))
      case .bytes, .file: channel.give(.sendPieces)
      }
      var writer = LineEndWriter()
      var place: Int64 = 0
      while true {
        switch await events.next() {
        case .more:
          guard let piece = try source.piece(at: place) else {
            channel.give(.finish)
            continue
          }
          place += Int64(piece.count)
          channel.give(.piece(type == .text ? writer.sent(piece) : piece))
        case .closed(isClean: true): return
        case .closed(isClean: false), .broken: throw .broken("the data connection broke")
        case .received, .receivedAll: continue
        }
      }
    }
  }

  // MARK: How it is done

  /// Says `command` and hands what comes to `sink`.
  private func receive(_ command: Command, sink: @escaping @Sendable (Buffer) throws -> Void) async throws(FileClientFailure) -> Int64 {
    let events = Mailbox<DataEvent>()
    let came = Mutex<Int64>(0)
    try await transfer(command, events) { (channel) async throws(FileClientFailure) in
      channel.give(.receive(self.options.limits.unaskedBytesMax))
      while true {
        switch await events.next() {
        case .received(let bytes):
          came.withLock { $0 += Int64(bytes.count) }
          do { try sink(bytes) } catch { throw .local("\(error)") }
          channel.give(.take(bytes.count))
        case .receivedAll: return
        case .closed, .broken: throw .broken("the data connection broke")
        case .more: continue
        }
      }
    }
    return came.withLock { $0 }
  }

  /// Agrees on a data connection, says `command`, runs `content` on the connection when the server says that it begins, and hears the end.
  private func transfer(
    _ command: Command, _ events: Mailbox<DataEvent>, _ content: (DataChannel) async throws(FileClientFailure) -> Void
  ) async throws(FileClientFailure) {
    let slot = DataSlot()
    let way = try await prepare(slot)
    defer {
      slot.close()
      if let listener = way.listener { network.start { await listener.close(grace: .zero) } }
    }
    // RFC 4217 §7: the handshake waits for the server's 150, so the command is said before the connection is there.
    let ticket = send(command)
    var failure: NetworkError?
    if let endpoint = way.endpoint { do throws(NetworkError) { try await call(endpoint, for: slot) } catch { failure = error } }
    if let failure {
      _ = interrupt()
      let reply = try await last(ticket)
      // When the server had its own reason, that is the better one; 426 is only what it says to being interrupted.
      if reply.kind == .failed || reply.kind == .failedForNow && reply.code != 426 { throw .refused(command.verb, reply) }
      throw .network(failure)
    }
    let first = try await reply(to: ticket)
    guard first.kind == .preliminary else { throw .refused(command.verb, first) }
    guard let channel = await withCheckedContinuation({ continuation in slot.take { continuation.resume(returning: $0) } }) else {
      throw .broken("no data connection came")
    }
    guard channel.attend({ events.put($0) }) else { throw .broken("the data connection broke") }
    do throws(FileClientFailure) { try await content(channel) } catch {
      channel.give(.abort)
      let reply = try await last(ticket)
      // The server knows better why: no room, say.
      if case .broken = error, reply.kind == .failed || reply.kind == .failedForNow { throw .refused(command.verb, reply) }
      throw error
    }
    let reply = try await last(ticket)
    guard reply.kind == .completed else { throw .refused(command.verb, reply) }
  }

  private func last(_ ticket: Ticket) async throws(FileClientFailure) -> Reply {
    while true {
      let reply = try await reply(to: ticket)
      if reply.kind != .preliminary { return reply }
    }
  }

  /// Where the next data connection goes: an endpoint to call, or a listener that is called.
  private func prepare(_ slot: DataSlot) async throws(FileClientFailure) -> (endpoint: Endpoint?, listener: (any Listener)?) {
    switch options.mode {
    case .passive: return (try await passive(), nil)
    case .active: return (nil, try await active(slot))
    }
  }

  // RFC 2428 §3: EPSV first, since nobody on the way rewrites it.
  private func passive() async throws(FileClientFailure) -> Endpoint {
    if state.withLock({ $0.isExtended }) {
      let reply = try await perform(Command(.epsv))
      if reply.code == 229 {
        do throws(SyntaxError) { return Endpoint(remote.address, try HostPort.extendedPassive(Buffer(reply.text))) } catch {
          throw .session(.notFTP("\(error)"))
        }
      }
      state.withLock { $0.isExtended = false }
    }
    let reply = try await require(Command(.pasv))
    do throws(SyntaxError) {
      // The address in it is not used: a server behind a translator names one that nobody can reach, a hostile one somebody else's.
      return Endpoint(remote.address, try HostPort.passive(Buffer(reply.text)).port)
    } catch { throw .session(.notFTP("\(error)")) }
  }

  private func active(_ slot: DataSlot) async throws(FileClientFailure) -> any Listener {
    if options.tls != nil { throw .broken("inside TLS data connections are passive here") }
    let (peer, limits) = (remote.address, options.limits)
    // Whoever is called is the server of that connection.
    var trace = dataTrace
    trace?.role = .server
    let listener: any Listener
    do throws(NetworkError) {
      listener = try await network.listen(
        at: Endpoint(local.address, 0), options: ListenOptions(limits: ListenLimits(connectionsMax: 2, connectionsPerAddressMax: 2, backlogMax: 2))
      ) { [trace] remote, _ in
        guard remote.address == peer else { return nil }
        return DataConnection(limits: limits, trace: trace) { channel in if !slot.put(channel) { channel.give(.abort) } }
      }
    } catch { throw .network(error) }
    do throws(FileClientFailure) {
      if let numbers = HostPort.numbers(of: listener.endpoint) {
        try await require(Command(.port, Buffer(numbers)))
      } else {
        try await require(Command(.eprt, Buffer(HostPort.extended(of: listener.endpoint))))
      }
    } catch {
      await listener.close(grace: .zero)
      throw error
    }
    return listener
  }

  private func call(_ endpoint: Endpoint, for slot: DataSlot) async throws(NetworkError) {
    let (limits, trace) = (options.limits, dataTrace)
    var tls = options.tls
    if tls?.keyLog == nil { tls?.keyLog = options.trace?.recorder }
    try await network.dial(endpoint, options: DialOptions(timeout: options.connectTimeout, tls: tls)) {
      DataConnection(limits: limits, trace: trace) { channel in if !slot.put(channel) { channel.give(.abort) } }
    }
  }
}

extension UploadSource {
  /// Unit: bytes.
  private static var pieceBytes: Int { 65_536 }

  /// The piece at `offset`; nil: that was all.
  fileprivate func piece(at offset: Int64) throws(FileClientFailure) -> Buffer? {
    switch self {
    case .bytes(let bytes):
      let end = min(bytes.count, Int(offset) + Self.pieceBytes)
      return Int(offset) < end ? bytes[Int(offset)..<end] : nil
    case .file(let slice):
      let length = Int(min(slice.length - offset, Int64(Self.pieceBytes)))
      if length <= 0 { return nil }
      guard let bytes = slice.file.read(at: slice.offset + offset, length: length), !bytes.isEmpty else { throw .local("the file cannot be read") }
      return bytes
    }
  }
}
