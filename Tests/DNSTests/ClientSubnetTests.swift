// The client subnet option: its bytes, what is refused, and how it is explained.
import Bytes
import TestKit
import Testing
import Trace
import World

@testable import DNS

@Suite("client subnet")
struct ClientSubnetTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var data: [UInt8]
    /// Nil: it is refused.
    var text: String?
    var testDescription: String { "\(data)" }
  }

  @Test("reads what RFC 7871 allows and refuses the rest", .spec("RFC 7871", "6"), arguments: [
    Case(data: [0, 1, 24, 0, 203, 0, 113], text: "203.0.113.0/24"),
    Case(data: [0, 1, 24, 16, 203, 0, 113], text: "203.0.113.0/24/16"),
    Case(data: [0, 1, 20, 0, 10, 0, 16], text: "10.0.16.0/20"),
    Case(data: [0, 1, 0, 0], text: "0.0.0.0/0"), Case(data: [0, 0, 0, 0], text: "nobody/0"),
    Case(data: [0, 1, 32, 32, 192, 0, 2, 1], text: "192.0.2.1/32/32"),
    Case(data: [0, 2, 48, 0, 0x20, 0x01, 0x0D, 0xB8, 0, 5], text: "2001:db8:5::/48"),
    // Bits beyond the prefix; a byte too few, one too many; impossible lengths and families; no whole header.
    Case(data: [0, 1, 20, 0, 10, 0, 17]), Case(data: [0, 1, 24, 0, 203, 0]), Case(data: [0, 1, 24, 0, 203, 0, 113, 0]),
    Case(data: [0, 1, 33, 0, 1, 2, 3, 4, 5]), Case(data: [0, 1, 24, 33, 203, 0, 113]), Case(data: [0, 3, 0, 0]), Case(data: [0, 0, 8, 0, 1]),
    Case(data: [0, 1, 24]), Case(data: []),
  ])
  func reading(_ c: Case) {
    let subnet = try? ClientSubnet(reading: c.data)
    #expect(subnet?.description == c.text)
    if let subnet { #expect(subnet.data == c.data, "it is written as it was read") }
  }

  @Test("an address is cut to its prefix", .spec("RFC 7871", "6"))
  func cutting() {
    #expect(ClientSubnet(Address(203, 0, 113, 77), sourceLength: 24) == ClientSubnet(Address(203, 0, 113, 0), sourceLength: 24))
    #expect(ClientSubnet(Address(203, 0, 113, 77), sourceLength: 99).sourceLength == 32)
    #expect(ClientSubnet(.v6(0x2001_0DB8_0005_0006, 7), sourceLength: 56).data == [0, 2, 56, 0, 0x20, 1, 0x0D, 0xB8, 0, 5, 0])
    #expect(ClientSubnet(.v6(1, 0xFFFF_FFFF_FFFF_FFFF), sourceLength: 65).address == .v6(1, 0x8000_0000_0000_0000))
  }

  @Test("a query with the option is explained, byte by byte")
  func explaining() throws {
    let subnet = ClientSubnet(Address(203, 0, 113, 0), sourceLength: 24)
    let query = Message.query(try Name("www.garnet.test"), .a, id: 7, edns: EDNS(options: [.clientSubnet(subnet)]))
    #expect(query.presentation.contains("CLIENT-SUBNET: 203.0.113.0/24"), "\(query.presentation)")
    let explanation = DNS.explain(query.wire())
    #expect(explanation.problem == nil)
    let option = try #require(explanation.fields.last?.children.last)
    let data = try #require(option.children.last)
    #expect(data.children.map(\.name) == ["Family", "Source prefix", "Scope prefix", "Address"])
    #expect(data.children.map(\.value) == ["1 (IPv4)", "24 bits", "0 bits", "203.0.113.0"])
    #expect(data.children.map(\.range.count) == [2, 1, 1, 3] && data.children.last?.range.upperBound == data.range.upperBound)
  }
}
