// Random and mutated requests through our reader and through llhttp (in NIOHTTP1): what ours accepts, the other must read equally;
// what ours refuses and the other accepts must be refused for a reason in the list.
import Bytes
import HTTP
import NIOCore
import NIOEmbedded
import NIOHTTP1
import TestKit
import Testing
import World

/// What a reader found in a stream.
private struct Message: Equatable {
  var method: String
  var target: String
  var fields: [String] = []
  var body: [UInt8] = []
  var isWhole = false
}

@Suite("Against llhttp")
struct DifferentialTests {
  /// Why ours may refuse what llhttp accepts: what was expected, as the refusal words it.
  private static let stricter = [
    "expected a Host field", "expected one ", "host or host:port", "a character that may stand in a target", "expected a target that begins",
    "expected a path, found '*'", "without leading zeros", "expected 100-continue", "the transfer coding chunked", "HTTP/1.0 or HTTP/1.1",
    "fieldsMax", "fieldsBytesMax", "startLineBytesMax", "a method of at most", "expected a method", "TRACE without a body", "at most 18 digits",
    "no other control byte", "as the target of CONNECT", "bodyBytesMax", "a list of transfer codings", "chunked once",
    "a token in the chunk extension", "chunk extension", "16 hexadecimal digits", "trailerBytesMax", "a field name", "field name", "a request line",
    "chunkExtensionBytesMax", "chunkExtensionsBytesMax", "no Transfer-Encoding in HTTP/1.0", "Content-Length or Transfer-Encoding", "CRLF after the chunk", "HTTP/1.1 and the end of the line",
    "a space and HTTP/1.1", "decimal digits", "chunk size", "a number as Content-Length", "LF after CR", "quoted string", "request target",
  ]

  private func ours(_ bytes: [UInt8]) -> (messages: [Message], refusal: String?) {
    var conversation = ServerConversation()
    var rest = Buffer(bytes)
    var messages: [Message] = []
    var actions: [ServerConversation.Action] = []
    while conversation.acceptsBytes, let input = conversation.next(from: &rest) {
      if case .refused(let refusal) = input { return (messages, refusal.explanation) }
      if case .bodyRefused(let refusal) = input { return (messages, refusal.explanation) }
      conversation.handle(input, at: .simulationStart, into: &actions)
      for case .ask(let question) in actions {
        var answer: ServerConversation.Input?
        switch question {
        case .request(let ticket, let head):
          messages.append(Message(method: head.methodText, target: head.target.text))
          for index in 0..<head.fields.count {
            if let field = head.fields[index] { messages[messages.count - 1].fields.append("\(field.name.text): \(Buffer(field.value.text))") }
          }
          if head.hasBody {
            answer = .takeBody(ticket, 1 << 30)
          } else {
            messages[messages.count - 1].isWhole = true
            answer = .respond(ticket, Response(.ok))
          }
        case .requestBody(_, let bytes): messages[messages.count - 1].body += bytes.array
        case .requestEnd(let ticket, _):
          messages[messages.count - 1].isWhole = true
          answer = .respond(ticket, Response(.ok))
        default: break
        }
        var more: [ServerConversation.Action] = []
        if let answer { conversation.handle(answer, at: .simulationStart, into: &more) }
      }
      actions.removeAll()
    }
    return (messages, nil)
  }

  private func theirs(_ bytes: [UInt8]) -> (messages: [Message], isRefused: Bool) {
    let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
    var isRefused = false
    do { try channel.writeInbound(ByteBuffer(bytes: bytes)) } catch { isRefused = true }
    var messages: [Message] = []
    while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
      switch part {
      case .head(let head):
        messages.append(Message(method: head.method.rawValue, target: head.uri))
        messages[messages.count - 1].fields = head.headers.map { "\($0.name): \(Buffer(Self.trimmed($0.value)))" }
      case .body(let body): messages[messages.count - 1].body += Array(body.readableBytesView)
      case .end: messages[messages.count - 1].isWhole = true
      }
    }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    return (messages, isRefused)
  }

  /// llhttp leaves the blanks at a value's end to its user.
  private static func trimmed(_ value: String) -> String {
    var bytes = Array(value.utf8)
    while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Where llhttp takes less than the documents allow: methods outside its list, minor versions above 1, and a TAB after the value of a
  /// framing field. What follows on that connection is not compared.
  private static func isNarrower(_ message: Message, _ bytes: [UInt8]) -> Bool {
    if !["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"].contains(message.method) { return true }
    let text = Buffer(bytes).text
    if (2...9).contains(where: { text.contains(" HTTP/1.\($0)\r\n") }) { return true }
    return text.contains("\t\r\n")
  }

  @Test("the same reading, or a listed reason") func agrees() {
    var random = SeededRandom(seed: 99)
    let seeds = FramingCase.all.map { Buffer(latin: $0.input).array }.filter { $0.count < 400 }
    var accepted = 0
    for round in 0..<20_000 {
      var bytes = seeds[round % seeds.count]
      if round >= seeds.count {
        for _ in 0..<Int.random(in: 1...2, using: &random) where !bytes.isEmpty {
          let place = Int.random(in: 0..<bytes.count, using: &random)
          switch Int.random(in: 0..<3, using: &random) {
          case 0: bytes[place] = Array("aZ09 \t\r\n:;,=-_.%/\"\\\0\u{7F}".utf8).randomElement(using: &random) ?? 0
          case 1: bytes.remove(at: place)
          default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: place)
          }
        }
      }
      let mine = ours(bytes)
      let other = theirs(bytes)
      for (index, message) in mine.messages.enumerated() where message.isWhole {
        if Self.isNarrower(message, bytes) { break }
        accepted += 1
        guard index < other.messages.count else {
          Issue.record("only ours reads \(message) in \(Buffer(bytes))")
          continue
        }
        var theirs = other.messages[index]
        theirs.isWhole = true
        #expect(message == theirs, "\(Buffer(bytes))")
      }
      if let refusal = mine.refusal, !other.isRefused, other.messages.filter(\.isWhole).count > mine.messages.filter(\.isWhole).count {
        #expect(Self.stricter.contains { refusal.contains($0) }, "\(refusal): \(Buffer(bytes))")
      }
    }
    #expect(accepted > 2_000)
  }
}
