// Where the tools find hosts and resolvers: in the system's own configuration, or, when the lab runs on loopback addresses, in the lab's.
import DNS
import Host
import Lab
import Transport
import World
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Names and ports as this process has to use them.
struct SystemNames {
  /// The lab's resolver, when the environment names one that the system's configuration does not.
  private let labResolver: Endpoint?
  /// What the lab adds to ports below 1024.
  private let portOffset: UInt16

  init() {
    let isLoopbackLab = Terminal.environment("NETSTEAD_LAB") == AddressPlan.Kind.loopback.rawValue
    labResolver = isLoopbackLab ? Terminal.environment("NETSTEAD_RESOLVER").flatMap { Endpoint($0) } : nil
    portOffset = isLoopbackLab ? UInt16(Terminal.environment("NETSTEAD_PORT_OFFSET") ?? "") ?? 0 : 0
  }

  /// The resolver to ask when none is named.
  var resolver: Endpoint? {
    if let labResolver { return labResolver }
    let lines = (SystemFile.text("/etc/resolv.conf", bytesMax: 65_536) ?? "").split(separator: "\n")
    let addresses = lines.compactMap { line -> Address? in
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
      return words.count > 1 && words[0] == "nameserver" ? Address(words[1]) : nil
    }
    return addresses.first.map { Endpoint($0, 53) }
  }

  /// A port as it is found here: 80 is 8080 in a lab on loopback addresses.
  func port(_ port: UInt16) -> UInt16 { port < 1_024 ? port &+ portOffset : port }

  /// The addresses of `host`: itself, when it is one; else by the lab's resolver or the system's.
  func addresses(of host: String, client: NameClient) async throws -> [Address] {
    if let address = Address(host) { return [address] }
    if let labResolver {
      let full = host.contains(".") ? host : host + ".test"
      guard let name = try? Name(full) else { throw ToolFailure(.usage, "`\(host)` is no host name") }
      let query = Message.query(name, .a, id: UInt16.random(in: 0...UInt16.max))
      guard case .answered(let answer) = await client.ask(query, labResolver) else {
        throw ToolFailure(.unresolved, "the lab's resolver at \(labResolver) does not answer")
      }
      let message = answer.message
      let addresses = message.answers.compactMap { $0.data.address }
      if addresses.isEmpty { throw ToolFailure(.unresolved, "\(host) has no address (\(message.responseCode))") }
      return addresses
    }
    let outcome = await Signals.offLoop { SystemNames.lookUp(host) }
    switch outcome {
    case .success(let addresses): return addresses
    case .failure(let failure): throw ToolFailure(.unresolved, "\(host): \(failure.text)")
    }
  }

  private struct LookUpFailure: Error { var text: String }

  /// Asks the C library, which knows the hosts file, the search list and all else the system is configured with.
  private static func lookUp(_ host: String) -> Result<[Address], LookUpFailure> {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, nil, &hints, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard code == 0 else { return .failure(LookUpFailure(text: String(cString: gai_strerror(code)))) }
    var addresses: [Address] = []
    var entry = list
    while let here = entry {
      if let address = SystemNames.address(of: here.pointee) { addresses.append(address) }
      entry = here.pointee.ai_next
    }
    return addresses.isEmpty ? .failure(LookUpFailure(text: "no address")) : .success(addresses)
  }

  private static func address(of entry: addrinfo) -> Address? {
    let bytes = UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
    // The family tells where the address begins: after family and port, or after the flow label too.
    switch entry.ai_family {
    case AF_INET where bytes.count >= 8: return Address(bytes: bytes[4..<8])
    case AF_INET6 where bytes.count >= 24: return Address(bytes: bytes[8..<24])
    default: return nil
    }
  }
}
