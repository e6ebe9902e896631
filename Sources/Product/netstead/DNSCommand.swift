// `netstead dns`: asks a server about a name and shows what it says. Not here: asking (Host/NameClient), messages (DNS).
import ArgumentParser
import Bytes
import DNS
import Host
import Lab
import Trace
import World

/// Looks a name up.
struct DNSCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dns", abstract: "Look up a name.",
    discussion: """
      Arguments in any order: NAME [TYPE] [@SERVER]; an address as NAME asks for its pointer.

      Examples:
        netstead dns www.garnet.test
        netstead dns garnet.test MX @198.51.100.11 --explain
        netstead dns www.garnet.test --trace
        netstead dns video.cdn.test @ns1.cdn.test --subnet 198.18.30.0/24
      """)

  @Argument(help: "NAME, record type, @server or @server:port.")
  var words: [String]

  @Flag(help: "Walk from the root, step by step.")
  var trace = false

  @Flag(help: "Ask over TCP.")
  var tcp = false

  @Flag(name: .customLong("no-recursion"), help: "Do not ask the server to ask others.")
  var noRecursion = false

  @Option(help: ArgumentHelp("Tell the server which network the client is in, so that it can answer by place.", valueName: "address/bits"))
  var subnet: String?

  @OptionGroup(title: "Output") var output: OutputOptions

  func run() async throws {
    let session = ToolSession(output)
    let question = try Question(words)
    let options = try clientSubnet().map { [EDNSOption.clientSubnet($0)] } ?? []
    let server = try await server(question.server, session)
    if trace {
      await walk(question, server, session)
      return try session.finish()
    }
    let query = Message.query(question.name, question.type, id: .random(in: 0...UInt16.max), recursionDesired: !noRecursion, edns: EDNS(options: options))
    let outcome = await session.client.ask(query, server, overStream: tcp)
    if case .answered(let message, let from, let carriage, let duration, let count) = outcome, !output.jsonl {
      show(message, from, carriage, duration, count, session)
    }
    try session.finish()
    switch outcome {
    case .answered(let message, _, _, _, _):
      if message.responseCode != .noError { throw ToolFailure(.refused, output.short ? "" : "\(question.name): \(message.responseCode)") }
    case .timedOut: throw ToolFailure(.unreachable, "no answer from \(server) in time")
    case .unreachable(let why): throw ToolFailure(.unreachable, why)
    }
  }

  /// The client's network that was named.
  private func clientSubnet() throws -> ClientSubnet? {
    guard let subnet else { return nil }
    let parts = subnet.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let address = Address(parts[0]), let length = Int(parts[1]), (0...address.bytes.count * 8).contains(length) else {
      throw ToolFailure(.usage, "expected a network such as 203.0.113.0/24 after --subnet, found `\(subnet)`")
    }
    return ClientSubnet(address, sourceLength: length)
  }

  private func server(_ given: String?, _ session: ToolSession) async throws -> Endpoint {
    guard let given else {
      guard let resolver = session.names.resolver else { throw ToolFailure(.unresolved, "no resolver is configured: name one by @ADDRESS") }
      return resolver
    }
    if let endpoint = Endpoint(given) { return endpoint }
    let addresses = try await session.names.addresses(of: given, client: session.client)
    return Endpoint(addresses.first ?? .loopback, session.names.port(53))
  }

  private func walk(_ question: Question, _ resolver: Endpoint, _ session: ToolSession) async {
    await session.client.walk(question.name, question.type, resolver: resolver, ids: { .random(in: 0...UInt16.max) }) { step in
      switch step.outcome {
      case .answered(let message, let from, let carriage, let duration, let count):
        if output.jsonl { return }
        if output.json { return Terminal.say(JSONText.message(message, from, carriage, duration, count)) }
        for record in message.answers + (message.answers.isEmpty ? message.authorities : []) { Terminal.say(JSONText.line(record)) }
        if !output.short { Terminal.say(";; from \(step.serverName) (\(from)) in \(milliseconds(duration))\n") }
      case .timedOut: Terminal.talk("! no answer from \(step.serverName) (\(step.server)) in time")
      case .unreachable(let why): Terminal.talk("! \(why)")
      }
    }
  }

  private func show(
    _ message: Message, _ server: Endpoint, _ carriage: ConversationInfo.Carriage, _ duration: Duration, _ count: Int, _ session: ToolSession
  ) {
    if output.json { return Terminal.say(JSONText.message(message, server, carriage, duration, count)) }
    if output.short { return message.answers.forEach { Terminal.say("\($0.data)") } }
    // Explained, the messages speak for themselves.
    if session.showsMessages { return }
    Terminal.say(message.presentation)
    Terminal.say(";; \(server) over \(carriage == .tcp ? "TCP" : "UDP"), \(milliseconds(duration)), \(count) bytes")
  }

  private func milliseconds(_ duration: Duration) -> String {
    let tenths = duration.components.seconds * 10_000 + duration.components.attoseconds / 100_000_000_000_000
    return "\(tenths / 10).\(tenths % 10) ms"
  }

  /// What is asked of whom.
  private struct Question {
    var name = Name.root
    var type = RecordType.a
    var server: String?

    init(_ words: [String]) throws {
      var names: [String] = []
      var types: [RecordType] = []
      for word in words {
        if word.hasPrefix("@") { server = String(word.dropFirst()) }
        // The first word is the name even if it reads like a type; `dns MX garnet.test` works all the same.
        else if let known = RecordType(word.uppercased()), !(names.isEmpty && words.count == 1), types.isEmpty { types.append(known) }
        else { names.append(word) }
      }
      guard names.count == 1, let text = names.first else { throw ToolFailure(.usage, "expected one name, found \(names.count)") }
      if let address = Address(text) {
        name = try Question.parse(ZoneText.reverseName(of: address))
        type = types.first ?? .ptr
      } else {
        name = try Question.parse(text)
        type = types.first ?? .a
      }
    }

    private static func parse(_ text: String) throws -> Name {
      do { return try Name(text) } catch { throw ToolFailure(.usage, "`\(text)` is no domain name: \(error)") }
    }
  }
}

extension JSONText {
  /// A record as a line of a master file.
  static func line(_ record: ResourceRecord) -> String { "\(record.name)\t\(record.ttl)\t\(record.class)\t\(record.type)\t\(record.data)" }

  /// A message as one JSON object.
  static func message(_ message: Message, _ server: Endpoint, _ carriage: ConversationInfo.Carriage, _ duration: Duration, _ count: Int) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.value("schema", 1)
      writer.value("server", server.description)
      writer.value("carrier", carriage.rawValue)
      writer.value("microseconds", duration.components.seconds * 1_000_000 + duration.components.attoseconds / 1_000_000_000_000)
      writer.value("bytes", count)
      writer.value("id", message.id)
      writer.value("code", "\(message.responseCode)")
      writer.value("flags", message.flags.names)
      writer.array("questions") { writer in
        for question in message.questions {
          writer.object { writer in
            writer.value("name", "\(question.name)")
            writer.value("type", "\(question.type)")
          }
        }
      }
      records("answers", message.answers, &writer)
      records("authorities", message.authorities, &writer)
      records("additionals", message.additionals, &writer)
    }
    return writer.bytes.text
  }

  private static func records(_ key: StaticString, _ records: [ResourceRecord], _ writer: inout JSONWriter) {
    writer.array(key) { writer in
      for record in records {
        writer.object { writer in
          writer.value("name", "\(record.name)")
          writer.value("ttl", record.ttl)
          writer.value("type", "\(record.type)")
          writer.value("data", "\(record.data)")
        }
      }
    }
  }
}
