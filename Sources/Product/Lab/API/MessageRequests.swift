// `/messages` and `/accounts`: the letters that came to the world's mail hosts, and who may have some.
// Read before: LetterJournal.swift.
import Accounts
import Bytes
import Host
import HTTP
import IMAP
import Mail
import MailServer
import Settings
import Trace
import World

extension LabAPI {
  /// `GET /messages?to=&from=&subject=&wait=`: the letters that fit, oldest first.
  func messages(_ request: APIRequest) async throws -> APIAnswer {
    try request.checkQuery("to", "from", "subject", "wait")
    let (to, from, subject) = (request.query["to"]?.lowercased(), request.query["from"]?.lowercased(), request.query["subject"]?.lowercased())
    func fits(_ letter: LetterJournal.Letter) -> Bool {
      if let to, !(letter.recipients + letter.accounts).contains(where: { $0.lowercased() == to }) { return false }
      if let from, letter.sender.lowercased() != from { return false }
      return subject.map { letter.subject.lowercased().contains($0) } ?? true
    }
    let found = await letters.bell.wait(try request.wait(), givenUp: request.whenAbandoned) { () -> [LetterJournal.Letter]? in
      let found = letters.all.filter(fits)
      return found.isEmpty ? nil : found
    }
    return .json { object in
      object.array("messages") { array in for letter in found ?? [] { array.object(nil) { Self.write(letter, to: &$0) } } }
    }
  }

  private static func write(_ letter: LetterJournal.Letter, to object: inout JSONWriter) {
    object.value("id", letter.id)
    object.value("host", letter.host)
    object.value("arrived", letter.arrived.timestamp)
    object.value("from", letter.sender)
    object.array("to") { array in for recipient in letter.recipients { array.value(nil, recipient) } }
    object.array("accounts") { array in for account in letter.accounts { array.value(nil, account) } }
    object.value("subject", letter.subject)
    object.value("messageID", letter.messageID)
    object.value("size", letter.bytes.count)
    object.object("verdicts") { verdicts in
      for verdict in letter.verdicts {
        switch verdict.method {
        case "spf": verdicts.value("spf", verdict.result)
        case "dkim": verdicts.value("dkim", verdict.result)
        case "dmarc": verdicts.value("dmarc", verdict.result)
        default: break
        }
      }
    }
    object.value("text", letter.text)
  }

  /// `GET /messages/ID`: the letter as it lies there.
  func message(_ request: APIRequest) throws -> APIAnswer {
    guard let id = Int(request.path[1]), let letter = letters.letter(id) else {
      throw APIFailure(.notFound, "there is no message \(request.path[1]), or none any more", field: "id")
    }
    return APIAnswer(contentType: "message/rfc822", body: letter.bytes)
  }

  /// `DELETE /messages`: no letter ever came, and every mailbox is empty.
  func deleteMessages() async throws -> APIAnswer {
    var count = 0
    for mail in servers.mail.sorted(by: { $0.key < $1.key }).map(\.value) {
      for name in mail.post.store.accountNames {
        let account = try await mail.post.store.account(name)
        for mailbox in account.mailboxes where mailbox.kind == .mailbox {
          let session = try await account.open(mailbox.name, as: .mover) { _ in }
          defer { session.close() }
          count += try await session.remove(session.all).count
        }
      }
    }
    letters.clear()
    return .json { $0.value("removed", count) }
  }

  /// `POST /accounts {"address", "password"}`: somebody gets mail, and may read and send it; who is there already gets another password.
  func makeAccount(_ request: APIRequest) async throws -> APIAnswer {
    let (text, password) = try await request.body { ($0.required("address", .text), $0.required("password", .text)) }
    guard let address = try? MailAddress(text) else { throw APIFailure(.badRequest, "expected an address such as ada@garnet.test, found `\(text)`", field: "address") }
    guard !password.isEmpty else { throw APIFailure(.badRequest, "expected a password, found an empty one", field: "password") }
    let isNew = try await accounts.admit(address, password)
    return .json(isNew ? .created : .ok) { $0.value("address", MailDirectory.accountName(of: address)) }
  }
}

/// Who has accounts at the world's mail hosts.
actor AccountDesk {
  private let servers: RaisedWorld
  private var accounts: [String: [String: PasswordHash]] = [:]
  private let accountsMax: Int

  init(_ servers: RaisedWorld, accountsMax: Int) {
    self.servers = servers
    self.accountsMax = accountsMax
    for described in servers.world.mail {
      accounts[described.domain] = RaisedMail.accounts(of: described)
    }
  }

  /// Returns whether the account is new.
  func admit(_ address: MailAddress, _ password: String) async throws -> Bool {
    let domain = address.domain.description
    guard let mail = servers.mail[domain], var all = accounts[domain] else {
      throw APIFailure(.badRequest, "expected an address in one of this world's mail domains (\(servers.mail.keys.sorted().joined(separator: ", "))), found \(address)", field: "address")
    }
    let name = MailDirectory.accountName(of: address)
    let isNew = all[name] == nil
    guard !isNew || all.count < accountsMax else { throw APIFailure(.conflict, "there are \(accountsMax) accounts already") }
    var random = SystemRandomNumberGenerator()
    // A test's password keeps nobody out: the cheapest hash there is.
    guard let hash = PasswordHash(password, costLog: 10, using: &random) else { throw APIFailure(.internalServerError, "the password cannot be hashed") }
    all[name] = hash
    accounts[domain] = all
    try await mail.admit(all)
    return isNew
  }
}
