// What a tap reads of TLS, from handshakes that OpenSSL made with itself: they are the fuzzers' first inputs, too.
import Bytes
import TestKit
import Testing
import TLS
import Trace

@Suite("TLS on the wire")
struct WireTests {
  /// A direction of a recorded connection.
  static func bytes(_ name: String) throws -> Buffer { Buffer(try #require(contents(of: "\(repositoryRoot)/Fuzz/Corpus/tls-wire/\(name)"))) }

  /// The records of both directions, each read to its end, the client's first: as far as needed they wait for one another.
  static func records(_ handshake: String, pieces: Int = .max) throws -> (client: [Record], server: [Record]) {
    var reader = WireReader()
    func read(_ name: String, _ direction: WireReader.Direction) throws -> [Record] {
      let bytes = try bytes(name)
      let size = min(pieces, bytes.count)
      return stride(from: 0, to: bytes.count, by: size).flatMap { reader.take(bytes[$0..<($0 + size)], direction) }
    }
    // The server's choice says how the rest of the client's bytes is read.
    let client = try Self.bytes(handshake + "-client")
    let hello = 5 + Int(client[at: 3] ?? 0) << 8 + Int(client[at: 4] ?? 0)
    let first = reader.take(client[0..<hello], .toServer)
    let server = try read(handshake + "-server", .toClient)
    return (first + reader.take(client[hello..<client.count], .toServer), server)
  }

  struct Case: Sendable {
    var handshake: String
    var client: [String]
    var server: [String]
  }

  @Test("reads records until they are encrypted", .spec("RFC 8446", "5.1"), arguments: [
    Case(
      handshake: "v12", client: ["ClientHello", "ClientKeyExchange", "change_cipher_spec", "encrypted", "encrypted"],
      server: ["ServerHello", "Certificate", "ServerKeyExchange", "ServerHelloDone", "NewSessionTicket", "change_cipher_spec", "encrypted", "encrypted"]),
    Case(
      handshake: "v13", client: ["ClientHello", "change_cipher_spec", "encrypted", "encrypted", "encrypted"],
      server: ["ServerHello", "change_cipher_spec"] + Array(repeating: "encrypted", count: 7)),
    Case(
      handshake: "retry", client: ["ClientHello", "change_cipher_spec", "ClientHello", "encrypted", "encrypted", "encrypted"],
      server: ["ServerHello", "change_cipher_spec", "ServerHello"] + Array(repeating: "encrypted", count: 7)),
  ])
  func story(_ c: Case) throws {
    func words(_ records: [Record]) -> [String] {
      records.flatMap { $0.isEncrypted ? ["encrypted"] : $0.messages.isEmpty ? ["\($0.type)"] : $0.messages.map { "\($0.type)" } }
    }
    let (client, server) = try Self.records(c.handshake)
    #expect(words(client) == c.client)
    #expect(words(server) == c.server)
    let cut = try Self.records(c.handshake, pieces: 7)
    #expect(cut.server == server)
  }

  @Test("reads what is offered and chosen", .spec("RFC 8446", "4.1.2"))
  func hellos() throws {
    let (client, server) = try Self.records("v13")
    guard case .clientHello(let offer)? = client.first?.messages.first?.content, case .serverHello(let choice)? = server.first?.messages.first?.content else {
      Issue.record("no greetings")
      return
    }
    #expect(offer.serverName == "www.stone.test")
    #expect(offer.versions == [.v1_3] || offer.versions.contains(.v1_3))
    #expect(offer.protocols == ["h2", "http/1.1"])
    #expect(offer.suites.first?.description == "TLS_AES_256_GCM_SHA384")
    #expect(choice.version == .v1_3 && choice.suite.description == "TLS_AES_256_GCM_SHA384" && !choice.isMarkedAsLowered && !choice.isRetry)
    let older = try Self.records("v12").server
    guard case .serverHello(let old)? = older.first?.messages.first?.content else {
      Issue.record("no greeting")
      return
    }
    #expect(old.version == .v1_2 && old.negotiatedProtocol == "http/1.1" && old.suite.description == "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")
    let retry = try Self.records("retry").server
    guard case .serverHello(let again)? = retry.first?.messages.first?.content else {
      Issue.record("no greeting")
      return
    }
    #expect(again.isRetry)
  }

  @Test("reads certificates before 1.3", .spec("RFC 5246", "7.4.2"))
  func certificates() throws {
    let messages = try Self.records("v12").server.flatMap(\.messages)
    guard case .certificates(let chain)? = messages.first(where: { $0.type == .certificate })?.content else {
      Issue.record("no certificates")
      return
    }
    #expect(chain.map(\.subject) == ["www.stone.test", "Test authority"])
    #expect(chain[0].issuer == "Test authority" && chain[0].names == ["www.stone.test", "stone.test"])
    #expect(chain[0].from.hasPrefix("2026-11-30 ") && chain[0].until.hasPrefix("2027-09-26 "))
  }

  @Test("reads an alert", .spec("RFC 8446", "6"))
  func alert() throws {
    var reader = WireReader()
    let records = reader.take(try Self.bytes("refused-server"), .toClient)
    #expect(records.map(\.alert?.isFatal) == [true] && records.map(\.alert?.reason) == [AlertReason(rawValue: 70)])
    #expect(records.first?.title == "alert protocol_version")
  }

  @Test("what differs in each run is zeros, and the rest reads as before", arguments: ["v12", "v13", "retry"])
  func repeatable(_ handshake: String) throws {
    for record in try Self.records(handshake).server where !record.isEncrypted && record.type == .handshake {
      #expect(record.repeatable != record.bytes || record.messages.first?.type.description == "ServerHelloDone" || record.messages.first?.type == .certificate)
      var reader = WireReader()
      let again = reader.take(record.repeatable, .toClient)
      #expect(again.map(\.title) == [record.title])
      #expect(again.first?.repeatable == record.repeatable)
    }
    for record in try Self.records(handshake).server where record.isEncrypted {
      #expect(record.repeatable.array.dropFirst(5).allSatisfy { $0 == 0 } && record.repeatable[0..<5] == record.bytes[0..<5])
    }
  }

  @Test("knows an offer that was made smaller", .spec("RFC 8446", "4.1.3"))
  func lowered() throws {
    // Version 1.2, a random number that ends with the mark, no session, a suite, no compression.
    let random: [UInt8] = Array(repeating: 7, count: 24) + [0x44, 0x4F, 0x57, 0x4E, 0x47, 0x52, 0x44, 0x01]
    let body: [UInt8] = [3, 3] + random + [0, 0xC0, 0x2B, 0]
    let bytes = Buffer([22, 3, 3, 0, UInt8(body.count + 4), 2, 0, 0, UInt8(body.count)] + body)
    var reader = WireReader()
    let record = try needed(reader.take(bytes, .toClient).first)
    guard case .serverHello(let hello)? = record.messages.first?.content else {
      Issue.record("no greeting")
      return
    }
    #expect(hello.isMarkedAsLowered)
    #expect(record.repeatable.array.suffix(12).prefix(8) == random.suffix(8))
  }

  struct Wrong: Sendable {
    var what: String
    var bytes: [UInt8]
  }

  @Test("what is no TLS is left alone", arguments: [
    Wrong(what: "a request", bytes: Array("GET / HTTP/1.1\r\n".utf8)), Wrong(what: "another version", bytes: [22, 2, 0, 0, 1, 1]),
    Wrong(what: "too long", bytes: [22, 3, 3, 0x48, 1, 1]),
  ])
  func other(_ wrong: Wrong) {
    var reader = WireReader()
    #expect(reader.take(Buffer(wrong.bytes), .toServer).isEmpty && reader.isLost, "\(wrong.what)")
    #expect(TLS.explain(Buffer(wrong.bytes)) == nil)
  }

  @Test("explains a piece by itself")
  func explained() throws {
    let explanation = try #require(TLS.explain(try Self.bytes("v12-server")))
    #expect(explanation.title.hasPrefix("ServerHello: 1.2, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, http/1.1; Certificate of www.stone.test; "))
    let names = explanation.fields.flatMap { $0.children.flatMap(\.children) }.map(\.name)
    #expect(names.contains("cipher_suite") && names.contains("certificate"))
  }
}
