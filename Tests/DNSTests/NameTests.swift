// Names: text both ways, limits, equality and order, ancestors, the table of names.
import Bytes
import DNS
import Testing
import World

@Suite struct NameTests {
  struct Text: Sendable {
    var text: String
    var wire: [UInt8]?
    var printed: String?
    /// Where the error is.
    var offset: Int?
  }

  @Test("text to wire and back", arguments: [
    Text(text: ".", wire: [0], printed: "."),
    Text(text: "test", wire: [4] + "test".utf8 + [0], printed: "test."),
    Text(text: "www.Garnet.test.", wire: [3] + "www".utf8 + [6] + "Garnet".utf8 + [4] + "test".utf8 + [0], printed: "www.Garnet.test."),
    Text(text: "a\\.b.test", wire: [3] + "a.b".utf8 + [4] + "test".utf8 + [0], printed: "a\\.b.test."),
    Text(text: "\\000\\255.test", wire: [2, 0, 255, 4] + "test".utf8 + [0], printed: "\\000\\255.test."),
    Text(text: "\\@\\$\\;\\(\\)\\\"\\\\", wire: [7] + "@$;()\"\\".utf8 + [0], printed: "\\@\\$\\;\\(\\)\\\"\\\\."),
    Text(text: "a b", wire: [3] + "a b".utf8 + [0], printed: "a\\032b."),
    Text(text: "\\065", wire: [1, 65, 0], printed: "A."),
    Text(text: "*.test", wire: [1, 42, 4] + "test".utf8 + [0], printed: "*.test."),
    Text(text: String(repeating: "a", count: 63), wire: [63] + Array(repeating: 97, count: 63) + [0], printed: String(repeating: "a", count: 63) + "."),
    Text(text: "", offset: 0), Text(text: "a..b", offset: 2), Text(text: ".a", offset: 0), Text(text: "..", offset: 0),
    Text(text: "a\\", offset: 1), Text(text: "a\\25", offset: 1), Text(text: "a\\256", offset: 1), Text(text: "a\\2x5", offset: 1),
    Text(text: String(repeating: "a", count: 64), offset: 63), Text(text: "x." + String(repeating: "a", count: 64) + ".test", offset: 65),
  ])
  func text(_ c: Text) throws {
    guard let wire = c.wire else {
      let error = #expect(throws: SyntaxError.self) { try Name(c.text) }
      #expect(error?.offset == c.offset)
      return
    }
    let name = try Name(c.text)
    #expect(name.wire == wire)
    #expect(name.description == c.printed)
    #expect(try Name(wire: wire).isIdentical(to: name))
    #expect(try Name(name.description).isIdentical(to: name))
  }

  @Test("255 bytes is the longest name, 127 labels the deepest")
  func longest() throws {
    let deepest = Array(repeating: "a", count: 127).joined(separator: ".")
    #expect(try Name(deepest).wire.count == 255)
    #expect(try Name(deepest).labelCount == 127)
    #expect(try Name(deepest + ".").wire.count == 255)
    #expect(throws: SyntaxError.self) { try Name(deepest + ".a") }
    #expect(throws: SyntaxError.self) { try Name(deepest + "a") }
    #expect(throws: SyntaxError.self) { try Name(deepest).prepending("a") }
    #expect(try Name(deepest).wildcardChild == nil)
    let long = try Name(labels: [Array(repeating: 97, count: 63), Array(repeating: 97, count: 63), Array(repeating: 97, count: 63), Array(repeating: 97, count: 61)])
    #expect(long.wire.count == 255)
    #expect(throws: SyntaxError.self) { try Name(labels: long.labels + [[97]]) }
  }

  @Test("wire forms that are none", arguments: [
    [], [1], [1, 97], [64], [3, 97, 98], [0, 0], [1, 97, 0, 0], [0xC0, 0], [5, 1, 0],
  ] as [[UInt8]])
  func badWire(_ wire: [UInt8]) { #expect(throws: SyntaxError.self) { try Name(wire: wire) } }

  @Test("case does not matter for equality and hash, only for identity")
  func folding() throws {
    let mixed = try Name("WwW.gArNeT.tEsT")
    let plain = try Name("www.garnet.test")
    #expect(mixed == plain && mixed.hashValue == plain.hashValue && !mixed.isIdentical(to: plain))
    #expect(mixed.lowercased.isIdentical(to: plain))
    // Only letters fold: these pairs differ by the same bit.
    for (a, b) in [("@", "`"), ("[", "{"), ("\\064", "\\096"), ("\\193", "\\225")] {
      #expect(try Name("a\(a == "@" ? "\\@" : a)") != Name("a\(b)"))
    }
    // A label boundary is no letter.
    #expect(try Name("a.b") != Name("a\\.b"))
    for count in 1...40 {
      let upper = try Name(String(repeating: "Z", count: count))
      let lower = try Name(String(repeating: "z", count: count))
      #expect(upper == lower && upper.hashValue == lower.hashValue)
      #expect(try upper != Name(String(repeating: "z", count: count - 1) + "y"))
    }
  }

  @Test("canonical order")
  func order() throws {
    // The list of RFC 4034 §6.1.
    let sorted = ["example", "a.example", "yljkjljk.a.example", "Z.a.example", "zABC.a.EXAMPLE", "z.example", "\\001.z.example", "*.z.example", "\\200.z.example"]
    let names = try sorted.map { try Name($0) }
    #expect(names.reversed().sorted() == names)
    for (a, first) in names.enumerated() {
      for (b, second) in names.enumerated() { #expect((first < second) == (a < b)) }
    }
    #expect(try Name.root < Name("a") && !(Name("a") < Name.root) && !(Name.root < Name.root))
  }

  @Test("ancestors")
  func ancestors() throws {
    let name = try Name("a.b.Test")
    #expect(try name.parent == Name("b.test"))
    #expect(name.parent?.parent?.parent == .root && Name.root.parent == nil)
    #expect(name.droppingLabels(3) == .root && name.droppingLabels(4) == nil && name.droppingLabels(0) == name)
    #expect(try name.isSubdomain(of: Name("B.TEST")) && name.isSubdomain(of: name) && name.isSubdomain(of: .root))
    #expect(try !name.isSubdomain(of: Name("c.b.test")) && !Name("xb.test").isSubdomain(of: Name("b.test")))
    #expect(try !Name("b.test").isSubdomain(of: name))
    // The last bytes are the same, the labels are not.
    #expect(try !Name("x\\001b\\004test").isSubdomain(of: Name("b.test")))
    #expect(try name.replacing(suffix: Name("b.test"), with: Name("c.example"))?.description == "a.c.example.")
    #expect(try name.replacing(suffix: Name("x.test"), with: .root) == nil)
    #expect(try Name("*.test").isWildcard && Name("test").wildcardChild == Name("*.test") && !Name("a*.test").isWildcard)
    #expect(try name.prepending("x").labels == [[120], [97], [98], Array("Test".utf8)])
  }

  @Test("the table of names finds raw bytes")
  func table() throws {
    var table = NameTable<Int>(seed: 7)
    for number in 0..<2000 { table[try Name("host\(number).zone\(number % 7).test")] = number }
    table[.root] = -1
    #expect(table.count == 2001)
    for number in 0..<2000 {
      #expect(try table[Name("HOST\(number).zone\(number % 7).TEST")] == number)
      #expect(try table[Name("host\(number).zone\((number + 1) % 7).test")] == nil)
    }
    let inPacket = Buffer([9, 9] + (try Name("hOSt17.zone3.test")).wire + [9])
    let found = inPacket.withUnsafeBytes { table.find(UnsafeRawBufferPointer(rebasing: $0[2..<($0.count - 1)])) }
    #expect(found == 17)
    #expect(table[.root] == -1)
    #expect(try table.change(Name("host17.zone3.test"), default: 0) { $0 += 1; return $0 } == 18)
    #expect(try table.change(Name("fresh.test"), default: 5) { $0 } == 5)
    #expect(Array(table.values.prefix(3)) == [0, 1, 2])
  }
}
