// Letters in a scenario: submitted by people who log in, or handed straight to a domain's server by whoever likes, with the production client.
// Letters in the simulator do without TLS, so passwords go in the clear and can be read in the trace.
// Not here: what a scenario may say of letters (Scenario/MailWords.swift), the client (MailServer/Transfer/Relay/Sending.swift).
import Bytes
import DNS
import Host
import Mail
import MailServer
import SMTP
import SimulatedTransport
import Transport
import World

extension ScenarioRun {
  /// Hands a letter over. What it comes to is the code of the server's verdict, the worst of all recipients'.
  func send(_ client: SimulatedNetwork, _ letter: Scenario.Letter, as host: String) async -> Result.Outcome {
    guard let author = try? MailAddress(letter.author), let content = content(of: letter, by: author, at: client.clock.now) else { return .failed("no such letter can be written") }
    let recipients = letter.recipients.compactMap { try? MailAddress($0) }
    let isSubmitted = letter.password != nil
    var server = letter.server ?? (isSubmitted ? mailHost(of: author.domain) : nil)
    if server == nil, !isSubmitted { server = await exchanger(of: recipients.first?.domain, client, as: host) }
    guard let server else {
      return .failed("no server for \(letter.recipients.joined(separator: ", "))")
    }
    guard let address = await address(of: server, client, as: host) else { return .failed("no address for \(server)") }
    let sender = letter.sender.map { (try? MailAddress($0)).map { ReversePath.mailbox($0) } ?? .empty } ?? .mailbox(author)
    var speech = ClientOptions(name: letter.hello ?? world.host(host).map { world.domainName(of: $0) } ?? host, tls: .never)
    if let password = letter.password {
      speech.credentials = SASL.Credentials(user: author.localPart, password: password)
      speech.logsIn = .always
    }
    let sent = await Sending.send(
      SMTP.Delivery(sender: sender, recipients: recipients, content: [.bytes(content)]),
      to: Exchanger(name: server, endpoint: Endpoint(address, isSubmitted ? 587 : 25)), as: speech, limits: SMTP.Limits(), network: client, tls: nil,
      timeout: .seconds(30), trace: trace(host))
    guard let fates = sent.fates else { return .failed(sent.failure ?? "no answer") }
    let codes = fates.map { fate -> Int in
      switch fate {
      case .accepted(let reply), .temporary(let reply), .permanent(let reply): Int(reply.code)
      case .undecided: 421
      }
    }
    return .page(codes.max() ?? 250)
  }

  /// The host that takes and keeps a domain's mail, as its users were told.
  func mailHost(of domain: MailDomain) -> String? { world.mail.first { $0.domain == domain.description }?.host }

  /// The exchanger of a domain that is to be tried first.
  private func exchanger(of domain: MailDomain?, _ client: SimulatedNetwork, as host: String) async -> String? {
    guard let domain, let name = try? Name(domain.description), let resolver = world.resolver(near: world.host(host))?.addresses.first else { return nil }
    let names = NameClient(client, timeout: .seconds(10), trace: trace(host))
    guard case .answered(let answer) = await names.ask(.query(name, .mx, id: nextID()), Endpoint(resolver, 53)) else { return nil }
    let exchangers = answer.message.answers.compactMap { record -> (preference: UInt16, name: Name)? in
      if case .mx(let preference, let name) = record.data { (preference, name) } else { nil }
    }
    return exchangers.min { $0.preference < $1.preference }.map { "\($0.name)" }
  }

  /// The letter's bytes; nil: an address, a name or a field is none.
  private func content(of letter: Scenario.Letter, by author: MailAddress, at now: Instant) -> Buffer? {
    let number = (0..<4).map { _ in String(nextID(), radix: 16) }.joined()
    let text = Array(repeating: letter.text, count: letter.repetitions).joined(separator: "\n")
    var draft = MessageDraft(
      from: NamedAddress(author, name: letter.name), to: letter.recipients.compactMap { try? MailAddress($0) }.map { NamedAddress($0) }, subject: letter.subject,
      text: letter.isHTML ? nil : text, date: MailDate(now), messageID: "\(number)@\(author.domain)")
    if letter.isHTML { draft.html = text }
    var random = chance.derived("letter \(number)")
    draft.attachments = letter.attachments.map { file in
      let content: Buffer =
        switch file.content {
        case .text(let text): Buffer(text)
        case .bytes(let count): Buffer((0..<count).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
      return MessageDraft.Attachment(name: file.name, type: file.type, content: content)
    }
    guard let written = try? draft.written(using: &random) else { return nil }
    var content = Buffer(letter.fields.map { "\($0)\r\n" }.joined())
    content.append(written)
    return content
  }
}
