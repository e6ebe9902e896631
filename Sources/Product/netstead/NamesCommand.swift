// `netstead names`: zones of the GNU Name System, address books, and names that are keys, made and taken apart.
// Not here: looking names up (`netstead dns`, OtherNames.swift), what all this is (Protocols/Names).
import ArgumentParser
import BitTorrent
import Bytes
import Host
import Lab
import NameServer
import Names
import Swarm
import Trace
import Transport
import World

/// Names without a root.
struct NamesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "names", abstract: "Zones of one's own, address books, names that are keys.",
    discussion: """
      Examples:
        netstead names key --out alice.key
        printf 'www A 1h 192.0.2.80\\n' > alice.zone
        netstead names publish alice.zone --key alice.key --blocks blocks.gns
        netstead dns www.$(netstead names key --show alice.key) --blocks blocks.gns
        netstead names publish alice.zone --key alice.key --node 192.0.2.7:6881 --stay
        netstead names book add mine.txt forum.i2p DESTINATION
        netstead names book subscribe mine.txt hosts.txt --source http://friend.i2p/hosts.txt
        netstead names onion NAME.onion OTHER.onion
      """, subcommands: [Key.self, Publish.self, Show.self, Onion.self, B32.self, Book.self])

  // MARK: What the parts share

  static func book(_ file: String) throws -> AddressBook {
    guard let text = SystemFile.bytes(file, bytesMax: 134_217_728) else { throw ToolFailure(.usage, "\(file) cannot be read") }
    let (book, problems) = AddressBook.reading(Buffer(text))
    for problem in problems { Terminal.talk("! \(file): \(problem)") }
    return book
  }

  static func secret(_ file: String) throws -> ZoneSecret {
    let words = (OutputFile.read(file) ?? "").split(whereSeparator: { $0 == " " || $0 == "\n" })
    let kinds: [Substring: ZoneKind] = ["pkey": .pkey, "edkey": .edkey]
    guard words.count == 2, let kind = kinds[words[0]], let bytes = Hexadecimal.bytes(words[1].utf8), let secret = ZoneSecret(kind, bytes) else {
      throw ToolFailure(.usage, "\(file): expected `edkey` or `pkey` and 64 hexadecimal digits")
    }
    return secret
  }

  /// The blocks of a file, one after the other: each begins with its size.
  static func list(in file: String) throws -> [ZoneBlock] {
    guard var rest = SystemFile.bytes(file, bytesMax: 134_217_728).map({ $0[...] }) else { throw ToolFailure(.usage, "\(file) cannot be read") }
    var blocks: [ZoneBlock] = []
    while rest.count >= 4 {
      let size = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      do throws(SyntaxError) { blocks.append(try ZoneBlock(reading: Array(rest.prefix(size)))) } catch { throw ToolFailure(.usage, "\(file): block \(blocks.count + 1): \(error)") }
      rest = rest.dropFirst(size)
    }
    return blocks
  }

  static func blocks(in file: String) async throws -> MemoryBlocks {
    let blocks = MemoryBlocks()
    // Of two for one label the later one counts.
    for block in try list(in: file) { try? await blocks.put(block) }
    return blocks
  }

  /// The hash table, entered at `nodes`. Who asks there is not remembered: it is gone in a moment.
  static func table(_ nodes: [String], _ session: ToolSession) async throws -> TableBlocks {
    let entrances = try await SwarmRun.endpoints(nodes, session)
    guard let first = entrances.first else { throw ToolFailure(.unresolved, "\(nodes.joined(separator: ", ")) has no address") }
    var setting = DHTSetting(bootstrap: entrances, at: first.address, items: ZoneBlockRule())
    setting.isReadOnly = true
    do throws(NetworkError) {
      return TableBlocks(
        try await NodeService.start(
          network: session.network, endpoint: Endpoint(first.address.isV6 ? .v6(0, 0) : .any, 0), setting: setting, trace: session.trace,
          chance: SystemRandomNumberGenerator()))
    } catch { throw ToolFailure(error) }
  }

  // MARK: Zones

  struct Key: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make a zone's key, or show the zone of one.")
    @Option(help: "edkey or pkey.") var kind = "edkey"
    @Option(help: ArgumentHelp("Where the secret goes; nobody else may read it.", valueName: "file")) var out: String?
    @Option(help: ArgumentHelp("Show the zone of this secret instead.", valueName: "file")) var show: String?

    func run() throws {
      if let show { return Terminal.say(try NamesCommand.secret(show).publicKey.text) }
      let kinds: [String: ZoneKind] = ["pkey": .pkey, "edkey": .edkey]
      guard let chosen = kinds[kind], let out else { throw ToolFailure(.usage, "expected --out FILE, and edkey or pkey after --kind") }
      var chance = SystemRandomNumberGenerator()
      let secret = ZoneSecret(chosen, using: &chance)
      guard OutputFile.writePrivately(Array("\(kind) \(Hexadecimal.text(secret.bytes))\n".utf8), to: out) else { throw ToolFailure(.usage, "\(out) cannot be written") }
      Terminal.say(secret.publicKey.text)
    }
  }

  struct Publish: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Seal and sign a zone's records, and hand them to who keeps them.",
      discussion: "Lines of the zone: LABEL TYPE LIFE [critical|shadow|supplemental …] DATA; @ is the zone itself, a life is 90s, 5m, 2h or 7d.")
    @Argument(help: "The zone's file.") var zone: String
    @Option(help: ArgumentHelp("The zone's secret.", valueName: "file")) var key: String
    @OptionGroup var places: OtherNameOptions
    @Flag(help: "Stay, and publish again every hour: nodes forget after two.") var stay = false
    @OptionGroup(title: "Output") var messages: MessageOptions
    @OptionGroup(title: "Output") var colour: ColourOptions
    @Option(help: ArgumentHelp("Give up after this long.", valueName: "time")) var timeout = TimeSpan(duration: .seconds(10))

    func run() async throws {
      guard let text = SystemFile.bytes(zone, bytesMax: 67_108_864) else { throw ToolFailure(.usage, "\(zone) cannot be read") }
      let (records, problems) = Zone.reading(Buffer(text))
      guard problems.isEmpty else { throw ToolFailure(.usage, problems.map { "\(zone): \($0)" }.joined(separator: "\n")) }
      let session = ToolSession(messages, colour, timeout: timeout)
      if let file = places.blocks {
        let blocks = records.blocks(by: try NamesCommand.secret(key), at: session.network.clock.now)
        guard OutputFile.write(blocks.flatMap(\.block.bytes), to: file) else { throw ToolFailure(.usage, "\(file) cannot be written") }
        return Terminal.talk("\(blocks.count) blocks in \(file)")
      }
      guard !places.node.isEmpty else { throw ToolFailure(.usage, "expected --blocks FILE or --node HOST:PORT") }
      let table = try await NamesCommand.table(places.node, session)
      let publisher = ZonePublisher(records, by: try NamesCommand.secret(key), to: table, clock: session.network.clock)
      if stay { return try await publisher.keepPublishing { round in Self.tell(round) } }
      let round = try await publisher.publish()
      Self.tell(round)
      try session.finish()
      guard round.failures.isEmpty else { throw ToolFailure(.refused) }
    }

    private static func tell(_ round: ZonePublisher.Round) {
      for failure in round.failures { Terminal.talk("! `\(failure.label)`: \(failure.why)") }
      Terminal.talk("\(round.kept) blocks kept")
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what everybody sees of the blocks in a file, and with zone and label what is inside.")
    @Argument(help: "A file of blocks.") var file: String
    @Option(help: ArgumentHelp("The zone's key.", valueName: "key")) var zone: String?
    @Option(help: "The label.") var label: String?

    func run() throws {
      let key: ZoneKey?
      let name: ZoneLabel?
      do throws(SyntaxError) {
        key = if let zone { try ZoneKey(zone) } else { nil }
        name = if let label { try ZoneLabel(label) } else { nil }
      } catch { throw ToolFailure(.usage, "\(error)") }
      let query = name.flatMap { key?.query(for: $0) }
      for block in try NamesCommand.list(in: file) where query == nil || block.query == query {
        let explanation = explain(block: Buffer(block.bytes), zone: key, label: name)
        Terminal.say("\(explanation.title), stored under \(block.query)")
        for field in explanation.fields {
          Terminal.say("  \(field.name): \(field.value)")
          for part in field.children { Terminal.say("    \(part.name): \(part.value)") }
        }
        if let problem = explanation.problem { Terminal.say("  ! \(problem)") }
      }
    }
  }

  // MARK: Onion and b32

  struct Onion: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Check names of the onion kind; two are compared.")
    @Argument(help: "One name or two.") var names: [String]

    func run() throws {
      for name in names { try OtherNameLookup.tellOnion(name) }
      guard names.count == 2, let first = try? OnionName(names[0]), let second = try? OnionName(names[1]) else { return }
      let likeness = first.likeness(to: second)
      if likeness.isSame { return Terminal.say("the same name") }
      Terminal.say("two names: \(likeness.commonPrefix) digits at the front alike (2^\(likeness.triesLog2) keys to try), \(likeness.commonSuffix) at the end")
      throw ToolFailure(.refused)
    }
  }

  struct B32: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "The short name of a destination.")
    @Argument(help: "The destination in base64, or a name that leads to it with --book.") var destination: String
    @Option(help: ArgumentHelp("An address book.", valueName: "file")) var book: String?

    func run() throws {
      if let destination = Destination(destination) { return Terminal.say(destination.b32) }
      guard let book, let name = try? HostName(destination), case .leads(let entry, _) = try NamesCommand.book(book).answer(name) else {
        throw ToolFailure(.usage, "expected a destination, or a name of the book")
      }
      Terminal.say(entry.destination.b32)
    }
  }

  // MARK: Address books

  struct Book: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "An address book of the I2P kind.", subcommands: [List.self, Add.self, Subscribe.self, Jump.self, Pin.self, Follow.self, Remove.self])

    /// A name that a person wrote.
    static func name(_ text: String) throws -> HostName {
      do { return try HostName(text) } catch { throw ToolFailure(.usage, "\(error)") }
    }

    static func destination(_ text: String) throws -> Destination {
      guard let destination = Destination(text) else { throw ToolFailure(.usage, "expected a destination in base64") }
      return destination
    }

    /// Changes the book in `file`, which begins empty when it is not there.
    static func change(_ file: String, _ work: (inout AddressBook) throws -> Void) throws {
      var book = SystemFile.exists(file) ? try NamesCommand.book(file) : AddressBook()
      try work(&book)
      guard OutputFile.write(book.bytes.array, to: file) else { throw ToolFailure(.usage, "\(file) cannot be written") }
    }

    struct List: ParsableCommand {
      static let configuration = CommandConfiguration(abstract: "Every name, where it leads and who says so.")
      @Argument(help: "The book.") var file: String

      func run() throws {
        let book = try NamesCommand.book(file)
        for name in book.names {
          guard case .leads(let entry, let claims) = book.answer(name) else { continue }
          Terminal.say("\(name)\t\(entry.destination.b32)\t\(entry.source)\(entry.isPinned ? ", pinned" : "")")
          for claim in claims { Terminal.say("\t! \(claim.destination.b32)\t\(claim.source)") }
        }
        for name in book.claims.keys.sorted() where book.entries[name] == nil { Terminal.say("\(name)\twaits for a second source") }
      }
    }

    struct Add: ParsableCommand {
      static let configuration = CommandConfiguration(abstract: "Give a destination a name of one's own.")
      @Argument(help: "The book.") var file: String
      @Argument(help: "The name, which ends in .i2p.") var name: String
      @Argument(help: "The destination in base64.") var destination: String

      func run() throws {
        try Book.change(file) { book in
          if case .full = book.set(try Book.name(name), try Book.destination(destination)) { throw ToolFailure(.refused, "the book is full") }
        }
      }
    }

    struct Subscribe: ParsableCommand {
      static let configuration = CommandConfiguration(abstract: "Take in a hosts file, which was fetched before.")
      @Argument(help: "The book.") var file: String
      @Argument(help: "The hosts file.") var hosts: String
      @Option(help: ArgumentHelp("Where the file is from; its path when not given.", valueName: "address")) var source: String?
      @Option(help: "first or second-source: when a name is believed. Kept in the book.") var rule: String?

      func run() throws {
        guard let text = SystemFile.bytes(hosts, bytesMax: 134_217_728) else { throw ToolFailure(.usage, "\(hosts) cannot be read") }
        let new = HostsFile(reading: Buffer(text))
        for problem in new.problems { Terminal.talk("! \(hosts): \(problem)") }
        try Book.change(file) { book in
          if let rule {
            guard let known = AddressBook.Rule(rawValue: rule) else { throw ToolFailure(.usage, "expected first or second-source after --rule") }
            book.rule = known
          }
          for change in book.take(new, from: source ?? hosts) { Terminal.say("\(change)") }
        }
      }
    }

    struct Jump: ParsableCommand {
      static let configuration = CommandConfiguration(abstract: "Take in what a jump service said of one name.")
      @Argument(help: "The book.") var file: String
      @Argument(help: "The name.") var name: String
      @Argument(help: "The destination in base64.") var destination: String
      @Option(help: ArgumentHelp("Who said it.", valueName: "service")) var by: String

      func run() throws {
        try Book.change(file) { book in Terminal.say("\(book.jump(try Book.name(name), try Book.destination(destination), by: by))") }
      }
    }

    struct Pin: ParsableCommand {
      static let configuration = CommandConfiguration(abstract: "Hold a name where it leads now.")
      @Argument(help: "The book.") var file: String
      @Argument(help: "The name.") var name: String

      func run() throws {
        try Book.change(file) { book in if !book.pin(try Book.name(name)) { throw ToolFailure(.refused, "\(name) is not in the book") } }
      }
    }

    struct Follow: ParsableCommand {
      static let configuration = CommandConfiguration(abstract: "Follow what another source says of a name.")
      @Argument(help: "The book.") var file: String
      @Argument(help: "The name.") var name: String
      @Argument(help: "The subscription's address.") var source: String

      func run() throws {
        try Book.change(file) { book in
          let name = try Book.name(name)
          if !book.follow(name, saidBy: .subscription(source)), !book.follow(name, saidBy: .jump(source)) {
            throw ToolFailure(.refused, "\(source) said nothing else of \(name), or the name is pinned")
          }
        }
      }
    }

    struct Remove: ParsableCommand {
      static let configuration = CommandConfiguration(abstract: "Forget a name.")
      @Argument(help: "The book.") var file: String
      @Argument(help: "The name.") var name: String

      func run() throws {
        try Book.change(file) { book in if !book.remove(try Book.name(name)) { throw ToolFailure(.refused, "\(name) is not in the book") } }
      }
    }
  }
}
