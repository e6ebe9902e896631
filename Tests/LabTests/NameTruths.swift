// What the answers of the lessons about other names really are, from the bytes in the trace's own records and what was drawn, by plain code: keys, hashes and
// digits are taken apart here by hand, not by the library that is taught.
// Read before: LessonTruthTests.swift, which asks.
import Bytes
import Crypto
import Foundation
@testable import Lab
import TestKit
import Testing
import Trace
import World

extension Truth {
  /// One message between who keeps blocks and who asks for them, as whoever got it recorded it.
  struct Stored {
    var from: String
    var to: String
    /// Unit: milliseconds.
    var at: Double
    var bytes: [UInt8]
    var kind: Int { Int(bytes.first ?? 0) }
    var hops: Int { bytes.count > 1 ? Int(bytes[1]) : 0 }
    var block: [UInt8] { Array(bytes.dropFirst(68)) }
    /// The key in the block.
    var key: [UInt8] { Array(block.dropFirst(8).prefix(32)) }
  }

  /// All of them, in their order.
  func stored(_ variant: String = "") -> [Stored] {
    guard let store = run.leg(variant)?.store else { return [] }
    return store.conversations().filter { $0.info.dialect == .blockStore }.flatMap { record in
      store.events(of: record.id).filter { $0.kind == .received }.map { event in
        (event.sequence, Stored(
          from: run.world.host(at: record.info.remote.address)?.name ?? "?", to: record.info.host,
          at: Double(event.time.nanoseconds - Instant.simulationStart.nanoseconds) / 1e6, bytes: event.bytes.array))
      }
    }.sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// A page's text.
  func page(_ variant: String = "", _ place: Int) -> String { fetches(variant)[place].content }

  /// Where a line of a hosts file leads.
  static func target(of name: String, in file: String) -> String? {
    file.split(separator: "\n").first { $0.hasPrefix(name + ".i2p=") }.map { String($0.dropFirst(name.count + 5)) }
  }

  /// The hash of a destination, in base32.
  static func short(_ destination: String) -> String {
    let bytes = Data(base64Encoded: destination.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "~", with: "/")) ?? Data()
    let bits = SHA256.hash(data: bytes).map { String($0, radix: 2) }.map { String(repeating: "0", count: 8 - $0.count) + $0 }.joined() + "0000"
    let digits = Array("abcdefghijklmnopqrstuvwxyz234567")
    return String((0..<52).map { place in
      let start = bits.index(bits.startIndex, offsetBy: 5 * place)
      return digits[Int(bits[start..<bits.index(start, offsetBy: 5)], radix: 2) ?? 0]
    })
  }

  /// The bytes of an onion name, by its digits.
  static func bytes(ofOnion name: String) -> [UInt8] {
    let digits = Array("abcdefghijklmnopqrstuvwxyz234567")
    let bits = name.dropLast(6).map { digit in
      let value = String(digits.firstIndex(of: digit) ?? 0, radix: 2)
      return String(repeating: "0", count: 5 - value.count) + value
    }.joined()
    return (0..<35).map { place in
      let start = bits.index(bits.startIndex, offsetBy: 8 * place)
      return UInt8(bits[start..<bits.index(start, offsetBy: 8)], radix: 2) ?? 0
    }
  }

  static func hex(_ bytes: some Sequence<UInt8>) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
}

/// The onion names of a page, as they stand behind the colons.
private func onions(_ page: String) -> [String] { page.split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) } }

private func alike(_ a: String, _ b: String) -> Int { zip(a, b).prefix { $0 == $1 }.count }

let nameTruths: [String: @Sendable (Truth) throws -> [String: String]] = [
  "N1": { truth in
    let all = truth.stored()
    let puts = all.filter { $0.kind == 2 && $0.from == "pc" }
    let other = try needed(all.first { $0.kind == 2 && $0.from == "pc2" })
    // Who said first that it keeps what pc2 handed in is who keeps it.
    let keeper = try needed(all.first { $0.kind == 5 && $0.at >= 2_000 })
    let found = try needed(all.first { $0.kind == 3 && $0.to == "pc" && $0.at >= 4_000 })
    let asked = all.filter { $0.kind == 1 && $0.from == "pc" && $0.at >= 6_000 && $0.at < 8_000 }
    // Neither the label nor the address stands in what a node gets.
    for message in all where !message.block.isEmpty {
      #expect(Data(message.block).range(of: Data(truth.draw("label").utf8)) == nil)
    }
    // Blocks of one address: head, authenticator, and 20 bytes padded to 32.
    #expect(other.block.count == 112 + 16 + 32)
    return [
      "guess": "\(asked.count)", "keys": "\(Set(puts.map(\.key)).count)", "size": "\(other.block.count)", "keeper": keeper.from,
      "learns": "only its length and until when it holds", "hops": "\(found.hops)", "address": "192.0.2.\(truth.draw("octet"))", "through": "203.0.113.\(truth.draw("other"))",
      "whose": "203.0.113.\(truth.draw("other"))", "stolen": "198.51.100.\(truth.draw("thief"))", "genuine": "no", "moved": "192.0.2.\(truth.draw("octet"))",
    ]
  },
  "N2": { truth in
    let (name, other) = (truth.draw("name"), truth.draw("other"))
    let (garnet, cobalt) = (truth.page("", 0), truth.page("", 1))
    let (own, said) = (try #require(Truth.target(of: name, in: garnet)), try #require(Truth.target(of: name, in: cobalt)))
    #expect(own == truth.draw("first") && said == truth.draw("third") && Truth.target(of: other, in: garnet) == Truth.target(of: other, in: cobalt))
    let friend = try #require(Truth.target(of: name, in: truth.page("second", 2)))
    #expect(friend == own)
    return [
      "bytes": "387", "short": Truth.short(own), "same": "confirmed", "clash": "conflict", "whose": "http://www.garnet.test/hosts.txt",
      "liar": "http://www.cobalt.test/hosts.txt", "waits": "waits", "believed": Truth.short(friend), "after": "3",
    ]
  },
  "N3": { truth in
    let names = onions(truth.page("", 0))
    let bytes = names.map { Truth.bytes(ofOnion: $0) }
    // The checksum by its definition.
    let valid = bytes.map { all in Array(SHA3_256.hash(data: Array(".onion checksum".utf8) + all[0..<32] + [3]).prefix(2)) == Array(all[32..<34]) && all[34] == 3 }
    #expect(valid == [true, false, true, true])
    let common = alike(names[0], names[2])
    #expect(common >= 6 && names[0] != names[2])
    let book = onions(truth.page("petname", 1))
    return [
      "digits": "56", "bytes": "35", "key": Truth.hex(bytes[0][0..<32]), "checksum": Truth.hex(bytes[0][32..<34]), "valid": "3", "damaged": names[1],
      "alike": "\(common)", "tries": "\(5 * common)", "swapped": "no", "checks": "no", "book": "\(alike(book[0], book[1]))",
    ]
  },
  "N4": { truth in
    let asked = truth.datagrams(from: "resolver").filter { $0.at < 2_000 }
    let gets = truth.stored().filter { $0.kind == 1 && $0.from == "pc" && $0.at >= 4_000 && $0.at < 6_000 }
    let own = "192.0.2.\(truth.draw("octet"))"
    let rootless = try #require(truth.run.leg("rootless"))
    #expect(rootless.outcomes[0].hasFailed)
    let vain = truth.datagrams("rootless", from: "resolver").count
    return [
      "asked": "\(asked.count)", "blocks": "\(gets.count)", "found": own, "dns": "safe without somebody above", "gns": "the same for everybody", "book": "the same for everybody",
      "onion": "easy to remember", "length": "56", "seized": "203.0.113.66", "kept": own, "rootless": "0", "vain": "\(vain)", "stays": own,
    ]
  },
]
