// Looks at a hosted domain as those outside do: asks its name servers, opens its pages, talks to its mail and file servers, at the addresses
// and ports its settings say. Changes nothing.
// Read next: NameChecks.swift, MailChecks.swift, ServiceChecks.swift.
import DNS
import Mail
package import Transport
package import World

/// Examines what `netstead up` runs with the same settings.
package struct HostDoctor: Sendable {
  let settings: HostSettings
  let network: any Network
  let client: NameClient
  /// Who knows what the rest of the world says of the domain; nil: nobody.
  let resolver: Endpoint?
  /// PEM of the authority that the host's certificates come from; nil: those that everybody trusts.
  let authorities: String?
  /// The texts that should stand in the zone for the signing keys, by selector; nil: there is no mail.
  let signingKeys: [(selector: String, text: String)]?
  /// The SHA-256 of the public key that the servers show; nil: not known.
  let keyHash: [UInt8]?
  /// How long each server is waited for.
  let patience: Duration

  /// A doctor for what runs with `settings` and keeps its data in `dataDirectory`, from which only is read.
  package init(
    _ settings: HostSettings, dataDirectory: String, network: any Network, resolver: Endpoint?, patience: Duration = .seconds(4)
  ) throws(HomeHost.Failure) {
    self.settings = settings.publishing(LearnedAddresses(dataDirectory: dataDirectory).read())
    self.network = network
    self.resolver = resolver
    self.patience = patience
    client = NameClient(network, timeout: patience, trace: nil)
    do throws(CertificateError) {
      authorities = try KeptFile(directory: dataDirectory + "/authority", name: "authority.pem").read()
      let key = try KeptFile(directory: dataDirectory + "/authority", name: "server.key").read()
      keyHash = key.flatMap { TLSIdentity(chain: "", key: $0, names: []).publicKeyHash }
    } catch { throw .certificates("\(error)") }
    signingKeys = try HomeMail.isWanted(settings, dataDirectory: dataDirectory) ? HomeMail.keptKeys(in: dataDirectory).map { ($0.selector, $0.key.record) } : nil
  }

  /// Every check, group after group.
  package func checks() async -> [Check] {
    // Where nobody answers, each question would be waited for.
    let hasNames = if let first = settings.addresses.first { await records(settings.domain, .soa, at: nameServer(first)) != nil } else { false }
    async let names = nameChecks(hasNames)
    async let web = webChecks(hasNames)
    async let mail = mailChecks(hasNames)
    async let services = serviceChecks()
    return await names + web + mail + services
  }

  /// The addresses where the outside looks for the domain.
  var published: [Address] { settings.published }

  /// Whether the domain is one that the public DNS can lead to.
  // RFC 6761 §6, RFC 8375, RFC 9476
  var isPublic: Bool {
    let top = settings.domain.split(separator: ".").last.map(String.init) ?? ""
    return !["test", "localhost", "invalid", "example", "internal", "alt", "onion", "local", "arpa", "lan", "home"].contains(top)
  }

  /// The record data of `name` as `server` answers; nil: it does not answer.
  func records(_ name: String, _ type: RecordType, at server: Endpoint, overStream: Bool = false, recursing: Bool = false) async -> Message? {
    guard let name = try? Name(name) else { return nil }
    let query = Message.query(name, type, id: .random(in: 0...UInt16.max), recursionDesired: recursing)
    guard case .answered(let answer) = await client.ask(query, server, overStream: overStream) else { return nil }
    return answer.message
  }

  /// Where an address of the settings answers questions.
  func nameServer(_ address: Address) -> Endpoint { Endpoint(address, UInt16(clamping: settings.ports.dns)) }
}

extension Message {
  /// The data of the answers of one type, as text, sorted.
  func texts(_ type: RecordType) -> [String] { answers.map(\.data).filter { $0.type == type }.map { "\($0)" }.sorted() }
}
