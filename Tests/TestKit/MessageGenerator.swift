// Random DNS messages from a seed, well-formed and damaged, for property tests and for comparing with other programs.
// Not here: what is expected of them.
package import DNS
package import World

/// Makes messages that a writer must be able to write and a reader to read back to the same value.
package struct MessageGenerator {
  package var random: SeededRandom

  package init(seed: UInt64) { random = SeededRandom(seed: seed) }

  package mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

  package mutating func bytes(upTo count: Int) -> [UInt8] { (0..<below(count + 1)).map { _ in UInt8(below(256)) } }

  private mutating func integer<T: FixedWidthInteger>() -> T { T.random(in: .min ... .max, using: &random) }

  /// Names share endings, so that compression has something to do; some have bytes that need escapes, some are very long.
  package mutating func name() -> Name {
    let labels = ["www", "ns1", "mail", "WWW", "a", "_sip", "x--y", "*", String(repeating: "long", count: 15)]
    let endings = ["", "test", "garnet.test", "Garnet.Test", "cobalt.test", "deep.deeper.deepest.test", "2.0.192.in-addr.arpa"]
    var name = (try? Name(endings[below(endings.count)] + ".")) ?? .root
    for _ in 0..<below(4) {
      let label = below(8) == 0 ? bytes(upTo: 20) + [7] : Array(labels[below(labels.count)].utf8)
      name = (try? name.prepending(label)) ?? name
    }
    return name
  }

  package mutating func data() -> RecordData {
    switch below(15) {
    case 0, 1: return .a(integer())
    case 2: return .aaaa(integer(), integer())
    case 3: return .ns(name())
    case 4: return .cname(name())
    case 5: return .ptr(name())
    case 6: return .dname(name())
    case 7: return .mx(preference: integer(), exchange: name())
    case 8:
      return .soa(
        StartOfAuthority(
          primary: name(), mailbox: name(), serial: integer(), refresh: integer(), retry: integer(), expire: integer(), minimum: integer()))
    case 9: return .txt((0...below(3)).map { _ in bytes(upTo: below(10) == 0 ? 255 : 20) })
    case 10: return .srv(priority: integer(), weight: integer(), port: integer(), target: name())
    case 11: return .cert(Certificate(kind: integer(), keyTag: integer(), algorithm: integer(), body: bytes(upTo: 60)))
    case 12: return .caa(flags: integer(), tag: Array("issue".utf8), value: bytes(upTo: 30))
    case 13: return .hinfo(cpu: bytes(upTo: 20), system: bytes(upTo: 20))
    default: return .unknown([.ds, .https, RecordType(rawValue: 65280), RecordType(rawValue: 300)][below(4)], bytes(upTo: 40))
    }
  }

  package mutating func record() -> ResourceRecord {
    ResourceRecord(name(), ttl: UInt32(below(0x8000_0000)), data())
  }

  package mutating func message() -> Message {
    var message = Message(id: integer(), flags: Flags(rawValue: integer()))
    if below(10) > 0 { message.questions = [Question(name(), RecordType(rawValue: UInt16(below(60) + 1)))] }
    message.answers = (0..<below(5)).map { _ in record() }
    message.authorities = (0..<below(4)).map { _ in record() }
    message.additionals = (0..<below(4)).map { _ in record() }
    if below(2) == 0 {
      var edns = EDNS(payloadSize: integer(), version: UInt8(below(2)), flags: below(2) == 0 ? 0x8000 : 0)
      edns.extendedResponse = UInt8(below(3))
      edns.options = (0..<below(4)).map { _ in EDNSOption(OptionCode(rawValue: UInt16(65001 + below(10))), bytes(upTo: 20)) }
      message.edns = edns
    }
    return message
  }

  /// `bytes` with one to four things done to them: bytes changed, taken out, put in, doubled, cut off, or a pointer planted.
  package mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0...below(4) where !bytes.isEmpty {
      let place = below(bytes.count)
      switch below(8) {
      case 0: bytes[place] = UInt8(below(256))
      case 1: bytes[place] ^= 1 << UInt8(below(8))
      case 2: bytes.remove(at: place)
      case 3: bytes.insert(UInt8(below(256)), at: place)
      case 4: bytes.removeSubrange(place...)
      case 5: bytes += bytes[place...]
      case 6:
        bytes[place] = 0xC0
        if place + 1 < bytes.count { bytes[place + 1] = UInt8(below(256)) }
      default: bytes[place] = [0, 1, 0x3F, 0x40, 0x80, 0xFF][below(6)]
      }
    }
    return bytes
  }
}
