// What the doctor looks at besides names and mail: pages, certificates, keys in the DNS, files, torrents.
import Bytes
import DNS
import HTTP
import Transport
import WebServer
import World

extension HostDoctor {
  func webChecks(_ hasNames: Bool) async -> [Check] {
    guard let address = settings.addresses.first else { return [] }
    var checks: [Check] = []
    var client = WebClient(network: network) { _, _ in [] }
    client.connectTimeout = patience
    client.authorities = authorities ?? ""
    for (scheme, port) in [("http", settings.ports.http), ("https", settings.ports.https)] {
      let endpoint = Endpoint(address, UInt16(clamping: port))
      guard let page = WebAddress("\(scheme)://\(settings.domain):\(port)/") else { continue }
      do {
        let fetched = try await client.get(page, at: endpoint, redirectsMax: 0).fetched
        let status = Int(fetched.head.status.rawValue)
        checks.append(
          Check("web.\(scheme)", status < 500, want: "a page of \(settings.domain) at \(endpoint)", have: "status \(status)", fix: "look at the site's requests in the console"))
      } catch {
        checks.append(
          Check(
            "web.\(scheme)", .fail, want: "a page of \(settings.domain) at \(endpoint)", have: "\(error)",
            fix: scheme == "https" ? "let TCP port \(port) through; a certificate that is refused is renewed when `netstead up` starts again" : "let TCP port \(port) through to \(address)"))
      }
    }
    if hasNames { checks += await keyChecks(at: nameServer(address)) }
    return checks
  }

  /// Whether the key in the DNS is the one the servers show: needed only where the answer can be believed (RFC 7671 §2).
  private func keyChecks(at server: Endpoint) async -> [Check] {
    let name = "_\(settings.ports.https)._tcp.\(settings.domain)"
    guard let keyHash, let type = RecordType("TLSA"), let message = await records(name, type, at: server) else { return [] }
    let found = message.answers.map(\.data).filter { $0.type == type }
    // RFC 6698 §2.1: the server's own key, its public half, SHA-256.
    let isThere = found.contains(.unknown(type, [3, 1, 1] + keyHash))
    return [
      Check(
        "web.key", isThere, else: .warn, want: "TLSA at \(name) with the hash of the key shown", have: found.isEmpty ? "no record" : isThere ? "it is there" : "another key",
        fix: "start `netstead up` again: it publishes the hash of its key")
    ]
  }

  func serviceChecks() async -> [Check] {
    guard let address = settings.addresses.first else { return [] }
    return await fileChecks(at: address) + torrentChecks(at: address)
  }

  private func fileChecks(at address: Address) async -> [Check] {
    guard let serving = settings.files else { return [Check("ftp", .off, want: "a file server", have: "`ftp:` is not in the settings")] }
    let endpoint = Endpoint(address, UInt16(clamping: settings.ports.ftp))
    do {
      let lines = serving.isOpen ? ["USER anonymous", "PASS doctor@\(settings.domain)", "PASV", "QUIT"] : ["QUIT"]
      let replies = try await LineTalk.replies(from: endpoint, to: lines, over: network, patience: patience)
      var checks = [
        Check("ftp.answers", replies.first?.hasPrefix("220") == true, want: "a greeting at \(endpoint)", have: replies.first ?? "no reply", fix: "let TCP port \(endpoint.port) through to \(address)")
      ]
      guard serving.isOpen, case .v4 = address else { return checks }
      let passive = replies.first { $0.hasPrefix("227") } ?? ""
      let numbers = passive.split(whereSeparator: { !$0.isNumber }).dropFirst().compactMap { UInt8($0) }
      let told = numbers.count == 6 ? Address(numbers[0], numbers[1], numbers[2], numbers[3]) : nil
      let isRight = told.map { published.contains($0) || $0 == serving.passiveAddress } ?? false
      checks.append(
        Check(
          "ftp.passive", isRight, want: "a data port at \(published.first?.description ?? "our address")", have: passive.isEmpty ? "no passive reply" : passive,
          fix: "set `ftp: {passive-address: \(published.first?.description ?? "ADDRESS")}`, and let `passive-ports` through"))
      return checks
    } catch {
      return [Check("ftp.answers", .fail, want: "a greeting at \(endpoint)", have: "\(error)", fix: "let TCP port \(endpoint.port) through to \(address)")]
    }
  }

  private func torrentChecks(at address: Address) async -> [Check] {
    var checks: [Check] = []
    for (id, isOn, port, key) in [("torrents", settings.torrents != nil, settings.ports.torrents, "torrents"), ("tracker", settings.tracker != nil, settings.ports.tracker, "tracker")] {
      guard isOn else {
        checks.append(Check(id, .off, want: id, have: "`\(key):` is not in the settings"))
        continue
      }
      let endpoint = Endpoint(address, UInt16(clamping: port))
      do {
        // Whoever accepts is there; what it says, its own protocol checks.
        _ = try await LineTalk.replies(from: endpoint, to: [], over: network, patience: .milliseconds(200))
        checks.append(Check("\(id).port", .ok, want: "\(endpoint) is open", have: "it is"))
      } catch {
        checks.append(Check("\(id).port", .fail, want: "\(endpoint) is open", have: "\(error)", fix: "let TCP and UDP port \(port) through to \(address)"))
      }
    }
    return checks
  }
}
