// A host whose address changes: what the settings say about how the new one is learned, and learning it: from an interface of this machine, from a
// page that says where its reader comes from, from a router that reports it (UpdateDoor.swift).
// Not here: what follows from a new address (HomeHost.swift).
import Bytes
import HTTP
package import Settings
import Synchronization
import Trace
import Transport
import WebServer
import World

/// The settings of a host whose address changes.
package struct DynamicAddress: Sendable, Hashable {
  /// An interface whose addresses are published; nil: none.
  package var interface: String?
  /// A page in which the address stands; nil: none.
  package var page: String?
  /// How often the page is asked.
  package var interval = Duration.seconds(300)
  /// Who may report an address, with password hashes.
  package var reporters: [SiteAccess.User] = []

  /// Reads the keys `interface`, `page`, `every` and `update-by` of a mapping.
  package init(_ reader: SettingsReader) {
    interface = reader.optional("interface", .text)
    page = reader.optional("page", .anyPage)
    interval = reader.value("every", .duration, default: interval)
    if !(Duration.seconds(1)...Duration.seconds(86_400)).contains(interval) { reader.problem(at: "every", "expected a time from 1s to 1d") }
    for entry in reader.entries("update-by") {
      guard let hash = entry.value.value(.passwordHash) else { continue }
      reporters.append(SiteAccess.User(name: entry.name, hash: hash))
    }
    if interface == nil, page == nil, reporters.isEmpty {
      reader.problem(at: "interface", "expected `interface`, `page` or `update-by`: the address would never be learned")
    }
  }

  /// How often the interface is looked at.
  private static var look: Duration { .seconds(2) }

  /// Learns addresses until the task is cancelled; `learned` gets what a source says when it is not what it said last, and again until it says that
  /// it has been taken.
  func watch(_ network: any Network, lookUp: @escaping WebClient.LookUp, trace: TraceContext?, learned: @escaping @Sendable ([Address]) async -> Bool) async {
    await withTaskGroup(of: Void.self) { group in
      if let interface {
        group.addTask {
          var last: [Address]?
          repeat {
            if let addresses = InterfaceAddresses.addresses(of: interface), addresses != last, await learned(addresses) { last = addresses }
          } while (try? await network.clock.sleep(until: network.clock.now + Self.look)) != nil
        }
      }
      if let page, let place = WebAddress(page) {
        group.addTask {
          var client = WebClient(network: network, lookUp: lookUp)
          client.trace = trace
          var last: Address?
          repeat {
            if let (fetched, body) = try? await client.get(place, bytesMax: Self.pageBytesMax), fetched.head.status == .ok, let address = Self.address(in: body.text),
              address != last, await learned([address])
            { last = address }
          } while (try? await network.clock.sleep(until: network.clock.now + interval)) != nil
        }
      }
    }
  }

  /// Largest page that is read. Unit: bytes. Past it: it says nothing.
  private static var pageBytesMax: Int { 65_536 }

  /// The first address that stands in a text by itself.
  static func address(in text: String) -> Address? {
    for part in text.split(whereSeparator: { !($0.isHexDigit || $0 == "." || $0 == ":") }) {
      var word = part.drop { $0 == ":" || $0 == "." }
      // A sentence may end behind it.
      if word.last == "." { word = word.dropLast() }
      if let address = Address(String(word)) { return address }
    }
    return nil
  }
}

/// The addresses learned last, beside the data: a host that starts again begins with them.
struct LearnedAddresses: Sendable {
  private let file: KeptFile

  init(dataDirectory: String) { file = KeptFile(directory: dataDirectory, name: "addresses") }

  func read() -> [Address] { ((try? file.read()) ?? nil)?.split(separator: "\n").compactMap { Address(String($0)) } ?? [] }

  func write(_ addresses: [Address]) throws(CertificateError) { try file.write(addresses.map { "\($0)\n" }.joined(), mode: 0o644) }
}

extension SettingsForm where Value == String {
  /// A page anywhere.
  static var anyPage: Self {
    Self(expected: "a page such as http://checkip.example.org/", standIn: "http://localhost/") { WebAddress($0) == nil ? nil : $0 }
  }
}
