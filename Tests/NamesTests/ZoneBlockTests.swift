// Zones and blocks of the GNU Name System against the vectors of RFC 9498.
@testable import Names
import Bytes
import Testing
import Trace
import World

@Suite struct ZoneVectorTests {
  @Test("a zone's key is made of its secret, and written and read as a domain", arguments: zoneVectors)
  func keys(_ v: ZoneVector) throws {
    let secret = try #require(ZoneSecret(v.kind, v.secret.unhexed))
    #expect(secret.publicKey.identifier == v.identifier.unhexed)
    #expect(secret.publicKey.text == v.zTLD)
    #expect(try ZoneKey(v.zTLD) == secret.publicKey)
    #expect(try ZoneKey(v.zTLD.lowercased()) == secret.publicKey)
  }

  @Test("cipher key, nonce and storage key of a label", arguments: zoneVectors)
  func derivations(_ v: ZoneVector) throws {
    let zone = try ZoneKey(v.zTLD)
    let label = try ZoneLabel(v.label)
    let block = try ZoneBlock(reading: v.block.unhexed)
    #expect(zone.cipherKey(for: label) == v.key.unhexed)
    #expect(zone.cipherNonce(for: label, expiration: block.expiration) == v.nonce.unhexed)
    #expect(zone.query(for: label)?.bytes == v.query.unhexed)
    #expect(zone.blinded(for: label) == block.blindedKey)
    #expect(block.query.bytes == v.query.unhexed)
  }

  @Test("a block is genuine, opens, and is made again to the byte", arguments: zoneVectors)
  func blocks(_ v: ZoneVector) throws {
    let secret = try #require(ZoneSecret(v.kind, v.secret.unhexed))
    let label = try ZoneLabel(v.label)
    let block = try ZoneBlock(reading: v.block.unhexed)
    #expect(block.isGenuine)
    #expect(block.bytes == v.block.unhexed)
    let set = try block.records(of: secret.publicKey, under: label)
    #expect(set.bytes == v.records.unhexed)
    let made = try #require(ZoneBlock(set, under: label, by: secret))
    #expect(made.expiration == block.expiration)
    #expect(Hexadecimal.text(made.bytes) == Hexadecimal.text(v.block.unhexed))
  }

  @Test("what the records of the vectors say")
  func records() throws {
    let delegation = try RecordSet(reading: zoneVectors[0].records.unhexed)
    #expect(delegation.records.map(\.type) == [.pkey])
    #expect(delegation.records[0].flags == .critical)
    #expect(RecordData(delegation.records[0])?.bytes == "21e3b30ff93bc6d35ac8c6e0e13afdff794cb7b44bbbc748d259d0a0284dbe84".unhexed)
    let three = try RecordSet(reading: zoneVectors[1].records.unhexed)
    #expect(three.records.map(\.description) == ["AAAA ::dead:beef", "NICK \u{611B}\u{79F0}", "TXT Hello World"])
    #expect(three.records.map(\.flags) == [[], [], .supplemental])
    #expect(three.expiration == three.records[0].expiration)
  }
}

@Suite struct ZoneBlockTests {
  private static let secrets = ZoneKind.allCases.map { kind in
    var chance = SeededRandom(seed: 9_498)
    return ZoneSecret(kind, using: &chance)
  }
  private static let now = Instant.simulationStart
  private static let later = now.microseconds + 3_600_000_000
  private static let set = RecordSet([ZoneRecord(.a, [192, 0, 2, 80], expiration: later)])

  @Test("one bit changed, and the block is not genuine or not of the zone", arguments: secrets)
  func changed(_ secret: ZoneSecret) throws {
    let label = try ZoneLabel("www")
    let bytes = try #require(ZoneBlock(Self.set, under: label, by: secret)).bytes
    for offset in [8, 20, 39, 40, 71, 72, 103, 104, 111, 112, bytes.count - 1] {
      var changed = bytes
      changed[offset] ^= 1
      let block = try ZoneBlock(reading: changed)
      #expect(!block.isGenuine, "byte \(offset)")
      #expect(throws: ZoneBlock.Refusal.self) { try block.records(of: secret.publicKey, under: label) }
    }
  }

  @Test("a block under one label is not one under another, nor of another zone", arguments: secrets)
  func foreign(_ secret: ZoneSecret) throws {
    let label = try ZoneLabel("www")
    let block = try #require(ZoneBlock(Self.set, under: label, by: secret))
    #expect(throws: ZoneBlock.Refusal.foreign) { try block.records(of: secret.publicKey, under: try ZoneLabel("ftp")) }
    for other in Self.secrets where other != secret {
      #expect(throws: ZoneBlock.Refusal.foreign) { try block.records(of: other.publicKey, under: label) }
    }
  }

  @Test("nothing of name, zone or records stands readable in a block", arguments: secrets)
  func blinded(_ secret: ZoneSecret) throws {
    let text = Array("a secret of the zone".utf8)
    let label = try ZoneLabel("hidden-label")
    let block = try #require(ZoneBlock(RecordSet([ZoneRecord(.txt, text, expiration: Self.later)]), under: label, by: secret))
    func contains(_ part: [UInt8]) -> Bool { (0...(block.bytes.count - part.count)).contains { Array(block.bytes[$0..<($0 + part.count)]) == part } }
    #expect(!contains(text) && !contains(Array(label.text.utf8)) && !contains(secret.publicKey.bytes))
    #expect(contains(block.blindedKey.bytes))
  }

  @Test("sizes that are not the block's are no block")
  func sizes() {
    #expect(throws: SyntaxError.self) { try ZoneBlock(reading: []) }
    let bytes = zoneVectors[0].block.unhexed
    for count in [111, 112, bytes.count - 1] { #expect(throws: SyntaxError.self) { try ZoneBlock(reading: Array(bytes.prefix(count))) } }
    #expect(throws: SyntaxError.self) { try ZoneBlock(reading: bytes + [0]) }
    var other = bytes
    other[7] = 9
    #expect(throws: SyntaxError.self) { try ZoneBlock(reading: other) }
    var limits = Limits()
    limits.blockBytesMax = 159
    #expect(throws: SyntaxError.self) { try ZoneBlock(reading: bytes, limits: limits) }
  }

  @Test("records cut short, too many, or followed by what is no zero")
  func cutRecords() throws {
    let bytes = Self.set.bytes
    #expect(bytes.count == 32)
    #expect(throws: SyntaxError.self) { try RecordSet(reading: Array(bytes.prefix(19))) }
    #expect(try RecordSet(reading: Array(bytes.prefix(20))) == Self.set)
    #expect(throws: SyntaxError.self) { try RecordSet(reading: bytes + [1]) }
    var limits = Limits()
    limits.recordsMax = 2
    let three = RecordSet([Self.set.records[0], Self.set.records[0], Self.set.records[0]])
    #expect(throws: SyntaxError.self) { try RecordSet(reading: three.bytes, limits: limits) }
    #expect(ZoneBlock(three, under: .apex, by: Self.secrets[0], limits: limits) == nil)
  }

  @Test("shadows count when nothing else of their type is left, and lengthen the block's life")
  func shadows() {
    let now = Self.now
    func a(_ last: UInt8, _ seconds: Int, _ flags: ZoneRecord.Flags = []) -> ZoneRecord {
      ZoneRecord(.a, [192, 0, 2, last], expiration: now.advanced(by: .seconds(seconds)).microseconds, flags: flags)
    }
    let set = RecordSet([a(1, 10), a(2, 100, .shadow)])
    #expect(set.current(at: now) == [a(1, 10)])
    #expect(set.current(at: now.advanced(by: .seconds(10))) == [a(2, 100, .shadow)])
    #expect(set.current(at: now.advanced(by: .seconds(100))).isEmpty)
    #expect(set.expiration == a(2, 100).expiration)
    #expect(RecordSet([a(1, 10), a(3, 5)]).expiration == a(3, 5).expiration)
  }
}

@Suite struct BlockExplanationTests {
  @Test("explained: every byte, and with the key what is inside")
  func explained() throws {
    let vector = zoneVectors[1]
    let (zone, label) = (try ZoneKey(vector.zTLD), try ZoneLabel(vector.label))
    let block = try ZoneBlock(reading: vector.block.unhexed)
    let stranger = explain(block: Buffer(block.bytes))
    #expect(stranger.fields.map(\.name) == ["size", "zone type", "zone key", "signature", "expiration", "data"])
    #expect(stranger.fields.map(\.range.count).reduce(0, +) == block.bytes.count)
    #expect(stranger.fields[5].children.isEmpty && stranger.problem == nil)
    let owner = explain(block: Buffer(block.bytes), zone: zone, label: label)
    #expect(owner.fields[5].children.map(\.value) == ["::dead:beef", "\u{611B}\u{79F0}", "Hello World (supplemental)"])
    var forged = block.bytes
    forged[50] ^= 1
    #expect(explain(block: Buffer(forged)).problem == "the signature is not by the block's key")
    #expect(explain(block: "short").problem != nil)
  }
}
