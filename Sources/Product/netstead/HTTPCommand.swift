// `netstead http`: asks a web server for something and shows what it says. Not here: the conversation (HTTP/H1/ClientConversation).
import ArgumentParser
import Bytes
import HTTP
import Sockets
import Trace
import Transport
import World

/// Gets a page.
struct HTTPCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "http", abstract: "Get a page.",
    discussion: """
      The page goes to standard output, everything else to standard error.

      Examples:
        netstead http http://www.garnet.test/
        netstead http www.garnet.test/notes.txt -v
        netstead http http://www.garnet.test/ -X HEAD -H 'If-None-Match: "x"' --explain
      """)

  @Argument(help: "A URL; `http://` may be left out.")
  var url: String

  @Option(name: [.customShort("X"), .customLong("method")], help: ArgumentHelp("GET, HEAD, POST, …", valueName: "method"))
  var methodText: String?

  @Option(name: [.customShort("H"), .customLong("header")], help: ArgumentHelp("A field to send; may be repeated.", valueName: "name: value"))
  var headers: [String] = []

  @Option(name: [.customShort("d"), .customLong("data")], help: ArgumentHelp("Content to send; makes it a POST.", valueName: "text"))
  var data: String?

  @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Show the request and the response's head.")
  var verbose = false

  @Flag(name: .customLong("insecure"), help: "Accept any certificate.")
  var acceptsAnything = false

  @OptionGroup(title: "Output") var output: OutputOptions

  func run() async throws {
    let session = ToolSession(output, talksOnly: true)
    let target = try WebTarget(url)
    let request = try request(for: target)
    let addresses = try await session.names.addresses(of: target.host, client: session.client)
    var failure: (any Error)?
    var status: Status?
    for address in addresses {
      do {
        status = try await exchange(request, target, Endpoint(address, session.names.port(target.port)), session)
        failure = nil
        break
      } catch let error as NetworkError {
        failure = ToolFailure(error.status, error.description)
      } catch {
        // The server was reached: another of its addresses would say the same.
        failure = error
        break
      }
    }
    try session.finish()
    if let failure { throw failure }
    if let status, status.rawValue >= 400 { throw ToolFailure(.refused, output.short ? "" : "\(status.rawValue) for \(url)") }
  }

  private func request(for target: WebTarget) throws -> Request {
    guard let method = Method.allCases.first(where: { $0.text == (methodText ?? (data == nil ? "GET" : "POST")).uppercased() }) else {
      throw ToolFailure(.usage, "method \(methodText ?? "") is not known")
    }
    var fields = FieldLines()
    for header in headers {
      let parts = header.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, fields.append(FieldName(String(parts[0])), String(parts[1].drop { $0 == " " })) else {
        throw ToolFailure(.usage, "`\(header)` cannot be sent: expected `name: value`, and no field that says how long the message is")
      }
    }
    for (name, value) in [("User-Agent", "netstead/\(Netstead.versionText)"), ("Accept", "*/*")] {
      if !fields.contains(FieldName(name)) { fields.append(FieldName(name), value) }
    }
    return Request(method, target.path, authority: target.authority, fields: fields, body: data.map { .bytes(Buffer($0)) } ?? .none, afterwards: .close)
  }

  /// Sends the request and prints the response as it comes.
  private func exchange(_ request: Request, _ target: WebTarget, _ endpoint: Endpoint, _ session: ToolSession) async throws -> Status {
    if verbose { tell(request) }
    return try await WebClient(session, acceptsAnything: acceptsAnything).send(request, target, endpoint) { event in
      switch event {
      case .head(let head): if verbose || request.method == .head { tell(head) }
      case .body(let bytes): if !output.jsonl { Terminal.say(bytes) }
      }
    }
  }

  private func tell(_ request: Request) {
    Terminal.talk(Ink.blue.paint("> \(request.methodText) \(request.target) \(request.version.text)", output.isTalkColoured))
    Terminal.talk("> Host: \(request.authority)")
    for line in request.fields.bytes.text.split(separator: "\r\n") { Terminal.talk("> \(line)") }
  }

  private func tell(_ head: ResponseHead) {
    Terminal.talk(Ink.green.paint("< \(head.version.text) \(head.status.rawValue) \(head.reason.text)", output.isTalkColoured))
    for index in 0..<head.fields.count {
      if let (name, value) = head.fields[index] { Terminal.talk("< \(name.text): \(value.text)") }
    }
  }
}
