// `netstead nc`: standard input to a port, the port to standard output.
// Not here: the conversation (Sockets/PipeStreamClient, PipeDatagramClient).
import ArgumentParser
import Bytes
import Dispatch
import Sockets
import Trace
import Transport
import World
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Talks to a port by hand.
struct NetcatCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "nc", abstract: "Talk to a port by hand.",
    discussion: """
      What is typed goes out, what comes in is printed. It ends when the peer closes, or when input has ended and the peer is silent.
      With --jsonl what comes in is printed only as the events that hold it.

      Examples:
        netstead nc srv 6789
        printf 'GET / HTTP/1.0\\n\\n' | netstead nc --crlf www.garnet.test 80
        echo hello | netstead nc -u srv 9876
      """)

  @Argument(help: "A name or an address.")
  var host: String

  @Argument(help: "A number from 1 to 65535.")
  var port: UInt16

  @Flag(name: [.customShort("u"), .customLong("udp")], help: "Over UDP: each line is a datagram.")
  var isDatagram = false

  @Flag(help: "Inside TLS.")
  var tls = false

  @Flag(name: .customLong("insecure"), help: "Accept any certificate.")
  var acceptsAnything = false

  @Flag(name: [.customShort("C"), .customLong("crlf")], help: "End lines with CR LF.")
  var crlf = false

  @Option(help: ArgumentHelp("How long to listen after the last byte once input has ended.", valueName: "time"))
  var linger = TimeSpan(duration: .seconds(1))

  @Option(help: ArgumentHelp("Give up connecting after this long.", valueName: "time"))
  var timeout = TimeSpan(duration: .seconds(10))

  @OptionGroup(title: "Output") var messages: MessageOptions
  @OptionGroup(title: "Output") var colour: ColourOptions

  mutating func validate() throws {
    if port == 0 { throw ValidationError("Expected a port from 1 to 65535.") }
    if isDatagram, tls { throw ValidationError("TLS runs over TCP: leave out --udp or --tls.") }
  }

  func run() async throws {
    var session = ToolSession(messages, colour, timeout: timeout)
    session.talksOnly = true
    let addresses = try await session.names.addresses(of: host, client: session.client)
    var failure: ToolFailure?
    for address in addresses {
      let endpoint = Endpoint(address, session.names.port(port))
      do {
        try await talk(to: endpoint, session)
        failure = nil
        break
      } catch let error as NetworkError {
        failure = ToolFailure(error.status, error.description)
      }
    }
    try session.finish()
    if let failure { throw failure }
  }

  private func talk(to endpoint: Endpoint, _ session: ToolSession) async throws {
    let mouth = Mouth(crlf: crlf, perLine: isDatagram)
    // Events on standard output are alone there.
    let isAlone = messages.jsonl
    let show: @Sendable (Buffer) -> Void = { (bytes: Buffer) in if !isAlone { Terminal.say(bytes) } }
    let (ends, whenEnded) = AsyncStream<Void>.makeStream()
    if isDatagram {
      let conversation = PipeDatagramClient(peer: endpoint, lingerTime: linger.duration)
      let any: Address = if case .v4 = endpoint.address { .any } else { .v6(0, 0) }
      _ = try await session.network.bind(Endpoint(any, 0), options: BindOptions(peer: endpoint)) { [trace = session.trace] in
        DatagramDriver(conversation, trace: trace) { question, answers in
          switch question {
          case .more: mouth.next { answers.give($0.map { .say($0) } ?? .finished) }
          case .deliver(let bytes): show(bytes)
          case .ended: whenEnded.finish()
          }
          return nil
        }
      }
    } else {
      let options = DialOptions(
        timeout: timeout.duration, tls: tls ? TLSClientOptions(serverName: host, authorities: TrustedAuthorities.text, acceptsAnything: acceptsAnything) : nil)
      _ = try await session.network.connect(PipeStreamClient(lingerTime: linger.duration), to: endpoint, options: options, trace: session.trace) {
        question, answers in
        switch question {
        case .more: mouth.next { answers.give($0.map { .say($0) } ?? .finished) }
        case .deliver(let bytes): show(bytes)
        case .ended: whenEnded.finish()
        }
        return nil
      }
    }
    for await _ in ends {}
  }
}

extension NetworkError {
  /// The exit code for it.
  var status: ExitStatus {
    switch self {
    case .tls: .insecure
    default: .unreachable
    }
  }
}

/// Reads standard input on a thread of its own, piece by piece as it is asked for.
private final class Mouth: Sendable {
  /// Most bytes taken at a time. Unit: bytes.
  private static let pieceMax = 65_536
  private let queue = DispatchQueue(label: "input")
  private let crlf: Bool
  /// A datagram each line; a stream takes what comes.
  private let perLine: Bool

  init(crlf: Bool, perLine: Bool) {
    self.crlf = crlf
    self.perLine = perLine
  }

  /// Hands the next piece to `give`; nil: input has ended.
  func next(_ give: @escaping @Sendable (Buffer?) -> Void) {
    queue.async { [self] in give(perLine ? line() : piece()) }
  }

  private func piece() -> Buffer? {
    var bytes = [UInt8](repeating: 0, count: Mouth.pieceMax)
    var length: Int
    repeat { length = read(STDIN_FILENO, &bytes, bytes.count) } while length < 0 && errno == EINTR
    guard length > 0 else { return nil }
    return Buffer(ended(bytes[..<length]))
  }

  private func line() -> Buffer? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while bytes.count < Mouth.pieceMax {
      let length = read(STDIN_FILENO, &byte, 1)
      if length < 0, errno == EINTR { continue }
      if length <= 0 { break }
      bytes.append(byte)
      if byte == UInt8(ascii: "\n") { break }
    }
    return bytes.isEmpty ? nil : Buffer(ended(bytes[...]))
  }

  /// The bytes with their line ends as asked for.
  private func ended(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    guard crlf else { return Array(bytes) }
    var result: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
      if byte == UInt8(ascii: "\n"), index == 0 || bytes[bytes.startIndex + index - 1] != UInt8(ascii: "\r") { result.append(UInt8(ascii: "\r")) }
      result.append(byte)
    }
    return result
  }
}
