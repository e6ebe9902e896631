// `netstead http`: asks a web server for something and shows what it says. Not here: fetching (WebServer/Client).
import ArgumentParser
import Bytes
import HTTP
import Trace
import Transport
import WebServer
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
        netstead http http://www.garnet.test/ -x proxy:3128 -v
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

  @Option(name: [.customShort("x"), .customLong("proxy")], help: ArgumentHelp("Ask this proxy instead of the host; http only.", valueName: "host:port"))
  var proxy: String?

  @Flag(name: [.customShort("L"), .customLong("follow")], help: "Follow redirects, at most ten.")
  var follows = false

  @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Show the request and the response's head.")
  var verbose = false

  @Flag(name: .customLong("insecure"), help: "Accept any certificate.")
  var acceptsAnything = false

  @OptionGroup(title: "Output") var output: OutputOptions

  func run() async throws {
    let session = ToolSession(output, talksOnly: true)
    let ask = try await ask(session)
    let result: Result<Status, any Error>
    do { result = .success(try await fetch(ask, session)) } catch { result = .failure(error) }
    try session.finish()
    switch result {
    case .success(let status):
      if status.rawValue >= 400 { throw ToolFailure(.refused, output.short ? "" : "\(status.rawValue) for \(ask.address)") }
    case .failure(let failure): throw ToolFailure(failure)
    }
  }

  private func ask(_ session: ToolSession) async throws -> WebClient.Ask {
    guard let address = WebAddress(url) else { throw ToolFailure(.usage, "expected an http or https URL, found `\(url)`") }
    var ask = WebClient.Ask(address)
    let wanted = (methodText ?? (data == nil ? "GET" : "POST")).uppercased()
    guard let method = Method.allCases.first(where: { $0.text == wanted }) else { throw ToolFailure(.usage, "method \(wanted) is not known") }
    ask.method = method
    ask.body = data.map { Buffer($0) }
    ask.redirectsMax = follows ? 10 : 0
    for header in headers {
      let parts = header.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { throw ToolFailure(.usage, "expected `name: value`, found `\(header)`") }
      ask.fields.append((FieldName(String(parts[0])), String(parts[1].drop { $0 == " " })))
    }
    if let proxy {
      guard let place = WebAddress(proxy), !place.isSecure, place.target == "/" else {
        throw ToolFailure(.usage, "expected a proxy such as proxy:3128, found `\(proxy)`")
      }
      if address.isSecure { throw ToolFailure(.usage, "only http addresses can be asked through a proxy, found \(address)") }
      ask.proxy = place
    }
    // In a lab on loopback addresses a host's port 80 is another one.
    let place = ask.proxy ?? address
    let port = session.names.port(place.port)
    if port != place.port, let first = try await session.names.addresses(of: place.host, client: session.client).first {
      ask.endpoint = Endpoint(first, port)
    }
    return ask
  }

  private func fetch(_ ask: WebClient.Ask, _ session: ToolSession) async throws -> Status {
    var client = WebClient(network: session.network) { host in try await session.names.addresses(of: host, client: session.client) }
    client.authorities = TrustedAuthorities.text
    client.acceptsAnything = acceptsAnything
    client.connectTimeout = output.timeout.duration
    client.trace = session.trace
    let ink = output.isTalkColoured
    let fetched = try await client.fetch(ask) { progress in
      switch progress {
      case .connected(let endpoint):
        if verbose { tell(ask, at: endpoint, ink) }
      case .head(let head): if verbose || ask.method == .head { tell(head, ink) }
      case .interim(let head): if verbose { tell(head, ink) }
      case .redirected(let address): if verbose { Terminal.talk("* to \(address)") }
      }
    } sink: { piece in
      if !output.jsonl { Terminal.say(piece) }
    }
    return fetched.head.status
  }

  private func tell(_ ask: WebClient.Ask, at endpoint: Endpoint, _ ink: Bool) {
    Terminal.talk("* connected to \(endpoint)")
    Terminal.talk(Ink.blue.paint("> \(ask.method.text) \(ask.address.target) HTTP/1.1", ink))
    Terminal.talk("> Host: \(ask.address.authority)")
    for (name, value) in ask.fields { Terminal.talk("> \(name.text): \(value)") }
  }

  private func tell(_ head: ResponseHead, _ ink: Bool) {
    Terminal.talk(Ink.green.paint("< \(head.version.text) \(head.status.rawValue) \(head.reason.text)", ink))
    for index in 0..<head.fields.count {
      if let (name, value) = head.fields[index] { Terminal.talk("< \(name.text): \(value.text)") }
    }
  }
}

extension ToolFailure {
  /// What a failed fetch means to the caller of the command.
  init(_ error: any Error) {
    switch error {
    case let failure as ToolFailure: self = failure
    case let error as NetworkError: self.init(error.status, error.description)
    case WebClientFailure.noSuchHost(let host): self.init(.unresolved, "no address for \(host)")
    case WebClientFailure.network(let error): self.init(error.status, error.description)
    case WebClientFailure.conversation(let failure): self.init(failure.status, failure.explanation)
    case let failure as ClientConversation.Failure: self.init(failure.status, failure.explanation)
    default: self.init(.brokenPeer, "\(error)")
    }
  }
}

extension ClientConversation.Failure {
  /// The exit code for it.
  var status: ExitStatus {
    switch kind {
    case .badRequest: .usage
    case .badResponse, .closedEarly: .brokenPeer
    case .timedOut: .unreachable
    }
  }
}

/// The authorities to trust: those the environment names; empty: the system's.
enum TrustedAuthorities {
  static var text: String {
    (Terminal.environment("SSL_CERT_FILE") ?? Terminal.environment("NETSTEAD_CA_FILE")).flatMap { OutputFile.read($0) } ?? ""
  }
}
