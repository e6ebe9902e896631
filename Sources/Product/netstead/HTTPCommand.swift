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
        netstead http https://www.cobalt.test/ -x proxy:3128 --explain
        netstead http http://www.garnet.test/ -X HEAD -H 'If-None-Match: "x"' --explain
        netstead http http://shop.garnet.test/basket --jar cookies.txt -d article=jade -L
      """)

  @Argument(help: "A URL; `http://` may be left out.")
  var url: String

  @Option(name: [.customShort("X"), .customLong("method")], help: ArgumentHelp("GET, HEAD, POST, …", valueName: "method"))
  var methodText: String?

  @Option(name: [.customShort("H"), .customLong("header")], help: ArgumentHelp("A field to send; may be repeated.", valueName: "name: value"))
  var headers: [String] = []

  @OptionGroup var content: HTTPContentOptions

  @Option(name: [.customShort("x"), .customLong("proxy")], help: ArgumentHelp("Ask this proxy instead of the host; for https through a tunnel.", valueName: "host:port"))
  var proxy: String?

  @Flag(name: [.customShort("L"), .customLong("follow")], help: "Follow redirects, at most ten.")
  var follows = false

  @Flag(name: [.customShort("v"), .customLong("verbose")], help: "Show the request and the response's head.")
  var verbose = false

  @Flag(name: .customLong("insecure"), help: "Accept any certificate.")
  var acceptsAnything = false

  @Option(help: ArgumentHelp("Give up when connecting, or the next bytes, take this long.", valueName: "time"))
  var timeout = TimeSpan(duration: .seconds(10))

  @Flag(name: .customLong("show-secrets"), help: "Show passwords and tokens instead of asterisks.")
  var showSecrets = false

  @OptionGroup(title: "Output") var json: JSONOption
  @OptionGroup(title: "Output") var messages: MessageOptions
  @OptionGroup(title: "Output") var quiet: QuietOption
  @OptionGroup(title: "Output") var colour: ColourOptions

  /// Most content that a JSON object carries. Unit: bytes. Past it: the command fails.
  private static let contentBytesMax = 16_777_216

  mutating func validate() throws { try messages.validate(beside: json) }

  func run() async throws {
    var session = ToolSession(messages, colour, timeout: timeout)
    session.talksOnly = true
    session.showsSecrets = showSecrets
    let ask = try await ask(session)
    let result: Result<Status, any Error>
    do { result = .success(try await (json.json ? fetchWhole(ask, session) : fetch(ask, session))) } catch { result = .failure(error) }
    try session.finish(besides: json)
    switch result {
    case .success(let status):
      if status == .unauthorized { throw ToolFailure(.unauthenticated, quiet.short ? "" : "401 for \(ask.address)") }
      if status.rawValue >= 400 { throw ToolFailure(.refused, quiet.short ? "" : "\(status.rawValue) for \(ask.address)") }
    case .failure(let failure): throw ToolFailure(failure)
    }
  }

  private func ask(_ session: ToolSession) async throws -> WebClient.Ask {
    guard let address = WebAddress(url) else { throw ToolFailure(.usage, "expected an http or https URL, found `\(url)`") }
    var ask = WebClient.Ask(address)
    let wanted = (methodText ?? (content.hasContent ? "POST" : "GET")).uppercased()
    guard let method = Method.allCases.first(where: { $0.text == wanted }) else { throw ToolFailure(.usage, "method \(wanted) is not known") }
    ask.method = method
    ask.redirectsMax = follows ? 10 : 0
    for header in headers {
      let parts = header.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { throw ToolFailure(.usage, "expected `name: value`, found `\(header)`") }
      ask.fields.append((FieldName(String(parts[0])), String(parts[1].drop { $0 == " " })))
    }
    try content.apply(to: &ask)
    if let proxy {
      guard let place = WebAddress(proxy), !place.isSecure, place.target == "/" else {
        throw ToolFailure(.usage, "expected a proxy such as proxy:3128, found `\(proxy)`")
      }
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

  private func client(_ session: ToolSession) throws -> WebClient {
    var client = WebClient(network: session.network) { host, _ in try await session.names.addresses(of: host, client: session.client) }
    client.authorities = TrustedAuthorities.text
    client.acceptsAnything = acceptsAnything
    client.connectTimeout = timeout.duration
    client.limits.responseTimeout = timeout.duration
    client.trace = session.trace
    client.jar = try content.openJar(at: session.network.clock.now)
    return client
  }

  /// Fetches, and prints the content as it comes.
  private func fetch(_ ask: WebClient.Ask, _ session: ToolSession) async throws -> Status {
    let ink = colour.isTalkColoured
    let client = try client(session)
    let fetched = try await client.fetch(ask) { progress in
      switch progress {
      case .connected(let endpoint, let asked):
        if verbose { tell(asked, at: endpoint, ink) }
      case .head(let head): if verbose || ask.method == .head { tell(head, ink) }
      case .interim(let head): if verbose { tell(head, ink) }
      case .redirected(let address): if verbose { Terminal.talk("* to \(address)") }
      }
    } sink: { piece in
      if !messages.jsonl { Terminal.say(piece) }
    }
    try content.close(client.jar)
    return fetched.head.status
  }

  /// Fetches, and prints one JSON object.
  private func fetchWhole(_ ask: WebClient.Ask, _ session: ToolSession) async throws -> Status {
    let client = try client(session)
    let (fetched, body) = try await client.get(ask, bytesMax: HTTPCommand.contentBytesMax)
    try content.close(client.jar)
    var writer = JSONWriter()
    writer.object { writer in
      writer.value("schema", 1)
      writer.value("address", fetched.address.description)
      writer.value("server", fetched.remote.description)
      writer.value("version", fetched.head.version.text)
      writer.value("status", fetched.head.status.rawValue)
      writer.value("reason", fetched.head.reason.text)
      writer.array("fields") { fields in
        for index in 0..<fetched.head.fields.count {
          guard let (name, value) = fetched.head.fields[index] else { continue }
          fields.object { field in
            field.value("name", name.text)
            field.value("value", value.text)
          }
        }
      }
      writer.value("length", body.count)
      // What is no text is told in hexadecimal digits.
      if let text = body.printableText { writer.value("content", text) } else { writer.hex("hex", body) }
      if messages.explain { explanations(session, to: &writer) }
    }
    Terminal.say(writer.bytes.text)
    return fetched.head.status
  }

  /// What was sent and received, explained.
  private func explanations(_ session: ToolSession, to writer: inout JSONWriter) {
    writer.array("messages") { array in
      for event in session.store.events(after: 0).events {
        guard event.kind.isMessage, let info = session.store.conversation(event.conversation)?.info,
          let explanation = explainAnything(info.dialect, info, event.kind, event.bytes)
        else { continue }
        array.object { JSONLines.write(explanation, to: &$0) }
      }
    }
  }

  private func tell(_ ask: WebClient.Ask, at endpoint: Endpoint, _ ink: Bool) {
    Terminal.talk("* connected to \(endpoint)")
    if ask.proxy != nil, ask.address.isSecure { Terminal.talk("* a tunnel to \(ask.address.place), TLS inside it") }
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
    case .tunnelRefused(.proxyAuthenticationRequired): .unauthenticated
    case .tunnelRefused: .refused
    case .insecure: .insecure
    }
  }
}

/// The authorities to trust: those the environment names; empty: the system's.
enum TrustedAuthorities {
  static var text: String {
    (Terminal.environment("SSL_CERT_FILE") ?? Terminal.environment("NETSTEAD_CA_FILE")).flatMap { OutputFile.read($0) } ?? ""
  }
}
