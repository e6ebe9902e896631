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
  /// A message between a host and a node of the hash table, as `host` recorded it, taken apart by the strings it must have in it.
  struct Asked {
    var said: Said
    /// What stands behind a key of bencoding whose value is a run of bytes.
    func run(_ key: String) -> [UInt8] {
      guard let start = said.bytes.place(of: key).map({ $0 + key.utf8.count }) else { return [] }
      let digits = said.bytes[start...].prefix { $0 != UInt8(ascii: ":") }
      return Array(said.bytes[(start + digits.count + 1)...].prefix(Int(String(decoding: digits, as: UTF8.self)) ?? 0))
    }
    func isQuery(_ name: String) -> Bool { said.isSent && said.bytes.has("1:q\(name.utf8.count):\(name)") }
    var block: [UInt8] { run("4:item") }
    /// The key in the block.
    var key: [UInt8] { Array(block.dropFirst(8).prefix(32)) }
  }

  /// All of them, in their order.
  func asked(_ host: String, _ variant: String = "", _ seconds: Range<Double> = 0..<1e9) -> [Asked] {
    said(.dht, by: host, variant).filter { seconds.contains($0.at) }.map { Asked(said: $0) }
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
  "N1": { try truthN1($0) },
  "N2": { try truthN2($0) },
  "N3": { try truthN3($0) },
  "N4": { try truthN4($0) },
]

private func truthN1(_ truth: Truth) throws -> [String: String] {
  let all = truth.asked("pc")
  let puts = all.filter { $0.isQuery("put") }
  let others = truth.asked("pc2").filter { $0.isQuery("put") }
  let other = try needed(others.first)
  let wanted = truth.asked("pc", "", 18..<22).filter { $0.isQuery("get") }
  let further = truth.asked("pc", "", 22..<26).filter { $0.isQuery("get") }
  // Neither the label nor the address stands in what a node gets.
  for message in puts + others { #expect(Data(message.block).range(of: Data(truth.draw("label").utf8)) == nil) }
  // Blocks of one address: head, authenticator, and 20 bytes padded to 32.
  #expect(other.block.count == 112 + 16 + 32)
  // The target is the front of the hash of the block's key; the node whose id differs from it last is the nearest.
  let target = Array(SHA512.hash(data: other.key).prefix(20))
  let replies = truth.asked("pc2").filter { !$0.said.isSent && $0.said.bytes.has("1:y1:r") }
  let ids = Dictionary(replies.map { ($0.said.other, $0.run("2:id")) }) { a, _ in a }
  let nearest = ids.min { a, b in zip(a.value, target).map { $0 ^ $1 }.lexicographicallyPrecedes(zip(b.value, target).map { $0 ^ $1 }) }
  let transactions = others.map(\.said.bytes.transaction)
  // Only who shows a token gets a block.
  let shown = try needed(wanted.last)
  #expect(all.filter { !$0.block.isEmpty && !$0.said.isSent }.allSatisfy { answer in
    all.contains { $0.said.isSent && $0.said.bytes.transaction == answer.said.bytes.transaction && !$0.run("5:token").isEmpty }
  })
  return [
    "guess": "\(Set(further.map { $0.run("6:target") }).count)", "keys": "\(Set(puts.map(\.key)).count)", "size": "\(other.block.count)",
    "keep": "\(replies.count { transactions.contains($0.said.bytes.transaction) })", "nearest": nearest?.key ?? "?",
    "learns": "only its length and until when it holds", "token": Truth.hex(shown.run("5:token")), "why": "who asks may not be where he says he is",
    "address": "192.0.2.\(truth.draw("octet"))", "through": "203.0.113.\(truth.draw("other"))", "whose": "203.0.113.\(truth.draw("other"))",
    "stolen": "198.51.100.\(truth.draw("thief"))", "genuine": "no", "moved": "192.0.2.\(truth.draw("octet"))",
  ]
}

private func truthN2(_ truth: Truth) throws -> [String: String] {
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
}

private func truthN3(_ truth: Truth) throws -> [String: String] {
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
}

private func truthN4(_ truth: Truth) throws -> [String: String] {
  let asked = truth.datagrams(from: "resolver").filter { $0.at < 2_000 }
  let gets = Set(truth.asked("pc", "", 4..<6).filter { $0.isQuery("get") }.map { $0.run("6:target") })
  let own = "192.0.2.\(truth.draw("octet"))"
  let rootless = try #require(truth.run.leg("rootless"))
  #expect(rootless.outcomes[0].hasFailed)
  let vain = truth.datagrams("rootless", from: "resolver").count
  return [
    "asked": "\(asked.count)", "blocks": "\(gets.count)", "found": own, "dns": "safe without somebody above", "gns": "the same for everybody", "book": "the same for everybody",
    "onion": "easy to remember", "length": "56", "seized": "203.0.113.\(truth.draw("thief"))", "kept": own, "rootless": "0", "vain": "\(vain)", "stays": own,
  ]
}
