// Python's smtplib and poplib against our conversations over real sockets, inside TLS begun by STARTTLS and STLS.
// Needs /usr/bin/python3; without it the test says so and passes. Not here: mail servers as a whole.
import Bytes
import Foundation
import Mail
import POP3
import SMTP
import Synchronization
import TestKit
import Testing
import Transport
import World

@Suite("Mail conversations and Python's clients")
struct MailConversationPeerTests {
  /// Messages as they come and go.
  private final class Desk: Sendable {
    private let state = Mutex<(messages: [Buffer], content: Buffer, deleted: [Int])>(([], Buffer(), []))
    var messages: [Buffer] { state.withLock { $0.messages } }
    var deleted: [Int] { state.withLock { $0.deleted } }

    func answer(_ question: SMTP.ServerConversation.Question) -> SMTP.ServerConversation.Input? {
      switch question {
      case .sender(let ticket, _, _): return .answered(ticket, .senderAccepted)
      case .recipient(let ticket, let recipient, _, _): return .answered(ticket, recipient.localPart == "nobody" ? .unknownRecipient : .recipientAccepted)
      case .credentials(let ticket, let credentials, _):
        return credentials.password == "secret" ? .authenticated(ticket, user: credentials.user) : .answered(ticket, .wrongCredentials)
      case .message(let ticket, _, _): return .answered(ticket, .goAhead)
      case .content(let ticket, let bytes):
        state.withLock { $0.content.append(bytes) }
        return .contentTaken(ticket, bytes.count)
      case .messageEnd(let ticket):
        state.withLock { $0.messages.append($0.content.takeAll()) }
        return .answered(ticket, .contentAccepted)
      case .abandoned: return nil
      }
    }

    func answer(_ question: POP3.ServerConversation.Question) -> POP3.ServerConversation.Input? {
      switch question {
      case .login(let ticket, let credentials, let isEncrypted):
        guard credentials == SASL.Credentials(user: "alice", password: "secret"), isEncrypted else { return .refused(ticket, .wrongCredentials) }
        return .opened(ticket, Maildrop(messages.enumerated().map { Maildrop.Entry(size: Int64($1.count), uniqueID: "u\($0)") }))
      case .read(let ticket, let place, let offset, let length): return .piece(ticket, messages[place][Int(offset)..<(Int(offset) + length)])
      case .update(let ticket, let deleted):
        state.withLock { $0.deleted = deleted }
        return .updated(ticket, isComplete: true)
      case .released: return nil
      }
    }
  }

  @Test("messages in by submission, out by POP3")
  func python() async throws {
    guard let script = PeerScript("mail_conversations.py", modules: "smtplib, poplib, ssl") else { return }
    let network = SocketNetwork(loops: 1)
    let desk = Desk()
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let now = SystemClock().now
      let authority = try CertificateAuthority(at: now)
      let identity = try authority.issue(for: ["localhost"], at: now)
      let file = folder.appendingPathComponent("authority.pem").path
      try authority.authorityPEM.write(toFile: file, atomically: true, encoding: .utf8)
      let options = SMTP.ServerOptions(.submission, name: "mx.home.test", postmaster: try MailAddress("postmaster@home.test"))
      let tls = ListenOptions(startTLS: TLSServerOptions(identities: [identity]))
      let submission = try await network.listen(at: Endpoint(.loopback, 0), options: tls) { _, _ in
        ConversationDriver(SMTP.ServerConversation(options), trace: nil) { question, _ in desk.answer(question) }
      }
      let pop3 = try await network.listen(at: Endpoint(.loopback, 0), options: tls) { _, _ in
        ConversationDriver(POP3.ServerConversation(POP3.ServerOptions(name: "pop.home.test")), trace: nil) { question, _ in desk.answer(question) }
      }
      let lines = try await Task.detached { try script.lines(["\(submission.endpoint.port)", "\(pop3.endpoint.port)", file]) }.value
      #expect(lines == [
        "before TLS 530", "wrong password 535", "login 235", "refused {'nobody@home.test': 550}", "long {}", "quit 221", "step by step 235",
        "before TLS ['AUTH-RESP-CODE', 'EXPIRE', 'PIPELINING', 'RESP-CODES', 'STLS', 'TOP', 'UIDL']", "inside TLS True", "+OK And the password? +OK 2 messages",
        "status 2 1000053", "list 1 36 2 1000017", "names 1 u0 2 u1", "fetched [b'Subject: dots', b'', b'.one', b'..', b'.', b'last']",
        "top [b'Subject: long', b'', b'\(String(repeating: ".", count: 998))']", "deleted +OK It will be deleted", "quit +OK Bye",
      ])
      #expect(desk.messages.first == "Subject: dots\r\n\r\n.one\r\n..\r\n.\r\nlast\r\n")
      #expect(desk.deleted == [0])
    } catch {
      await network.shutDown()
      throw error
    }
    await network.shutDown()
  }
}
