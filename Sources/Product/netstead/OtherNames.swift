// Names that DNS does not know, looked up by `netstead dns`: GNS zones by key or by a name of one's own, onion names, names of an address book.
// Read next: NamesCommand.swift, which makes keys, zones and books.
import ArgumentParser
import Bytes
import Host
import Lab
import NameServer
import Names
import Transport
import World

/// Where such names are looked up.
struct OtherNameOptions: ParsableArguments {
  @Option(help: ArgumentHelp("An address book, for names that end in .i2p.", valueName: "file"))
  var book: String?

  @Option(help: ArgumentHelp("A file of blocks, for names of the GNU Name System.", valueName: "file"))
  var blocks: String?

  @Option(help: ArgumentHelp("A node of the hash table to begin at, for names of the GNU Name System; several may be given.", valueName: "host:port"))
  var node: [String] = []

  @Option(help: ArgumentHelp("Call a zone by a name of your own.", valueName: "name=key"))
  var calling: [String] = []

  /// The zones that were given names.
  func zones() throws -> StartZones {
    var zones = StartZones()
    for pair in calling {
      let parts = pair.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let name = try? ZoneName(parts[0]), let key = try? ZoneKey(parts[1]), zones.set(name, key) else {
        throw ToolFailure(.usage, "expected NAME=KEY after --calling, found `\(pair)`")
      }
    }
    return zones
  }

  /// Whether `name` is one of those systems'.
  func knows(_ name: String) throws -> Bool {
    let name = name.lowercased()
    if name.hasSuffix(".onion") || name.hasSuffix(".i2p") { return true }
    guard let labels = try? ZoneName(name) else { return false }
    return try zones().start(of: labels) != nil
  }
}

/// One look-up of such a name.
struct OtherNameLookup {
  let options: OtherNameOptions
  let session: ToolSession
  let isShort: Bool
  /// The addresses that DNS knows of a name, asked of a server or of whichever there is.
  let addresses: @Sendable (_ name: String, _ server: String?) async -> [Address]

  func run(_ name: String, _ type: String?) async throws {
    let lower = name.lowercased()
    if lower.hasSuffix(".onion") { return try OtherNameLookup.tellOnion(name) }
    if lower.hasSuffix(".i2p") { return try tellBook(lower) }
    guard let type = Names.RecordType(type ?? "A") else { throw ToolFailure(.usage, "`\(type ?? "")` is no record type") }
    let zoneName: ZoneName
    do { zoneName = try ZoneName(name) } catch { throw ToolFailure(.usage, "`\(name)` is no name: \(error)") }
    try await tellZone(zoneName, type)
  }

  // MARK: Onion

  static func tellOnion(_ text: String) throws {
    let name: OnionName
    do { name = try OnionName(text) } catch { throw ToolFailure(.insecure, "\(text): \(error)") }
    Terminal.say("\(name)\n  key       \(Hexadecimal.text(name.key))\n  checksum  \(Hexadecimal.text(OnionName.checksum(of: name.key)))\n  version   \(OnionName.version)")
  }

  // MARK: Address book

  private func tellBook(_ name: String) throws {
    guard let file = options.book else { throw ToolFailure(.usage, "names that end in .i2p are looked up in an address book: name one by --book FILE") }
    let book = try NamesCommand.book(file)
    if let hash = Destination.hash(ofB32: name) {
      guard let known = book.name(ofHash: hash) else { throw ToolFailure(.unresolved, "\(name) is well formed, and no name of the book leads there") }
      return Terminal.say("\(known)")
    }
    let host: HostName
    do { host = try HostName(name) } catch { throw ToolFailure(.usage, "\(error)") }
    switch book.answer(host) {
    case .leads(let entry, let claims):
      if isShort { return Terminal.say(entry.destination.text) }
      Terminal.say("\(host)\n  leads to  \(entry.destination.b32)\n  source    \(entry.source)\(entry.isPinned ? ", pinned" : "")")
      for claim in claims { Terminal.say("  but       \(claim.destination.b32) says \(claim.source)") }
    case .unproven(let claims):
      throw ToolFailure(.unresolved, "\(host) waits for a second source; said by " + claims.map { "\($0.source)" }.joined(separator: ", "))
    case .unknown: throw ToolFailure(.unresolved, "\(host) is not in the book")
    }
  }

  // MARK: GNS

  private func tellZone(_ name: ZoneName, _ type: Names.RecordType) async throws {
    let resolver = ZoneResolver(try await storage(), zones: try options.zones(), clock: session.network.clock) { name, server, _ in
      let found = await addresses(name, server)
      return found.map { address in
        var type = Names.RecordType.a
        if case .v6 = address { type = .aaaa }
        return ZoneRecord(type, address.bytes, expiration: session.network.clock.now.advanced(by: .seconds(60)).microseconds)
      }
    }
    let outcome = await resolver.resolve(name, type)
    if !isShort { for step in outcome.path.steps { Terminal.talk("* \(step)") } }
    try session.finish()
    switch outcome {
    case .records(let records, _):
      for record in records where !isShort || record.type == type || type == .any {
        let data = "\(RecordData(record) ?? .other(record.data))"
        Terminal.say(isShort ? data : "\(name)\t\(record.type)\t\(data)" + (record.flags.isEmpty ? "" : "\t; \(record.flags)"))
      }
    case .nothing: throw ToolFailure(.refused, isShort ? "" : "\(name): no record of type \(type)")
    case .failed(let problem, _):
      switch problem {
      case .refused, .malformed: throw ToolFailure(.insecure, "\(name): \(problem)")
      default: throw ToolFailure(.unresolved, "\(name): \(problem)")
      }
    }
  }

  private func storage() async throws -> any BlockStorage {
    if let file = options.blocks { return try await NamesCommand.blocks(in: file) }
    guard !options.node.isEmpty else { throw ToolFailure(.usage, "names of the GNU Name System need blocks: name a file by --blocks or a node of the hash table by --node") }
    return try await NamesCommand.table(options.node, session)
  }
}
