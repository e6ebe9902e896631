// The domain's web site as an onion service: an installed tor is asked, through its control port, to carry it. The site's name is its key.
// Not here: logging in (OnionLogin.swift); the onion network, which is tor's; names of this kind (Names/OnionName).
import Bytes
import Names
package import Settings
import Storage
import Transport
package import World

/// The settings of an onion service.
package struct OnionServing: Sendable, Hashable {
  /// Where tor listens for orders.
  package var control = Endpoint(.loopback, 9_051)
  /// The password of its HashedControlPassword; nil: it has a cookie file that we can read, or asks for nothing.
  package var password: String?

  /// Reads the keys `control` and `password` of a mapping.
  package init(_ reader: SettingsReader) {
    control = reader.value("control", .endpoint, default: control)
    password = reader.optional("password", .text)
  }
}

/// An order to tor.
struct OnionService: Sendable {
  let serving: OnionServing
  private let key: OnionKey
  let network: any Network

  /// How long tor is waited for.
  private static let patience = Duration.seconds(5)

  /// Why there is no onion service.
  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// The key kept in `dataDirectory`, made at the first start: who has it has the name.
  init(_ serving: OnionServing, dataDirectory: String, network: any Network) throws(CertificateError) {
    self.serving = serving
    self.network = network
    let file = KeptFile(directory: dataDirectory + "/onion", name: "service.key")
    if let text = try file.read() {
      guard let kept = Hexadecimal.bytes(text.filter { !$0.isWhitespace }.utf8).flatMap({ OnionKey(seed: $0) }) else { throw .malformed(file.path) }
      key = kept
    } else {
      var random = SystemRandomNumberGenerator()
      key = OnionKey(using: &random)
      try file.write(Hexadecimal.text(key.seed) + "\n", mode: 0o600)
    }
  }

  /// The name before `.onion`: 56 digits.
  var digits: String { key.name.digits }

  /// Asks tor to carry what comes for the name's port 80 to `site`. It does so until `withdraw` or its own end.
  func offer(_ site: Endpoint) async throws(Failure) {
    // An order of a run that was killed may stand yet; that there is none is no matter.
    let replies = try await order(["DEL_ONION \(digits)", "ADD_ONION ED25519-V3:\(Base64.text(key.expanded)) Flags=Detach Port=80,\(site)"])
    guard let last = replies.last, last.hasPrefix("250") else { throw Failure(description: "tor says \(replies.last ?? "nothing")") }
  }

  /// Ends the service.
  func withdraw() async {
    _ = try? await order(["DEL_ONION \(digits)"])
  }

  /// Logs in and gives orders; the replies to them.
  private func order(_ orders: [String]) async throws(Failure) -> ArraySlice<String> {
    let hello = try await talk { $0.isEmpty ? "PROTOCOLINFO 1" : nil }.first ?? ""
    var random = SystemRandomNumberGenerator()
    let login = try OnionLogin(hello, serving, using: &random)
    var failure: Failure?
    let replies = try await talk { replies in
      let place = replies.count - login.lineCount
      // Who does not let us in hears no orders: among them is the name's key.
      if place == 0, replies.last?.hasPrefix("250") != true { return nil }
      guard place < 0 else { return orders.indices.contains(place) ? orders[place] : nil }
      do throws(Failure) { return try login.line(behind: replies) } catch {
        failure = error
        return nil
      }
    }.dropFirst(login.lineCount - 1)
    if let failure { throw Failure(description: "tor at \(serving.control) is not trusted: \(failure)") }
    guard replies.first?.hasPrefix("250") == true else { throw Failure(description: "tor at \(serving.control) does not let us in: \(replies.first ?? "no reply")") }
    return replies.dropFirst()
  }

  /// One connection; `next` is the line behind these replies, nil: no more.
  private func talk(_ next: (_ replies: [String]) -> String?) async throws(Failure) -> [String] {
    do { return try await LineTalk.replies(from: serving.control, isGreeted: false, over: network, patience: Self.patience, saying: next) } catch {
      throw Failure(description: "no tor takes orders at \(serving.control) (\(error)): install it, and set ControlPort and CookieAuthentication in its torrc")
    }
  }
}
