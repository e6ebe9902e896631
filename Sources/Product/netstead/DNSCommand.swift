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
        netstead dns home.test AXFR @127.0.0.1:8053 --key hmac-sha256:lab.key:BASE64
        netstead dns update home.test add new 60 A 192.0.2.9 @127.0.0.1:8053 --key hmac-sha256:lab.key:BASE64
        netstead dns update home.test delete new A @127.0.0.1:8053 --key hmac-sha256:lab.key:BASE64
        netstead dns www.alice --calling alice=KEY --store srv
        netstead dns forum.i2p --book hosts.txt
      """)

  @Argument(help: "NAME, record type, @server or @server:port; or update ZONE add|delete|replace NAME [TTL] [TYPE] [DATA].")
  var words: [String]

  @Flag(help: "Walk from the root, step by step.")
  var trace = false

  @Flag(help: "Ask over TCP.")
  var tcp = false

  @Flag(name: .customLong("no-recursion"), help: "Do not ask the server to ask others.")
  var noRecursion = false

  @Option(help: ArgumentHelp("Tell the server which network the client is in, so that it can answer by place.", valueName: "address/bits"))
  var subnet: String?

  @Option(help: ArgumentHelp("Sign an update or a transfer with this key.", valueName: "algorithm:name:base64"))
  var key: String?

  @Option(help: ArgumentHelp("Give up on a question after this long.", valueName: "time"))
  var timeout = TimeSpan(duration: .seconds(10))

  @OptionGroup(title: "Names without a root") var others: OtherNameOptions
  @OptionGroup(title: "Output") var json: JSONOption
  @OptionGroup(title: "Output") var messages: MessageOptions
  @OptionGroup(title: "Output") var quiet: QuietOption
  @OptionGroup(title: "Output") var colour: ColourOptions

  mutating func validate() throws {
    try messages.validate(beside: json)
    if trace, noRecursion { throw ValidationError("A walk from the root asks without recursion anyway: leave out --no-recursion.") }
    if trace, subnet != nil { throw ValidationError("A walk from the root does not tell of the client's network: leave out --subnet.") }
  }

  func run() async throws {
    let session = ToolSession(messages, colour, timeout: timeout)
    if words.first == "update" { return try await ZoneChanging(key: key, session: session).update(words) { try await self.server($0, session) } }
    if let name = words.first(where: { !$0.hasPrefix("@") }), try others.knows(name) {
      let lookup = OtherNameLookup(options: others, session: session, isShort: quiet.short) { name, server in await addresses(of: name, server, session) }
      return try await lookup.run(name, words.first { $0 != name && !$0.hasPrefix("@") })
    }
    let question = try Question(words)
    let options = try clientSubnet().map { [EDNSOption.clientSubnet($0)] } ?? []
    let server = try await server(question.server, session)
    if question.type == .axfr { return try await ZoneChanging(key: key, session: session).copy(question.name, from: server) }
    if trace { return try await walk(question, server, session) }
    let query = Message.query(question.name, question.type, id: .random(in: 0...UInt16.max), recursionDesired: !noRecursion, edns: EDNS(options: options))
    let outcome = await session.client.ask(query, server, overStream: tcp)
    if case .answered(let answer) = outcome, !messages.jsonl { show(answer, session) }
    try session.finish(besides: json)
    try judge(outcome, of: "\(server)", question)
  }

  /// The addresses that DNS knows of a name, for names of other systems that lead into it.
  private func addresses(of name: String, _ server: String?, _ session: ToolSession) async -> [Address] {
    guard let name = try? Name(name), let server = try? await self.server(server, session) else { return [] }
    let query = Message.query(name, .a, id: .random(in: 0...UInt16.max))
    guard case .answered(let answer) = await session.client.ask(query, server) else { return [] }
    return answer.message.answers.compactMap { $0.data.address }
  }

  /// Ends the command with the exit code that an outcome deserves.
  private func judge(_ outcome: NameClient.Outcome, of server: String, _ question: Question) throws {
    switch outcome {
    case .answered(let answer):
      let code = answer.message.responseCode
      if code != .noError { throw ToolFailure(.refused, quiet.short ? "" : "\(question.name): \(code)") }
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

  /// Walks from the root, shows each step, and ends as the last one deserves.
  private func walk(_ question: Question, _ resolver: Endpoint, _ session: ToolSession) async throws {
    var steps: [(step: NameClient.Step, explanation: Explanation?)] = []
    await session.client.walk(
      question.name, question.type, resolver: resolver, overStream: tcp, ids: { .random(in: 0...UInt16.max) }
    ) { step in
      steps.append((step, json.json ? explanation(of: step.outcome, session) : nil))
      if !json.json, !messages.jsonl { tell(step) }
    }
    if json.json { Terminal.say(JSONText.walk(steps)) }
    try session.finish(besides: json)
    guard let last = steps.last?.step else { return }
    try judge(last.outcome, of: "\(last.serverName) (\(last.server))", question)
    // The first step asks the resolver for the root's servers; a last one that refers further leads to no server with an address.
    if case .answered(let answer) = last.outcome, steps.count == 1 || answer.isReferral {
      throw ToolFailure(.unresolved, "the walk ends at \(last.serverName): none of the servers it names has an address")
    }
  }

  private func tell(_ step: NameClient.Step) {
    switch step.outcome {
    case .answered(let answer):
      let message = answer.message
      for record in message.answers + (message.answers.isEmpty ? message.authorities : []) { Terminal.say(JSONText.line(record)) }
      if !quiet.short {
        Terminal.say(";; from \(step.serverName) (\(answer.server)) over \(answer.carriage.shown) in \(milliseconds(answer.duration))\n")
      }
    case .timedOut: Terminal.talk("! no answer from \(step.serverName) (\(step.server)) in time")
    case .unreachable(let why): Terminal.talk("! \(why)")
    }
  }

  private func show(_ answer: NameClient.Answer, _ session: ToolSession) {
    if json.json {
      var writer = JSONWriter()
      writer.object { writer in
        writer.value("schema", 1)
        JSONText.write(answer, explanation(of: .answered(answer), session), to: &writer)
      }
      return Terminal.say(writer.bytes.text)
    }
    if quiet.short { return answer.message.answers.forEach { Terminal.say("\($0.data)") } }
    // Explained, the messages speak for themselves.
    if messages.showsMessages { return }
    Terminal.say(answer.message.presentation)
    Terminal.say(";; \(answer.server) over \(answer.carriage.shown), \(milliseconds(answer.duration)), \(answer.byteCount) bytes")
  }

  /// What the bytes of the answer that came last mean; nil: it was not asked for, or none came.
  private func explanation(of outcome: NameClient.Outcome, _ session: ToolSession) -> Explanation? {
    guard messages.explain, case .answered = outcome,
      let event = session.store.events(after: 0).events.last(where: { $0.kind == .received }),
      let info = session.store.conversation(event.conversation)?.info
    else { return nil }
    return explainAnything(info.dialect, info, event.kind, event.bytes)
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

extension ConversationInfo.Carriage {
  /// As it is told to people.
  fileprivate var shown: String { self == .tcp ? "TCP" : "UDP" }
}

extension JSONText {
  /// A record as a line of a master file.
  static func line(_ record: ResourceRecord) -> String { "\(record.name)\t\(record.ttl)\t\(record.class)\t\(record.type)\t\(record.data)" }

  /// An answer, as members of the object begun.
  static func write(_ answer: NameClient.Answer, _ explanation: Explanation?, to writer: inout JSONWriter) {
    let message = answer.message
    let (seconds, attoseconds) = answer.duration.components
    writer.value("server", answer.server.description)
    writer.value("carrier", answer.carriage.rawValue)
    writer.value("microseconds", seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
    writer.value("bytes", answer.byteCount)
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
    if let explanation { writer.object("explanation") { JSONLines.write(explanation, to: &$0) } }
  }

  /// A walk, as one object.
  static func walk(_ steps: [(step: NameClient.Step, explanation: Explanation?)]) -> String {
    var writer = JSONWriter()
    writer.object { writer in
      writer.value("schema", 1)
      writer.array("steps") { array in
        for (step, explanation) in steps { array.object { write(step, explanation, to: &$0) } }
      }
    }
    return writer.bytes.text
  }

  /// A step of a walk, as members of the object begun.
  static func write(_ step: NameClient.Step, _ explanation: Explanation?, to writer: inout JSONWriter) {
    writer.value("name", step.serverName)
    switch step.outcome {
    case .answered(let answer): write(answer, explanation, to: &writer)
    case .timedOut:
      writer.value("server", step.server.description)
      writer.value("problem", "no answer in time")
    case .unreachable(let why):
      writer.value("server", step.server.description)
      writer.value("problem", why)
    }
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
