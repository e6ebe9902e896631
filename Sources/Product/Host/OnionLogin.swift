// Logging in at tor's control port: by password, or by tor's cookie without showing it (SAFECOOKIE).
// Not here: the proof (Names/Onion/CookieChallenge), what is ordered then (OnionServing.swift).
import Bytes
import Names
import Storage

/// How somebody logs in.
enum OnionLogin: Sendable {
  /// By one line.
  case line(String)
  case challenge(CookieChallenge)

  /// The length of tor's cookie. Unit: bytes.
  private static let cookieBytes = 32

  /// Chosen by what tor says of itself in `hello`. `random` makes the challenge.
  // Tor control-spec AUTHENTICATE, PROTOCOLINFO
  init(_ hello: String, _ serving: OnionServing, using random: inout some RandomNumberGenerator) throws(OnionService.Failure) {
    let methods = hello.firstMatch(of: #/METHODS=([A-Z,]+)/#)?.output.1.split(separator: ",") ?? []
    if let password = serving.password {
      self = .line("AUTHENTICATE \"" + password.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"")
      return
    }
    // To show the cookie (COOKIE) is no way of ours: who names a file and is shown what is in it may be anybody.
    guard methods.contains("SAFECOOKIE"), let path = hello.firstMatch(of: #/COOKIEFILE="([^"]+)"/#)?.output.1 else {
      guard methods.contains("NULL") else { throw OnionService.Failure(description: "tor at \(serving.control) wants a password (`onion: {password: …}`), or has `CookieAuthentication 1` in its torrc and a cookie that we can read") }
      self = .line("AUTHENTICATE")
      return
    }
    let cookie: Buffer?
    do throws(StorageError) { cookie = try SystemFiles().read(String(path)) } catch {
      throw OnionService.Failure(description: "tor's cookie \(path) cannot be read: \(error)")
    }
    guard let cookie, cookie.count == Self.cookieBytes else { throw OnionService.Failure(description: "\(path) is no cookie of tor") }
    self = .challenge(CookieChallenge(cookie: cookie.array, using: &random))
  }

  /// How many lines it takes.
  var lineCount: Int { if case .line = self { 1 } else { 2 } }

  /// The line behind these replies to the lines before.
  func line(behind replies: [String]) throws(OnionService.Failure) -> String {
    switch self {
    case .line(let line): return line
    case .challenge(let challenge):
      guard let reply = replies.first else { return challenge.question }
      do throws(CookieChallenge.Failure) { return try challenge.answer(to: reply) } catch { throw OnionService.Failure(description: "\(error)") }
    }
  }
}
