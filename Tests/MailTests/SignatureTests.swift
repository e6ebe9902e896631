// DKIM: what is hashed, the published signatures, our own both ways, and what is no signature, no key, or not to be trusted.
import Bytes
import DNS
import TestKit
import Testing
import World

@testable import Mail

private func lines(_ text: String) -> Buffer { Buffer(text.replacing("\n", with: "\r\n")) }

/// A whole message's verdicts; the keys are `selector._domainkey.domain: record`.
func verdicts(_ message: Buffer, keys: [String: String] = [:], at now: Instant = .simulationStart, limits: Mail.Limits = Mail.Limits()) -> [SignatureVerdict] {
  let head = MessageHead(reading: message)
  var check = SignatureCheck(head, limits: limits)
  check.take(message[head.bytes.count..<message.count])
  for question in check.questions {
    let name = String(question.name.description.dropLast())
    check.take(keys[name].map { $0 == "TIMEOUT" ? .failed : .records($0.split(separator: "|").map { .txt([Array($0.utf8)]) }) } ?? .noName, to: question)
  }
  return check.verdicts(at: now)
}

@Suite struct SignatureTests {
  static let rsa = SigningKey.makeRSA()
  static let ed25519 = SigningKey(seed: Array(1...32))

  static func signed(_ message: Buffer, _ keys: [SigningKey?] = [ed25519]) throws -> Buffer {
    let head = MessageHead(reading: message)
    var signing = MessageSigning(
      try keys.enumerated().map { SigningIdentity(domain: "x.test", selector: "s\($0.offset)", key: try #require($0.element)) }, head, at: .simulationStart)
    signing.take(message[head.bytes.count..<message.count])
    var out = signing.finish()
    out.append(message)
    return out
  }

  static func keys(_ keys: [SigningKey?] = [ed25519]) throws -> [String: String] {
    var records: [String: String] = [:]
    for (index, key) in keys.enumerated() { records["s\(index)._domainkey.x.test"] = try #require(key).record }
    return records
  }

  static let message = lines("From: a@x.test\nTo: b@y.test\nSubject: One\n  two\nDate: Sat, 29 Nov 2025 08:25:00 +0100\nContent-Type: text/plain\nReceived: from x\n\nHello  \n\n there\t x\n\n\n")

  // MARK: Hashing

  @Test("bodies made ready", .spec("RFC 6376", "3.4.3", "3.4.4", "3.4.5"), arguments: [
    ("", "\r\n", ""), ("\r\n\r\n\r\n", "\r\n", ""), ("x", "x\r\n", "x\r\n"), ("x\r\n", "x\r\n", "x\r\n"), ("x\r\n\r\n\r\n", "x\r\n", "x\r\n"),
    (" C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n"), (" \r\n \t\r\n", " \r\n \t\r\n", ""), ("x\r\n \r\n", "x\r\n \r\n", "x\r\n"), ("\r\nx", "\r\nx\r\n", "\r\nx\r\n"),
    ("x\ry\nz\r", "x\ry\nz\r\r\n", "x\ry\nz\r\r\n"), ("x \r y", "x \r y\r\n", "x \r y\r\n"), (" \t", " \t\r\n", ""),
  ])
  func bodies(_ body: String, _ simple: String, _ relaxed: String) {
    for (form, ready) in [(Canonicalization.simple, simple), (.relaxed, relaxed)] {
      // What needs no change any more hashes to itself: so the expected text is checked by the same hash over it.
      var plain = BodyDigest(.simple, limit: ready.utf8.count)
      plain.take(Buffer(ready + "."))
      for pieces in Cutter.cuts(of: Buffer(body)) + [[Buffer(body)]] {
        var digest = BodyDigest(form)
        for piece in pieces { digest.take(piece) }
        let (hash, length) = digest.ended()
        #expect(length == ready.utf8.count, "\(form)")
        #expect(hash == plain.ended().hash, "\(form)")
      }
    }
  }

  @Test("the hashes of the empty body", .spec("RFC 6376", "3.4.3", "3.4.4"))
  func emptyBody() {
    #expect(Base64.text(BodyDigest(.simple).ended().hash) == "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=")
    #expect(Base64.text(BodyDigest(.relaxed).ended().hash) == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
  }

  @Test("fields made ready", .spec("RFC 6376", "3.4.1", "3.4.2", "3.4.5"), arguments: [
    ("A: X\r\n", "A: X\r\n", "a:X\r\n"), ("B : Y\t\r\n\tZ  \r\n", "B : Y\t\r\n\tZ  \r\n", "b:Y Z\r\n"), ("Subject:\r\n", "Subject:\r\n", "subject:\r\n"), ("X:  a  b ", "X:  a  b \r\n", "x:a b\r\n"), ("X: a\n", "X: a\r\n", "x:a\r\n"),
  ])
  func fields(_ field: String, _ simple: String, _ relaxed: String) {
    #expect(String(decoding: Canonicalization.simple.field(Array(field.utf8)[...]), as: UTF8.self) == simple)
    #expect(String(decoding: Canonicalization.relaxed.field(Array(field.utf8)[...]), as: UTF8.self) == relaxed)
  }

  // MARK: Published signatures

  static let football = [
    "brisbane._domainkey.football.example.com": "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    "test._domainkey.football.example.com":
      "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB",
  ]

  @Test("the example of RFC 8463: Ed25519 and RSA", .spec("RFC 8463", "A"))
  func published() {
    let message = lines("""
      DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
       d=football.example.com; i=@football.example.com;
       q=dns/txt; s=brisbane; t=1528637909; h=from : to :
       subject : date : message-id : from : subject : date;
       bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
       b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
       Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
      DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
       d=football.example.com; i=@football.example.com;
       q=dns/txt; s=test; t=1528637909; h=from : to : subject :
       date : message-id : from : subject : date;
       bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
       b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
       DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
       dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
      From: Joe SixPack <joe@football.example.com>
      To: Suzie Q <suzie@shopping.example.net>
      Subject: Is dinner ready?
      Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
      Message-ID: <20030712040037.46341.5F8J@football.example.com>

      Hi.

      We lost the game.  Are you hungry yet?

      Joe.

      """)
    let results = verdicts(message, keys: Self.football)
    #expect(results.map(\.result) == [.pass, .pass], "\(results)")
    #expect(results.map(\.mark) == ["/gCrinpc", "F45dVWDf"])
    #expect(results[0].domain == "football.example.com" && results[0].selector == "brisbane" && results[0].identity == "@football.example.com")
  }

  @Test("the key of RFC 8463 signs", .spec("RFC 8463", "A.2"))
  func publishedKey() throws {
    let key = try #require(SigningKey("ed25519:nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="))
    #expect(key.record == "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
    #expect(SigningKey(key.text)?.record == key.record)
  }

  // MARK: Our own

  @Test("what we sign, we verify; lines stay short; nothing says l=", .spec("RFC 6376", "5", "6"))
  func both() throws {
    let keys = [Self.rsa, Self.ed25519]
    let message = try Self.signed(Self.message, keys)
    let results = verdicts(message, keys: try Self.keys(keys))
    #expect(results.map(\.result) == [.pass, .pass], "\(results)")
    #expect(results.map(\.algorithm) == ["rsa-sha256", "ed25519-sha256"])
    let text = message.text
    #expect(text.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 78 })
    #expect(!text.contains(" l=") && !text.contains(";l="))
    #expect(text.contains("h=from:from:to:to:subject:subject:date:date:content-type:content-type"))
    let rsa = try #require(Self.rsa)
    #expect(SigningKey(rsa.text)?.record == rsa.record)
    guard case .txt(let strings) = rsa.recordData else { return }
    #expect(strings.map(\.count).allSatisfy { $0 <= 255 } && strings.count == 2 && strings.joined().elementsEqual(rsa.record.utf8))
    #expect(SigningKey.recordName(selector: "s0", domain: "x.test")?.description == "s0._domainkey.x.test.")
  }

  @Test("what may change on the way, and what may not", .spec("RFC 6376", "3.4", "8.15"), arguments: [
    ("Subject: One\r\n  two", "SUBJECT :One two  ", .pass), ("Hello  \r\n", "Hello \t\r\n", .pass), ("\r\n\r\n\r\n", "\r\n", .pass), ("Received: from x\r\n", "Received: from y\r\nX: z\r\n", .pass),
    ("Subject: One", "Subject: Two", .fail), ("Hello", "Hallo", .fail), ("From: a@x.test", "From: b@x.test", .fail), ("From: a@x.test", "From: e@evil.test\r\nFrom: a@x.test", .fail),
    ("To: b@y.test", "To: b@y.test\r\nTo: c@y.test", .fail), ("Subject:", "Subject: first\r\nSubject:", .fail), ("Content-Type: text/plain", "Content-Type: text/html\r\nContent-Type: text/plain", .fail),
    ("Date:", "Date: x\r\nDate:", .fail), ("there\t x", "there  x", .pass), ("there\t x", "therex", .fail),
  ] as [(String, String, SignatureVerdict.Result)])
  func changed(_ old: String, _ new: String, _ result: SignatureVerdict.Result) throws {
    let signed = try Self.signed(Self.message)
    let changed = Buffer(signed.text.replacing(old, with: new, maxReplacements: 1))
    #expect(changed != signed)
    #expect(verdicts(changed, keys: try Self.keys()).map(\.result) == [result])
  }

  @Test("a missing field that is oversigned cannot be added", .spec("RFC 6376", "5.4.2"))
  func missing() throws {
    let signed = try Self.signed(lines("From: a@x.test\n\nx\n"))
    #expect(verdicts(signed, keys: try Self.keys()).map(\.result) == [.pass])
    #expect(verdicts(Buffer(signed.text.replacing("From:", with: "Subject: y\r\nFrom:")), keys: try Self.keys()).map(\.result) == [.fail])
  }

  // MARK: Keys

  @Test("key records", .spec("RFC 6376", "3.6.1"), arguments: [
    ("", .permerror), ("v=DKIM1; k=ed25519; p=", .permerror), ("v=DKIM2; k=ed25519; p=KEY", .permerror), ("k=ed25519; p=KEY; v=DKIM1", .permerror), ("k=ed25519;p=KEY", .pass), ("k=rsa; p=KEY", .permerror), ("p=KEY", .permerror),
    ("k=ed25519; p=KEY; h=sha1", .permerror), ("k=ed25519; p=KEY; h=sha1:SHA256", .pass), ("k=ed25519; p=KEY; s=tlsrpt", .permerror), ("k=ed25519; p=KEY; s=email", .pass), ("k=ed25519; p=KEY; s=*; n=a note; zz=new", .pass),
    ("k=ed25519; p=KEY; t=s", .pass), ("k=ed25519; p=KEY; t=y:s", .pass), ("k=ed25519; p=AAAA", .permerror), ("k=ed25519; p=?", .permerror), ("k=ed25519; k=ed25519; p=KEY", .permerror), ("nothing|k=ed25519; p=KEY", .pass), ("TIMEOUT", .temperror),
    ("k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", .fail), ("k=ed25519 ; p = KEY ;", .pass),
  ] as [(String, SignatureVerdict.Result)])
  func records(_ record: String, _ result: SignatureVerdict.Result) throws {
    let key = try #require(Self.ed25519).record.split(separator: "p=").last.map { String($0) } ?? ""
    let results = verdicts(try Self.signed(Self.message), keys: ["s0._domainkey.x.test": record.replacing("KEY", with: key)])
    #expect(results.map(\.result) == [result], "\(record): \(results)")
    #expect(results.first?.isTest == record.contains("t=y"))
    #expect((results.first?.problem == nil) == (result == .pass))
  }

  @Test("no key at all, and keys of too few and too many bits", .spec("RFC 8301", "3.2"))
  func bits() throws {
    #expect(verdicts(try Self.signed(Self.message)).map(\.result) == [.permerror])
    // 512 bits.
    let small = "p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAIEWcBkSoV8s7xgyqkzHmsCGpROhQdxFJCmLJRXRfyLJwPxpgqsFUqqKzrVhtkzhCrDqPZqVYWHhHIWlNDdbCu0CAwEAAQ=="
    let message = try Self.signed(Self.message, [Self.rsa])
    #expect(verdicts(message, keys: ["s0._domainkey.x.test": small]).map(\.result) == [.permerror])
    var limits = Mail.Limits()
    limits.keyBitsMin = 2_049
    #expect(verdicts(message, keys: try Self.keys([Self.rsa]), limits: limits).map(\.result) == [.permerror])
    limits.keyBitsMin = 1_024
    limits.keyBitsMax = 2_047
    #expect(verdicts(message, keys: try Self.keys([Self.rsa]), limits: limits).map(\.result) == [.permerror])
    limits.keyRecordBytesMax = 100
    #expect(verdicts(message, keys: try Self.keys([Self.rsa]), limits: limits).first?.problem == "the key record is too long")
  }

  // MARK: Fields

  /// A signature by hand: `changes` replaces, adds, or with an empty value removes tags.
  static func handmade(_ changes: [(String, String)], body: String = "Hello\n", extra: String = "") throws -> Buffer {
    var digest = BodyDigest(.simple)
    digest.take(lines("Hello\n"))
    var tags = [("v", "1"), ("a", "ed25519-sha256"), ("d", "x.test"), ("s", "s0"), ("h", "from"), ("bh", Base64.text(digest.ended().hash))]
    for (name, value) in changes {
      tags.removeAll { $0.0 == name }
      if !value.isEmpty { tags.append((name, value)) }
    }
    let from = "From: a@x.test\r\n"
    let field = "DKIM-Signature: " + tags.map { "\($0.0)=\($0.1)" }.joined(separator: "; ") + "; b="
    let key = try #require(ed25519)
    let form: Canonicalization = tags.contains { $0 == ("c", "relaxed") } ? .relaxed : .simple
    let signature = try #require(key.signature(ofBytes: form.field(Array(from.utf8)[...]) + form.field(Array(field.utf8)[...]).dropLast(2)))
    return Buffer(field + Base64.text(signature) + "\r\n" + from + extra + "\r\n" + body.replacing("\n", with: "\r\n"))
  }

  @Test("signature fields", .spec("RFC 6376", "3.5", "6.1.1"), arguments: [
    ([], .pass), ([("v", "2")], .neutral), ([("v", "")], .neutral), ([("a", "")], .neutral), ([("a", "ed25519-sha1")], .neutral), ([("a", "rsa-sha1")], .permerror), ([("a", "ED25519-SHA256")], .pass), ([("d", "")], .neutral), ([("d", "[192.0.2.1]")], .neutral), ([("d", "x..test")], .neutral),
    ([("s", "")], .neutral), ([("s", "a..b")], .neutral), ([("h", "")], .neutral), ([("h", "to:subject")], .neutral), ([("h", "From : To")], .pass), ([("h", "from::to")], .neutral), ([("bh", "")], .neutral), ([("bh", "AAAA")], .fail), ([("bh", "?")], .neutral), ([("c", "simple/simple")], .pass),
    ([("c", "relaxed")], .pass), ([("c", "nowsp")], .neutral), ([("c", "simple/")], .neutral), ([("c", "simple/simple/simple")], .neutral), ([("i", "@x.test")], .pass), ([("i", "joe@sub.X.test")], .pass), ([("i", "@other.test")], .neutral), ([("i", "@notx.test")], .neutral),
    ([("i", "x.test")], .neutral), ([("q", "dns/txt")], .pass), ([("q", "other:dns/txt")], .pass), ([("q", "other")], .neutral), ([("t", "1")], .pass), ([("t", "x")], .neutral), ([("x", "9999999999")], .pass), ([("x", "1")], .fail), ([("t", "10"), ("x", "10")], .neutral),
    ([("x", String(repeating: "9", count: 76))], .pass), ([("x", String(repeating: "9", count: 77))], .neutral), ([("z", "From:a|To:b")], .pass), ([("new", "tag")], .pass), ([("l", "7")], .pass), ([("l", "8")], .fail), ([("l", "-1")], .neutral),
  ] as [([(String, String)], SignatureVerdict.Result)])
  func signatures(_ changes: [(String, String)], _ result: SignatureVerdict.Result) throws {
    let results = verdicts(try Self.handmade(changes), keys: try Self.keys())
    #expect(results.map(\.result) == [result], "\(changes): \(results)")
  }

  @Test("fields that are no list of tags", .spec("RFC 6376", "3.2"), arguments: ["", "v", "v=1; v=1", "=1", "v=1;; a=x", "1=v", "v=\u{E9}", "v=1; a b=c", "v=1 a=b"])
  func noLists(_ value: String) {
    let results = verdicts(Buffer("DKIM-Signature: \(value)\r\nFrom: a@x.test\r\n\r\n"))
    #expect(results.map(\.result) == [.neutral])
  }

  @Test("bytes beyond l= are not signed, so the message does not pass", .spec("RFC 6376", "3.5", "8.2"))
  func length() throws {
    let longer = verdicts(try Self.handmade([("l", "7")], body: "Hello\nEVIL\n"), keys: try Self.keys())
    #expect(longer.map(\.result) == [.policy] && longer.first?.unsignedBytes == 6)
    #expect(verdicts(try Self.handmade([("l", "0"), ("bh", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]), keys: try Self.keys()).map(\.result) == [.policy])
    #expect(verdicts(try Self.handmade([("l", "99999999999999999999999999")]), keys: try Self.keys()).map(\.result) == [.fail])
  }

  @Test("a strict key is not for names below the domain", .spec("RFC 6376", "3.6.1"))
  func strict() throws {
    let record = try #require(Self.ed25519).record + "; t=s"
    #expect(verdicts(try Self.handmade([("i", "a@x.test")]), keys: ["s0._domainkey.x.test": record]).map(\.result) == [.pass])
    #expect(verdicts(try Self.handmade([("i", "a@sub.x.test")]), keys: ["s0._domainkey.x.test": record]).map(\.result) == [.permerror])
  }

  @Test("eight signatures are looked at, and each key is asked for once")
  func many() throws {
    let one = try Self.signed(Self.message).text.split(separator: "From:").first.map { String($0) } ?? ""
    let message = Buffer(String(repeating: one, count: 10) + Self.message.text)
    let check = SignatureCheck(MessageHead(reading: message))
    #expect(check.questions.count == 1)
    #expect(verdicts(message, keys: try Self.keys()).map(\.result) == Array(repeating: .pass, count: 8) + [.neutral, .neutral])
    #expect(!SignatureCheck(MessageHead(reading: Self.message)).isSigned)
  }

  @Test("bodies in pieces cut anywhere give one verdict")
  func pieces() throws {
    let message = try Self.signed(Self.message)
    let head = MessageHead(reading: message)
    let key = try #require(Self.ed25519).record
    for pieces in Cutter.cuts(of: message[head.bytes.count..<message.count]) {
      var check = SignatureCheck(head)
      for question in check.questions { check.take(.records([.txt([Array(key.utf8)])]), to: question) }
      for piece in pieces { check.take(piece) }
      #expect(check.verdicts(at: .simulationStart).map(\.result) == [.pass])
    }
  }

  @Test("the work grows with the length only", arguments: ["DKIM-Signature: v=1\r\n", "x=y;", "from:", "To: a\r\n", " ", "DKIM-Signature: v=1; a=rsa-sha256; d=x.test; s=s; h=from:to:to:to:to:to:to:to:to; bh=AAAA; b=AAAA\r\n"])
  func linear(_ unit: String) {
    #expect(isLinear { count in
      let many = String(repeating: unit, count: count / unit.utf8.count)
      let text = Buffer((unit.hasSuffix("\r\n") ? many : "DKIM-Signature: v=1; a=rsa-sha256; d=x.test; s=s; bh=AAAA; b=AAAA; h=from:" + many) + "From: a\r\n\r\n")
      let head = MessageHead(reading: text)
      return { _ = SignatureCheck(head).verdicts(at: .simulationStart) }
    })
  }

  @Test("bodies: the work grows with the length only", arguments: ["\r\n", " ", "\r", "x", "x \r\n", "\r\n\r\nx"])
  func linearBody(_ unit: String) {
    #expect(isLinear { count in
      let text = Buffer(String(repeating: unit, count: count / unit.utf8.count))
      return {
        for form in [Canonicalization.simple, .relaxed] {
          var digest = BodyDigest(form)
          digest.take(text)
          _ = digest.ended()
        }
      }
    })
  }
}
