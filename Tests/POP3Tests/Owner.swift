// An owner for tests: alice's mailbox, and some that cannot be opened.
import Bytes
import Mail
import POP3
import World

final class Owner {
  static let messages: [Buffer] = ["Subject: a\r\n\r\n.b\r\nc\r\n", "", "Subject: b\r\n\r\none\r\ntwo\r\n.three\r\n"]
  /// What happened to the mailbox, in order.
  private(set) var story: [String] = []
  private(set) var logins: [SASL.Credentials] = []

  func answer(_ question: ServerConversation.Question) -> ServerConversation.Input? {
    switch question {
    case .login(let ticket, let credentials, _):
      logins.append(credentials)
      if credentials.user == "bob" { return .refused(ticket, .inUse) }
      if credentials.user == "carol" { return .refused(ticket, .temporary) }
      guard credentials.user == "alice", credentials.password == "secret" else { return .refused(ticket, .wrongCredentials) }
      story.append("opened")
      return .opened(ticket, Maildrop(Self.messages.enumerated().map { Maildrop.Entry(size: Int64($1.count), uniqueID: "u\($0 + 1)") }))
    case .read(let ticket, let place, let offset, let length):
      return .piece(ticket, Self.messages[place][Int(offset)..<Int(offset) + length])
    case .update(let ticket, let deleted):
      story.append("deleted \(deleted)")
      return .updated(ticket, isComplete: true)
    case .released:
      story.append("released")
      return nil
    }
  }
}

/// A listener without TLS where anybody may log in, unless a test says otherwise.
func options(tls: ServerOptions.TLS = .absent, login: ServerOptions.Login = .always) -> ServerOptions {
  var options = ServerOptions(name: "pop.home.test", tls: tls)
  options.login = login
  return options
}
