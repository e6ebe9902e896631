// Asks trackers for a workflow: by their URL, over UDP or HTTP, at once and with one answer.
// Not here: which tracker of a torrent is asked when (Download), the protocols (BitTorrent/Tracker, HTTP/H1).
package import BitTorrent
import Bytes
import HTTP
import Synchronization
package import Transport
package import World

/// Where a tracker is asked.
package struct TrackerURL: Sendable, Hashable, CustomStringConvertible {
  package enum Scheme: String, Sendable { case udp, http }

  package var scheme: Scheme
  /// A name or an address, as it stands in the URL, without brackets.
  package var host: String
  package var port: UInt16
  /// Path and query; it begins with `/`, or is empty.
  package var target: String

  /// Reads `udp://host:port/…` or `http://host[:port]/…`; nil for anything else. Not done: `https`, which nobody asks of a tracker of ours.
  package init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[0].hasSuffix(":"), parts[1].isEmpty, let scheme = Scheme(rawValue: parts[0].dropLast().lowercased()),
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    let authority = parts[2]
    let end = authority.hasPrefix("[") ? authority.firstIndex(of: "]").map { authority.index(after: $0) } : authority.firstIndex(of: ":") ?? authority.endIndex
    guard let end else { return nil }
    host = String(authority[..<end].filter { $0 != "[" && $0 != "]" })
    let rest = authority[end...]
    guard !host.isEmpty, !host.contains("@"), rest.isEmpty || rest.hasPrefix(":") else { return nil }
    guard let port = rest.isEmpty ? (scheme == .http ? 80 : nil) : UInt16(rest.dropFirst()), port != 0 else { return nil }
    self.scheme = scheme
    self.port = port
    let target = parts.count == 4 ? "/\(parts[3])" : ""
    self.target = target.firstIndex(of: "#").map { String(target[..<$0]) } ?? target
  }

  package var description: String { "\(scheme)://\(authority)\(target)" }
  /// Host and port as they stand in a URL.
  var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
}

/// Asks trackers.
package final class TrackerClient: Sendable {
  /// Finds the addresses of a name.
  package typealias Resolve = @Sendable (_ name: String) async -> [Address]

  private let network: any Network
  private let source: Address?
  private let resolve: Resolve
  private let trace: TraceContext?
  private let limits: TrackerLimits
  private let chance: Mutex<any RandomNumberGenerator & Sendable>

  /// `source` is the address asked from; nil: the system chooses. `chance` makes what nobody must guess.
  package init(
    network: any Network, from source: Address? = nil, resolve: @escaping Resolve, trace: TraceContext? = nil, limits: TrackerLimits = TrackerLimits(),
    chance: any RandomNumberGenerator & Sendable
  ) {
    self.network = network
    self.source = source
    self.resolve = resolve
    self.trace = trace
    self.limits = limits
    self.chance = Mutex(chance)
  }

  /// Announces a peer. Peers that nobody can reach, at port 0, are left out of the answer.
  package func announce(_ request: AnnounceRequest, to tracker: TrackerURL, timeout: Duration = .seconds(30)) async throws(TrackerFailure) -> AnnounceReply {
    let deadline = network.clock.now + timeout
    var reply: AnnounceReply
    switch tracker.scheme {
    case .udp:
      var request = request
      request.urlData = Array(tracker.target.utf8)
      guard case .announced(_, let answer) = try await exchange(.announce(request), tracker, until: deadline) else { throw .broken("it answers something else") }
      reply = answer
    case .http:
      let target = tracker.target.isEmpty ? "/" : tracker.target
      let endpoint = try await endpoint(of: tracker)
      guard Self.isHarmless(tracker, at: endpoint.address) else { throw .unreachable("a torrent may name this machine only as a tracker, at /announce") }
      let content = try await fetch(target + (target.contains("?") ? "&" : "?") + AnnounceQuery(request).text, tracker, at: endpoint, until: deadline)
      reply = try AnnounceReply(encoded: content, limits: limits)
    }
    reply.peers.removeAll { $0.endpoint.port == 0 }
    return reply
  }

  /// Asks how torrents stand, in the order asked; over UDP at most `scrapeHashesMax`.
  package func scrape(_ torrents: [InfoHash], at tracker: TrackerURL, timeout: Duration = .seconds(30)) async throws(TrackerFailure) -> [ScrapeCounts] {
    let deadline = network.clock.now + timeout
    switch tracker.scheme {
    case .udp:
      guard case .scraped(_, let counts) = try await exchange(.scrape(torrents), tracker, until: deadline) else { throw .broken("it answers something else") }
      return counts
    case .http:
      guard let target = ScrapeQuery.path(forAnnouncingAt: tracker.target) else { throw .unreachable("\(tracker) does not tell where to scrape") }
      let content = try await fetch(target + (target.contains("?") ? "&" : "?") + ScrapeQuery(torrents).text, tracker, at: endpoint(of: tracker), until: deadline)
      let files = try ScrapeReply(encoded: content, limits: limits).files
      return torrents.map { torrent in files.first { $0.infoHash == torrent }?.counts ?? ScrapeCounts() }
    }
  }

  // MARK: Over UDP

  private func exchange(_ request: UDPTrackerClient.Request, _ tracker: TrackerURL, until deadline: Instant) async throws(TrackerFailure) -> UDPTrackerClient.Question {
    let endpoint = try await endpoint(of: tracker)
    let outcome = Outcome<UDPTrackerClient.Question>()
    let client = UDPTrackerClient(tracker: endpoint, chance: SeededRandom(seed: chance.withLock { $0.next() }), limits: limits)
    let any: Address = if case .v4 = endpoint.address { .any } else { .v6(0, 0) }
    let port: any Listener
    do throws(NetworkError) {
      port = try await network.bind(Endpoint(source ?? any, 0), options: BindOptions(peer: endpoint)) { [trace] in
        let driver = DatagramDriver(client, trace: trace) { question, _ in
          outcome.arrivals.add(question)
          return nil
        }
        return AskingEnd(driver, .asked(Ticket(), request, until: deadline))
      }
    } catch { throw .unreachable(error.description) }
    let answer = await outcome.arrivals.next()
    await port.close(grace: .zero)
    switch answer {
    case .refused(_, let reason)?: throw .refused(reason)
    case .timedOut?, .tooMany?, nil: throw .unreachable("no answer from \(endpoint) in time")
    case .announced?, .scraped?: break
    }
    guard let answer else { throw .unreachable("no answer") }
    return answer
  }

  // MARK: Over HTTP

  /// A torrent comes from anybody: it must not make us ask other services of this machine for something, whatever name it has for it.
  static func isHarmless(_ tracker: TrackerURL, at address: Address) -> Bool { !address.isThisMachine || tracker.target == "/announce" }

  private func fetch(_ target: String, _ tracker: TrackerURL, at endpoint: Endpoint, until deadline: Instant) async throws(TrackerFailure) -> Buffer {
    let outcome = Outcome<ClientConversation.Question>()
    let left = deadline - network.clock.now
    var bounds = HTTP.Limits()
    bounds.responseTimeout = left
    let inputs: Answers<ClientConversation.Input>
    do throws(NetworkError) {
      inputs = try await network.connect(
        ClientConversation(limits: bounds), to: endpoint, options: DialOptions(from: source, timeout: left), trace: trace
      ) { question, _ in
        outcome.arrivals.add(question)
        if case .ended = question { outcome.arrivals.end() }
        return nil
      }
    } catch { throw .unreachable(error.description) }
    defer { inputs.give(.retire) }
    inputs.give(.send(Ticket(), Request(.get, target, authority: tracker.authority, afterwards: .close)))
    return try await content(from: outcome, inputs)
  }

  private func content(from outcome: Outcome<ClientConversation.Question>, _ inputs: Answers<ClientConversation.Input>) async throws(TrackerFailure) -> Buffer {
    var content = Buffer()
    // Differs from BEP 3: some trackers refuse under another status than 200, so the status is looked at only when there is nothing to read.
    var status = Status.ok
    while let news = await outcome.arrivals.next() {
      switch news {
      case .responseHead(_, let head):
        status = head.status
      case .bodyPart(_, let piece):
        content.append(piece)
        guard content.count <= limits.replyBytesMax else { throw .broken(LimitReached("replyBytesMax", allowed: limits.replyBytesMax, unit: "bytes").description) }
      case .responseEnd:
        guard status == .ok || content[at: 0] == UInt8(ascii: "d") else { throw .broken("its status is \(status.rawValue)") }
        return content
      case .failed(_, let failure): throw .unreachable(failure.explanation)
      default: break
      }
    }
    throw .unreachable("the connection ended")
  }

  private func endpoint(of tracker: TrackerURL) async throws(TrackerFailure) -> Endpoint {
    if let address = Address(tracker.host) { return Endpoint(address, tracker.port) }
    let addresses = await resolve(tracker.host)
    guard let address = addresses.first(where: { if case .v4 = $0 { true } else { false } }) ?? addresses.first else {
      throw .unreachable("\(tracker.host) has no address")
    }
    return Endpoint(address, tracker.port)
  }
}

extension Address {
  /// Whether whoever connects to it comes to this machine.
  fileprivate var isThisMachine: Bool {
    switch self {
    // RFC 1122 §3.2.1.3: "this host on this network" is taken for ourselves by connect().
    case .v4(let value): value >> 24 == 127 || value >> 24 == 0
    // RFC 4291 §2.5.2, §2.5.3, §2.5.5.2: unspecified, loopback, and IPv4 inside IPv6.
    case .v6(0, let low): low <= 1 || (low >> 32 == 0xFFFF && Address.v4(UInt32(truncatingIfNeeded: low)).isThisMachine)
    case .v6: false
    }
  }
}

/// What a conversation tells, in the hands of a workflow.
private final class Outcome<Told: Sendable>: Sendable {
  let arrivals = Arrivals<Told, Never>()
}

/// A datagram port's end that asks one thing as soon as it is there.
private final class AskingEnd: DatagramEnd {
  private let driver: DatagramDriver<UDPTrackerClient>
  private let first: UDPTrackerClient.Input

  init(_ driver: DatagramDriver<UDPTrackerClient>, _ first: UDPTrackerClient.Input) {
    self.driver = driver
    self.first = first
  }

  var deadline: Instant? { driver.deadline }

  func opened(on carrier: any DatagramCarrier) {
    driver.opened(on: carrier)
    driver.answers.give(first)
  }

  func received(_ bytes: Buffer, from remote: Endpoint) { driver.received(bytes, from: remote) }
  func deadlineReached() { driver.deadlineReached() }
  func closed() { driver.closed() }
}
