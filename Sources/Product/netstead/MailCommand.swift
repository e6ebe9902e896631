// `netstead mail`: sends a letter, lists a mailbox, reads a letter. Not here: sessions (MailServer/Client, MailServer/Transfer/Relay/Sending.swift).
import ArgumentParser
import Bytes
import Host
import Lab
import Mail
import MailServer
import SMTP
import Trace
import Transport
import World

/// Talks to mail servers.
struct MailCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mail", abstract: "Send and read mail.",
    discussion: """
      Servers are smtp://host (port 587, STARTTLS), smtps://host (465), imap://host/mailbox (143, STARTTLS), imaps://host (993), pop3://host (110,
      STLS), pop3s://host (995). The password comes with --user, from the address, or from $NETSTEAD_PASSWORD.

      Examples:
        echo Hello | netstead mail send smtp://mail.garnet.test --user writer:red-ink --from writer@garnet.test --to reader@cobalt.test --subject Stones
        netstead mail list imap://reader:blue-ink@mail.cobalt.test
        netstead mail read pop3://reader:blue-ink@mail.cobalt.test 1 --explain
      """, subcommands: [MailSendCommand.self, MailListCommand.self, MailReadCommand.self])
}

/// A mail server as an address names it.
struct MailServerAddress {
  var scheme: String
  var host: String
  var port: UInt16
  var user: String?
  var password: String?
  var mailbox: String

  static let ports: [String: UInt16] = ["smtp": 587, "smtps": 465, "imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995]

  /// Nil: it is no such address.
  init?(_ text: String, schemes: [String]) {
    guard let mark = text.firstRange(of: "://") else { return nil }
    scheme = text[..<mark.lowerBound].lowercased()
    guard schemes.contains(scheme), let standard = Self.ports[scheme] else { return nil }
    var rest = text[mark.upperBound...]
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    mailbox = String(rest[slash...].dropFirst())
    rest = rest[..<slash]
    if let at = rest.lastIndex(of: "@") {
      let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      user = parts.first.map(String.init)
      password = parts.count > 1 ? String(parts[1]) : nil
      rest = rest[rest.index(after: at)...]
    }
    port = standard
    if !rest.hasSuffix("]"), let colon = rest.lastIndex(of: ":") {
      guard let number = UInt16(rest[rest.index(after: colon)...]) else { return nil }
      port = number
      rest = rest[..<colon]
    }
    host = String(rest.hasPrefix("[") && rest.hasSuffix("]") ? rest.dropFirst().dropLast() : rest)
    if host.isEmpty { return nil }
  }

  /// Whether it is inside TLS from its first byte.
  var isSecure: Bool { scheme.hasSuffix("s") }
}

/// What every subcommand understands.
struct MailOptions: ParsableArguments {
  @Option(name: [.customShort("u"), .customLong("user")], help: ArgumentHelp("Who logs in.", valueName: "name:password"))
  var user: String?

  @Flag(name: .customLong("no-tls"), help: "Everything in the clear, the password too.")
  var clear = false

  @Flag(name: .customLong("insecure"), help: "Accept any certificate.")
  var acceptsAnything = false

  @Option(help: ArgumentHelp("Give up when connecting, or an answer, takes this long.", valueName: "time"))
  var timeout = TimeSpan(duration: .seconds(30))

  @Flag(name: .customLong("show-secrets"), help: "Show passwords instead of asterisks.")
  var showSecrets = false

  mutating func validate() throws {
    if clear, acceptsAnything { throw ValidationError("--insecure is about certificates: leave out --no-tls.") }
  }

  func credentials(_ address: MailServerAddress) throws -> SASL.Credentials? {
    if let user {
      let words = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard !words[0].isEmpty, let password = words.count == 2 ? words[1] : Terminal.environment("NETSTEAD_PASSWORD") else {
        throw ToolFailure(.usage, "expected name:password, found `\(words[0])` and no $NETSTEAD_PASSWORD")
      }
      return SASL.Credentials(user: words[0], password: password)
    }
    guard let name = address.user else { return nil }
    guard let password = address.password ?? Terminal.environment("NETSTEAD_PASSWORD") else {
      throw ToolFailure(.usage, "a password is needed: name:password@host, --user, or $NETSTEAD_PASSWORD")
    }
    return SASL.Credentials(user: name, password: password)
  }

  func tls(_ address: MailServerAddress) -> TLSClientOptions {
    TLSClientOptions(serverName: address.host, authorities: TrustedAuthorities.text, acceptsAnything: acceptsAnything)
  }

  func security(_ address: MailServerAddress) throws -> MailboxSecurity {
    if address.isSecure, clear { throw ToolFailure(.usage, "\(address.scheme):// is inside TLS: leave out --no-tls") }
    return clear ? .never : address.isSecure ? .fromTheStart : .startTLS
  }

  func session(_ messages: MessageOptions, _ colour: ColourOptions) -> ToolSession {
    var session = ToolSession(messages, colour, timeout: timeout)
    session.talksOnly = true
    session.showsSecrets = showSecrets
    return session
  }

  /// Opens the mailbox at `url`, does `work`, and shows what was said.
  func withMailbox(
    _ url: String, _ messages: MessageOptions, _ colour: ColourOptions, besides json: JSONOption? = nil, _ work: (any MailboxClient) async throws -> Void
  ) async throws {
    guard let address = MailServerAddress(url, schemes: ["imap", "imaps", "pop3", "pop3s"]) else {
      throw ToolFailure(.usage, "expected an address such as imap://user@host/INBOX, found `\(url)`")
    }
    guard let credentials = try credentials(address) else { throw ToolFailure(.usage, "nobody reads mail without logging in: --user name:password") }
    let session = session(messages, colour)
    let result: Result<Void, any Error>
    do {
      var options = MailboxOptions(credentials, security: try security(address), tls: clear ? nil : tls(address))
      options.mayLogInInTheClear = clear
      options.timeout = timeout.duration
      options.trace = session.trace
      let client = try await open(address, options, session)
      try await work(client)
      try await client.close()
      result = .success(())
    } catch { result = .failure(error) }
    try session.finish(besides: json)
    if case .failure(let error) = result { throw ToolFailure(mail: error) }
  }

  private func open(_ address: MailServerAddress, _ options: MailboxOptions, _ session: ToolSession) async throws -> any MailboxClient {
    let kind: MailboxProtocol = address.scheme.hasPrefix("imap") ? .imap : .pop3
    var failure: MailboxClientFailure?
    for place in try await session.names.addresses(of: address.host, client: session.client) {
      let endpoint = Endpoint(place, session.names.port(address.port))
      do throws(MailboxClientFailure) {
        return try await session.network.openMailbox(address.mailbox.isEmpty ? "INBOX" : address.mailbox, by: kind, at: endpoint, options)
      } catch {
        failure = error
        guard case .network = error else { throw error }
      }
    }
    throw failure ?? .lost("no address for \(address.host)")
  }
}

extension ToolFailure {
  init(mail error: any Error) {
    switch error {
    case let failure as ToolFailure: self = failure
    case let failure as MailboxClientFailure:
      let status: ExitStatus =
        switch failure {
        case .network(.tls), .insecure: .insecure
        case .network, .lost: .unreachable
        case .login: .unauthenticated
        case .refused, .tooLarge: .refused
        case .broken: .brokenPeer
        }
      self.init(status, "\(failure)")
    default: self.init(error)
    }
  }
}

/// `netstead mail send`
struct MailSendCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "send", abstract: "Send a letter; its text comes from standard input.")

  @Argument(help: "The server that takes it: smtp://host or smtps://host; host:25 takes mail for its own users without a login.")
  var url: String

  @Option(help: ArgumentHelp("The author.", valueName: "address")) var from: String
  @Option(help: ArgumentHelp("A recipient; may be given more than once.", valueName: "address")) var to: [String]
  @Option(help: ArgumentHelp("Who gets a copy.", valueName: "address")) var cc: [String] = []
  @Option(help: ArgumentHelp("Who gets a copy that nobody sees.", valueName: "address")) var bcc: [String] = []
  @Option(help: "The subject.") var subject = ""
  @Option(help: ArgumentHelp("A file that goes with it; may be given more than once.", valueName: "file")) var attach: [String] = []
  @Flag(help: "Standard input is a whole message with its head.") var raw = false
  @Option(help: ArgumentHelp("Who this machine says it is.", valueName: "name")) var helo = "localhost"

  @OptionGroup var options: MailOptions
  @OptionGroup(title: "Output") var messages: MessageOptions
  @OptionGroup(title: "Output") var colour: ColourOptions

  func run() async throws {
    guard let address = MailServerAddress(url.contains("://") ? url : "smtp://" + url, schemes: ["smtp", "smtps"]) else {
      throw ToolFailure(.usage, "expected an address such as smtp://host, found `\(url)`")
    }
    let session = options.session(messages, colour)
    let author = try Self.address(from)
    let recipients = try (to + cc + bcc).map(Self.address)
    let delivery = SMTP.Delivery(sender: .mailbox(author), recipients: recipients, content: [.bytes(try letter(author, at: session.network.clock.now))])
    let credentials = try options.credentials(address)
    let security = try options.security(address)
    // Whoever logs in does so inside TLS or not at all; a letter without a login goes inside TLS when it can.
    var speech = ClientOptions(
      name: helo, tls: security == .fromTheStart ? .fromTheStart : security == .never ? .never : credentials == nil ? .opportunistic : .required,
      credentials: credentials)
    if options.clear { speech.logsIn = .always }
    var sent: Sent?
    for place in try await session.names.addresses(of: address.host, client: session.client) {
      let exchanger = Exchanger(name: address.host, endpoint: Endpoint(place, session.names.port(address.port)))
      sent = await Sending.send(
        delivery, to: exchanger, as: speech, limits: SMTP.Limits(), network: session.network, tls: options.clear ? nil : options.tls(address),
        timeout: options.timeout.duration, trace: session.trace)
      if sent?.wasAlive == true { break }
    }
    try session.finish()
    guard let sent, let fates = sent.fates else { throw ToolFailure(Self.status(sent?.failure ?? ""), sent?.failure ?? "no address for \(address.host)") }
    var refusals: [String] = []
    for (recipient, fate) in zip(recipients, fates) {
      switch fate {
      case .accepted(let reply): if !messages.jsonl { Terminal.say("\(recipient): \(reply)") }
      case .temporary(let reply), .permanent(let reply): refusals.append("\(recipient): \(reply)")
      case .undecided(let failure): refusals.append("\(recipient): \(failure)")
      }
    }
    if !refusals.isEmpty { throw ToolFailure(.refused, refusals.joined(separator: "\n")) }
  }

  private static func status(_ failure: String) -> ExitStatus {
    if failure.contains("TLS") { return .insecure }
    return failure.hasPrefix(SMTP.Step.authentication.rawValue) ? .unauthenticated : .unreachable
  }

  private static func address(_ text: String) throws -> MailAddress {
    guard let address = try? MailAddress(text) else { throw ToolFailure(.usage, "expected an address such as ada@example.org, found `\(text)`") }
    return address
  }

  private func letter(_ author: MailAddress, at now: Instant) throws -> Buffer {
    guard let input = SystemFile.bytes("/dev/stdin", bytesMax: 52_428_800) else { throw ToolFailure(.usage, "standard input is longer than 50 MiB") }
    if raw { return Buffer(Self.withLineEnds(input)) }
    var random = SystemRandomNumberGenerator()
    var draft = MessageDraft(
      from: NamedAddress(author), to: try to.map { NamedAddress(try Self.address($0)) }, subject: subject, text: String(decoding: input, as: UTF8.self),
      date: MailDate(now), messageID: "\(String(random.next(), radix: 36)).\(String(random.next(), radix: 36))@\(author.domain)")
    draft.cc = try cc.map { NamedAddress(try Self.address($0)) }
    for path in attach {
      guard let content = SystemFile.bytes(path, bytesMax: 52_428_800) else { throw ToolFailure(.usage, "\(path) cannot be read, or is larger than 50 MiB") }
      draft.attachments.append(MessageDraft.Attachment(name: path.split(separator: "/").last.map(String.init) ?? path, content: Buffer(content)))
    }
    do { return try draft.written(using: &random) } catch { throw ToolFailure(.usage, "\(error)") }
  }

  /// Every line ends in CR LF.
  private static func withLineEnds(_ input: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(input.count + input.count / 32)
    for byte in input {
      if byte == 0x0A, out.last != 0x0D { out.append(0x0D) }
      out.append(byte)
    }
    return out
  }
}

/// `netstead mail list`
struct MailListCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the messages of a mailbox, or the folders.")

  @Argument(help: "The mailbox: imap://user@host/folder, pop3://user@host.") var url: String
  @Flag(help: "The folders instead of messages.") var folders = false
  @OptionGroup var options: MailOptions
  @OptionGroup(title: "Output") var json: JSONOption
  @OptionGroup(title: "Output") var messages: MessageOptions
  @OptionGroup(title: "Output") var colour: ColourOptions

  mutating func validate() throws { try messages.validate(beside: json) }

  func run() async throws {
    try await options.withMailbox(url, messages, colour, besides: json) { client in
      if folders {
        for name in try await client.folders() where !messages.jsonl { Terminal.say(name) }
        return
      }
      let list = try await client.list()
      if json.json { return Terminal.say(Self.json(list)) }
      if messages.jsonl { return }
      for message in list {
        Terminal.say([String(message.number), "\(message.size) bytes", message.flags.joined(separator: " "), message.from, message.subject]
          .compactMap { $0?.isEmpty == false ? $0 : nil }.joined(separator: "  "))
      }
    }
  }

  private static func json(_ list: [ListedMessage]) -> String {
    var writer = JSONWriter()
    writer.object { object in
      object.value("schema", 1)
      object.array("messages") { array in
        for message in list {
          array.object { object in
            object.value("number", message.number)
            object.value("size", Int(message.size))
            object.value("identifier", message.identifier)
            object.array("flags") { flags in for flag in message.flags { flags.value(nil, flag) } }
            if let subject = message.subject { object.value("subject", subject) }
            if let from = message.from { object.value("from", from) }
          }
        }
      }
    }
    return writer.bytes.text
  }
}

/// `netstead mail read`
struct MailReadCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "read", abstract: "Print a message as it came.")

  @Argument(help: "The mailbox: imap://user@host/folder, pop3://user@host.") var url: String
  @Argument(help: "The message's number, as `list` says it.") var number: Int
  @Flag(help: "Remove it afterwards.") var delete = false
  @OptionGroup var options: MailOptions
  @OptionGroup(title: "Output") var messages: MessageOptions
  @OptionGroup(title: "Output") var colour: ColourOptions

  func run() async throws {
    try await options.withMailbox(url, messages, colour) { client in
      let message = try await client.message(number, bytesMax: 104_857_600)
      if delete { try await client.delete(number) }
      if !messages.jsonl { Terminal.say(message) }
    }
  }
}
