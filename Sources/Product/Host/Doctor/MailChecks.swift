// What the doctor looks at in mail: the records that say who may send, and the servers that take it.
// Not here: names in general (NameChecks.swift).
import Bytes
import DNS
import Mail
import SMTP
import Transport
import World

extension HostDoctor {
  /// The mail server's own name.
  private var mailName: String { settings.mail?.name ?? "mail.\(settings.domain)" }

  func mailChecks(_ hasNames: Bool) async -> [Check] {
    guard let signingKeys, let address = settings.addresses.first else {
      return [Check("mail", .off, want: "mail", have: "nobody has an account: `netstead user add NAME` makes one")]
    }
    let records = hasNames ? await recordChecks(signingKeys, at: nameServer(address)) : []
    return await records + receptionChecks(at: address) + submissionChecks(at: address) + outwardChecks()
  }

  private func recordChecks(_ keys: [(selector: String, text: String)], at server: Endpoint) async -> [Check] {
    var checks: [Check] = []
    let exchangers = await records(settings.domain, .mx, at: server)?.texts(.mx) ?? []
    checks.append(
      Check(
        "mail.exchanger", exchangers.contains { $0.hasSuffix(" \(mailName).") }, want: "MX \(mailName).", have: exchangers.isEmpty ? "no MX record" : exchangers.joined(separator: ", "),
        fix: "add `@ MX 10 \(mailName).` to the zone"))
    let verdict = await senderVerdict(at: server)
    checks.append(
      Check(
        "mail.sender-policy", verdict.result == .pass, want: "the policy of \(settings.domain) lets \(published.first?.description ?? "us") send",
        have: "\(verdict.result.rawValue)\(verdict.problem.map { ": \($0)" } ?? "")", fix: "add `@ TXT \"v=spf1 mx -all\"` to the zone, and no other policy beside it"))
    let policies = (await records("_dmarc.\(settings.domain)", .txt, at: server)?.answers ?? []).compactMap { record -> AuthorPolicy? in
      if case .txt(let strings) = record.data { AuthorPolicy(Array(strings.joined())) } else { nil }
    }
    checks.append(
      Check(
        "mail.author-policy", policies.count == 1, want: "one TXT at _dmarc.\(settings.domain) that says what becomes of mail that is not the domain's own",
        have: policies.first.map { policies.count == 1 ? $0.request.rawValue : "\(policies.count) of them" } ?? "none",
        fix: "add `_dmarc TXT \"v=DMARC1; p=quarantine\"` to the zone, once"))
    for key in keys {
      let name = "\(key.selector)._domainkey.\(settings.domain)"
      let answers = await records(name, .txt, at: server)?.answers ?? []
      let texts = answers.compactMap { record -> String? in if case .txt(let strings) = record.data { String(decoding: strings.joined(), as: UTF8.self) } else { nil } }
      checks.append(
        Check(
          "mail.signing-key.\(key.selector)", texts.contains(key.text), want: "TXT at \(name) with the key that signs",
          have: texts.isEmpty ? "no record" : texts.contains(key.text) ? "it is there" : "another key", fix: "publish at \(name): TXT \"\(key.text)\""))
    }
    return checks
  }

  /// What a receiver would find when we send for the domain.
  private func senderVerdict(at server: Endpoint) async -> SenderVerdict {
    var check = SenderCheck(
      client: published.first ?? .loopback, helo: mailName, localPart: "postmaster", domain: settings.domain, receiver: "doctor", at: network.clock.now)
    while true {
      switch check.step {
      case .done(let verdict): return verdict
      case .ask(let question):
        let isOwn = (try? Name(settings.domain)).map { question.name.isSubdomain(of: $0) } ?? false
        guard let asked = isOwn ? server : resolver, let message = await records("\(question.name)", question.type, at: asked, recursing: !isOwn) else {
          check.take(.failed)
          continue
        }
        switch message.responseCode {
        case .noError: check.take(.records(message.answers.map(\.data).filter { $0.type == question.type }))
        case .noSuchName: check.take(.noName)
        default: check.take(.failed)
        }
      }
    }
  }

  /// Talks to the server that takes mail from strangers.
  private func receptionChecks(at address: Address) async -> [Check] {
    let endpoint = Endpoint(address, UInt16(clamping: settings.ports.smtp))
    let lines = ["EHLO doctor.\(settings.domain)", "MAIL FROM:<>", "RCPT TO:<postmaster@\(settings.domain)>", "RCPT TO:<somebody@elsewhere.invalid>", "QUIT"]
    let replies: [String]
    do { replies = try await LineTalk.replies(from: endpoint, to: lines, over: network, patience: patience) } catch {
      return [Check("mail.reception", .fail, want: "mail is taken at \(endpoint)", have: "\(error)", fix: "let TCP port \(endpoint.port) through to \(address)")]
    }
    func reply(_ index: Int) -> String { index < replies.count ? replies[index] : "no reply" }
    return [
      Check(
        "mail.reception", reply(0).hasPrefix("220"), want: "a greeting at \(endpoint)", have: reply(0), fix: "see why in the console: the server turns the doctor away"),
      Check(
        "mail.name", reply(0).hasPrefix("220 \(mailName)"), else: .warn, want: "a greeting by \(mailName)", have: reply(0),
        fix: "set `mail: name:` to the name that the address of this host leads back to"),
      Check(
        "mail.encryption", reply(1).contains("STARTTLS"), want: "STARTTLS is offered", have: reply(1).contains("STARTTLS") ? "it is" : "it is not",
        fix: "another server answers at \(endpoint)"),
      // RFC 5321 §4.5.1
      Check("mail.postmaster", reply(3).hasPrefix("250"), want: "mail for postmaster is taken", have: reply(3), fix: "make a user, or `aliases: {postmaster: NAME}`"),
      Check(
        "mail.relay", reply(4).hasPrefix("5"), want: "mail of strangers for strangers is refused", have: reply(4),
        fix: "another server answers at \(endpoint), and passes on anybody's mail: keep it from the outside"),
    ]
  }

  private func submissionChecks(at address: Address) async -> [Check] {
    let endpoint = Endpoint(address, UInt16(clamping: settings.ports.submission))
    do {
      let replies = try await LineTalk.replies(from: endpoint, to: ["EHLO doctor.\(settings.domain)", "MAIL FROM:<postmaster@\(settings.domain)>", "QUIT"], over: network, patience: patience)
      let answer = replies.count > 2 ? replies[2] : replies.last ?? "no reply"
      return [
        Check("mail.submission", answer.hasPrefix("5"), want: "who sends has to log in at \(endpoint)", have: answer, fix: "another server answers at \(endpoint)")
      ]
    } catch {
      return [Check("mail.submission", .fail, want: "mail is handed in at \(endpoint)", have: "\(error)", fix: "let TCP port \(endpoint.port) through to \(address)")]
    }
  }

  /// Whether mail gets out: asks the exchangers of a domain that everybody can reach for a greeting.
  private func outwardChecks() async -> [Check] {
    guard settings.mail?.smartHost == nil else { return [Check("mail.outward", .off, want: "port 25 out", have: "a smart host takes all mail for elsewhere")] }
    guard isPublic, let resolver else { return [Check("mail.outward", .off, want: "port 25 out", have: "\(settings.domain) is a name for local use")] }
    let fix = "ask the provider to open TCP port 25 outwards, or name a server that takes mail for elsewhere: `mail: {smart-host: ADDRESS:PORT}`. Receiving works without"
    let exchangers = await records("iana.org", .mx, at: resolver, recursing: true)?.answers.compactMap { $0.data.target } ?? []
    for exchanger in exchangers.prefix(2) {
      guard let address = await records("\(exchanger)", .a, at: resolver, recursing: true)?.answers.compactMap({ $0.data.address }).first else { continue }
      if let replies = try? await LineTalk.replies(from: Endpoint(address, 25), to: ["QUIT"], over: network, patience: patience), replies.first?.hasPrefix("220") == true {
        return [Check("mail.outward", .ok, want: "port 25 out", have: "\(exchanger) greets us")]
      }
    }
    return [Check("mail.outward", .fail, want: "port 25 out", have: "no exchanger of iana.org could be reached", fix: fix)]
  }
}
