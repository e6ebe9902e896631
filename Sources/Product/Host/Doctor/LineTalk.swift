// A talk of commands and replies with three digits (SMTP, FTP, tor's control port), as somebody at a keyboard has it: line by line.
// Not here: what is said (Doctor/, OnionServing.swift).
import Bytes
import Sockets
import Transport
import World

/// Talks with a server line by line.
enum LineTalk {
  /// Most bytes read of one server. Unit: bytes. Past it: what came so far is all.
  private static let bytesMax = 65_536

  /// The greeting (if the server speaks first) and the replies to `lines`, each whole with its lines; fewer when the server went. The talk ends
  /// after `patience` at the latest.
  static func replies(
    from endpoint: Endpoint, to lines: [String], over network: any Network, patience: Duration
  ) async throws(NetworkError) -> [String] {
    try await replies(from: endpoint, isGreeted: true, over: network, patience: patience) { lines.indices.contains($0.count - 1) ? lines[$0.count - 1] : nil }
  }

  /// The same, line by line: `next` is what is said behind the replies so far; nil: the talk is over.
  static func replies(
    from endpoint: Endpoint, isGreeted: Bool, over network: any Network, patience: Duration, saying next: (_ replies: [String]) -> String?
  ) async throws(NetworkError) -> [String] {
    let (stream, queue) = AsyncStream.makeStream(of: Buffer.self)
    let answers = try await network.connect(
      PipeStreamClient(lingerTime: .zero), to: endpoint, options: DialOptions(timeout: patience), trace: nil
    ) { question, _ in
      switch question {
      case .more: break
      case .deliver(let bytes): queue.yield(bytes)
      case .ended: queue.finish()
      }
      return nil
    }
    let clock = network.clock
    let timer = Task {
      try? await clock.sleep(until: clock.now + patience)
      queue.finish()
    }
    defer {
      timer.cancel()
      answers.give(.peerClosed)
    }
    var (replies, reply, rest) = ([String](), [String](), "")
    var count = 0
    if !isGreeted, let command = next([]) { answers.give(.say(Buffer(command + "\r\n"))) }
    for await piece in stream {
      count += piece.count
      guard count <= bytesMax else { break }
      rest += piece.text
      while let end = rest.utf8.firstIndex(of: 0x0A) {
        let line = String(rest[..<end]).trimmed
        rest = String(rest[rest.utf8.index(after: end)...])
        reply.append(line)
        // RFC 5321 §4.2.1, RFC 959 §4.2: the last line of a reply has a space behind its digits.
        let bytes = Array(line.utf8)
        guard bytes.count >= 3, bytes.prefix(3).allSatisfy({ (0x30...0x39).contains($0) }), bytes.count == 3 || bytes[3] == 0x20 else { continue }
        replies.append(reply.joined(separator: "\n"))
        reply = []
        guard let command = next(replies) else { return replies }
        answers.give(.say(Buffer(command + "\r\n")))
      }
    }
    return replies
  }
}

extension String {
  fileprivate var trimmed: String { hasSuffix("\r") ? String(dropLast()) : self }
}
