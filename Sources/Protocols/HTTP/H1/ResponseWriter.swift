// Turns responses into bytes: one buffer for a small one, head and body apart for a large one, so that no large body is copied.
// Not here: when a response is sent (ServerConversation.swift).
import Bytes
import World

/// Writes responses.
enum ResponseWriter {
  /// Bodies up to this size are copied behind their head and leave as one buffer; larger ones are sent beside it.
  // A copy of 16 KiB costs less than the second element of a vector write and its trace event.
  static let copiedBytesMax = 16_384

  /// What a response needs to know about its request and its connection.
  struct Setting {
    var isHead: Bool
    var version: Version
    /// Whether the connection ends after this response.
    var closes: Bool
  }

  /// What follows a written response.
  enum Outcome {
    case complete
    /// Parts follow, framed like this.
    case parts(Framing)
  }

  /// Writes what can be written of `response` now.
  @inline(__always)
  static func write<Question>(
    _ response: Response, _ setting: Setting, date: Buffer, into actions: inout [StreamAction<Question>]
  ) -> Outcome {
    switch response.body {
    case .prepared(let prepared):
      write(prepared.head, prepared.content, setting, prepared.carriesDate ? Buffer() : date, into: &actions)
      return .complete
    case .tunnel:
      // RFC 9110 §9.3.6: neither length nor coding, and the connection is the tunnel's from here on.
      var out = begun(response)
      out.append(date)
      out.append("\r\n" as StaticString)
      actions.append(.send(out))
      return .parts(.untilClose)
    case .parts(let length):
      return writeHead(of: response, length: length, setting, Self.date(date, for: response), into: &actions)
    case .bytes(let bytes):
      let content = response.status.forbidsBody ? PreparedResponse.Content.none : .bytes(bytes)
      write(head(of: response), content, setting, Self.date(date, for: response), into: &actions)
      return .complete
    case .file(let slice):
      let content = response.status.forbidsBody ? PreparedResponse.Content.none : .file(slice)
      write(head(of: response), content, setting, Self.date(date, for: response), into: &actions)
      return .complete
    case .none, .absent:
      write(head(of: response), .none, setting, Self.date(date, for: response), into: &actions)
      return .complete
    }
  }

  /// An interim response: a head alone, without the fields that say how a message ends.
  static func interim(_ status: Status, _ fields: FieldLines) -> Buffer {
    var out = Buffer("HTTP/1.1 \(status.rawValue) ")
    out.append(status.reason)
    out.append("\r\n" as StaticString)
    out.append(fields.bytes)
    out.append("\r\n" as StaticString)
    return out
  }

  /// The Date line to be added: none beside one that was passed on.
  @inline(__always)
  private static func date(_ date: Buffer, for response: Response) -> Buffer { response.fields.carriesDate ? Buffer() : date }

  /// Status line and fields with the length, without Date, Connection and the empty line.
  static func head(of response: Response) -> Buffer {
    var out = begun(response)
    let length: Int64
    switch response.body {
    case .none: length = 0
    case .bytes(let bytes): length = Int64(bytes.count)
    case .file(let slice): length = max(0, slice.length)
    case .absent(let announced): length = max(0, announced)
    case .parts, .prepared, .tunnel: return out
    }
    // RFC 9110 §8.6: no Content-Length in 1xx and 204. In a 304 it would have to be the 200's, which only `.absent` knows.
    if response.status.forbidsBody {
      guard response.status == .notModified, case .absent = response.body else { return out }
    }
    appendLength(length, to: &out)
    return out
  }

  @inline(__always)
  private static func write<Question>(
    _ head: Buffer, _ content: PreparedResponse.Content, _ setting: Setting, _ date: Buffer, into actions: inout [StreamAction<Question>]
  ) {
    var length = 0
    if case .bytes(let bytes) = content, !setting.isHead { length = bytes.count }
    let isCopied = length <= copiedBytesMax
    var out = Buffer(capacity: head.count &+ date.count &+ 32 &+ (isCopied ? length : 0))
    out.append(head)
    finish(&out, setting, date)
    if setting.isHead {
      actions.append(.send(out))
      return
    }
    switch content {
    case .none:
      actions.append(.send(out))
    case .bytes(let bytes):
      if isCopied { out.append(bytes) }
      actions.append(.send(out))
      if !isCopied { actions.append(.send(bytes)) }
    case .file(let slice):
      actions.append(.send(out))
      if slice.length > 0 { actions.append(.sendFile(slice)) }
    }
  }

  /// Adds Date, Connection and the empty line.
  @inline(__always)
  private static func finish(_ out: inout Buffer, _ setting: Setting, _ date: Buffer) {
    out.append(date)
    if setting.closes {
      // RFC 9112 §9.6
      out.append("Connection: close\r\n\r\n" as StaticString)
    } else if setting.version == .http10 {
      // RFC 9112 §C.2.2
      out.append("Connection: keep-alive\r\n\r\n" as StaticString)
    } else {
      out.append("\r\n" as StaticString)
    }
  }

  private static func writeHead<Question>(
    of response: Response, length: Int64?, _ setting: Setting, _ date: Buffer, into actions: inout [StreamAction<Question>]
  ) -> Outcome {
    var out = begun(response)
    var outcome = Outcome.complete
    if !response.status.forbidsBody {
      if let length {
        appendLength(max(0, length), to: &out)
        outcome = .parts(.length(max(0, length)))
      } else if setting.version == .http11 {
        // RFC 9112 §6.1
        out.append("Transfer-Encoding: chunked\r\n" as StaticString)
        outcome = .parts(.chunked)
      } else {
        outcome = .parts(.untilClose)
      }
    }
    finish(&out, setting, date)
    actions.append(.send(out))
    return setting.isHead ? .complete : outcome
  }

  /// The status line and the fields.
  private static func begun(_ response: Response) -> Buffer {
    var out = Buffer(capacity: 128 &+ response.fields.bytes.count)
    // RFC 9112 §4: the version is ours, not the request's.
    out.append("HTTP/1.1 " as StaticString)
    let code = min(max(response.status.rawValue, 100), 999)
    out.append(UInt8(truncatingIfNeeded: 0x30 &+ code / 100))
    out.append(UInt8(truncatingIfNeeded: 0x30 &+ code / 10 % 10))
    out.append(UInt8(truncatingIfNeeded: 0x30 &+ code % 10))
    out.append(" " as StaticString)
    out.append(response.status.reason)
    out.append("\r\n" as StaticString)
    out.append(response.fields.bytes)
    return out
  }

  private static func appendLength(_ length: Int64, to out: inout Buffer) {
    out.append("Content-Length: " as StaticString)
    out.append(String(length))
    out.append("\r\n" as StaticString)
  }
}

/// Writes chunks.
// RFC 9112 §7.1
enum ChunkWriter {
  /// One chunk; a large one's data is sent beside its size line.
  static func write<Question>(_ data: Buffer, into actions: inout [StreamAction<Question>]) {
    guard !data.isEmpty else { return }
    let isCopied = data.count <= ResponseWriter.copiedBytesMax
    var out = Buffer(capacity: 20 + (isCopied ? data.count : 0))
    out.append(String(data.count, radix: 16))
    out.append("\r\n" as StaticString)
    if isCopied {
      out.append(data)
      out.append("\r\n" as StaticString)
      actions.append(.send(out))
    } else {
      actions.append(.send(out))
      actions.append(.send(data))
      actions.append(.send("\r\n"))
    }
  }

  /// The last chunk, without trailers.
  static func writeEnd<Question>(into actions: inout [StreamAction<Question>]) { actions.append(.send("0\r\n\r\n")) }
}
