// Packets byte for byte: read, written, refused.
import BitTorrent
import Bytes
import TestKit
import Testing
import World

@Suite("uTP packets")
struct UTPPacketTests {
  /// A packet and its bytes.
  struct Case: Sendable, CustomTestStringConvertible {
    var bytes: Buffer
    var packet: UTPPacket
    var testDescription: String { packet.description }
  }

  static func packet(_ kind: UTPPacket.Kind, _ connection: UInt16, _ sequence: UInt16, _ acknowledgement: UInt16, _ change: (inout UTPPacket) -> Void = { _ in }) -> UTPPacket {
    var packet = UTPPacket(kind, connection: connection, sequence: sequence, acknowledgement: acknowledgement)
    change(&packet)
    return packet
  }

  static let cases = [
    Case(bytes: hex("41 00 1234 00000001 00000000 00100000 0001 0000"), packet: packet(.open, 0x1234, 1, 0) {
      $0.timestamp = 1
      $0.window = 1_048_576
    }),
    Case(bytes: hex("21 00 1234 000003e8 000001f4 00100000 beef 0001"), packet: packet(.state, 0x1234, 0xBEEF, 1) {
      $0.timestamp = 1_000
      $0.difference = 500
      $0.window = 1_048_576
    }),
    Case(bytes: hex("01 00 1235 ffffffff 80000000 00000000 0002 beee 68656c6c6f"), packet: packet(.data, 0x1235, 2, 0xBEEE) {
      $0.timestamp = .max
      $0.difference = 0x8000_0000
      $0.payload = "hello"
    }),
    Case(bytes: hex("21 01 1234 00000000 00000000 00000000 0005 0009 00 04 01000080"), packet: packet(.state, 0x1234, 5, 9) {
      $0.selective = Buffer([1, 0, 0, 0x80])
    }),
    // As libtorrent writes it: no multiple of four.
    Case(bytes: hex("21 01 1234 00000000 00000000 00000000 0005 0009 00 01 00"), packet: packet(.state, 0x1234, 5, 9) {
      $0.selective = Buffer([0])
    }),
    Case(bytes: hex("01 e0 1235 00000000 00000000 00000000 0005 0009 00 03 000000 7a"), packet: packet(.data, 0x1235, 5, 9) {
      $0.padding = 5
      $0.payload = "z"
    }),
    Case(bytes: hex("01 01 1235 00000000 00000000 00000000 0005 0009 e0 04 ffffffff 00 00 7a"), packet: packet(.data, 0x1235, 5, 9) {
      $0.selective = Buffer([255, 255, 255, 255])
      $0.padding = 2
      $0.payload = "z"
    }),
    Case(bytes: hex("11 00 1235 00000000 00000000 00000000 0006 0009"), packet: packet(.finish, 0x1235, 6, 9)),
    Case(bytes: hex("31 00 1235 00000000 00000000 00000000 0006 0009"), packet: packet(.reset, 0x1235, 6, 9)),
  ]

  @Test("is read and written", .spec("BEP 29"), arguments: cases)
  func reads(_ c: Case) throws {
    #expect(try UTPPacket.read(c.bytes) == c.packet)
    #expect(c.packet.bytes == c.bytes)
    #expect(c.packet.count == c.bytes.count)
    #expect(UTPPacket.isLikely(c.bytes))
  }

  @Test("is refused when it is cut anywhere before its payload", arguments: cases)
  func cut(_ c: Case) {
    let head = c.packet.count - c.packet.payload.count
    for length in 0..<head { #expect(throws: SyntaxError.self) { try UTPPacket.read(c.bytes[0..<length]) } }
  }

  @Test("skips extensions that nobody knows, in any order", .spec("BEP 29"))
  func unknownExtensions() throws {
    let bytes = hex("01 02 1235 00000000 00000000 00000000 0005 0009 01 08 0000000000000000 03 04 00010000 00 04 00000001 7a")
    let packet = try UTPPacket.read(bytes)
    #expect(packet.selective == Buffer([0, 1, 0, 0]))
    #expect(packet.padding == 16)
    #expect(packet.payload == "z")
  }

  @Test("an empty mask, and a second one, say nothing")
  func masks() throws {
    let bytes = hex("21 01 1234 00000000 00000000 00000000 0005 0009 01 00 01 01 05 00 02 ffff")
    let packet = try UTPPacket.read(bytes)
    #expect(packet.selective == Buffer([5]))
    #expect(packet.count == bytes.count)
  }

  @Test("pads to any length from two bytes on")
  func padding() throws {
    for padding in 2..<1_500 {
      var packet = UTPPacket(.data, connection: 1, sequence: 2, acknowledgement: 3)
      packet.padding = padding
      packet.payload = "x"
      #expect(packet.bytes.count == packet.count)
      #expect(try UTPPacket.read(packet.bytes) == packet)
    }
  }

  @Test("says what is wrong", arguments: [
    ("02 00 1234 00000000 00000000 00000000 0000 0000", "expected version 1, found 2 at byte 0 (BEP 29, version)"),
    ("51 00 1234 00000000 00000000 00000000 0000 0000", "expected a type from 0 to 4, found 5 at byte 0 (BEP 29, type)"),
    ("21 01 1234 00000000 00000000 00000000 0000 0000", "expected a whole extension, found the end of the datagram at byte 20 (BEP 29, extension)"),
    ("21 01 1234 00000000 00000000 00000000 0000 0000 00 03 0102", "expected a whole extension, found the end of the datagram at byte 20 (BEP 29, extension)"),
  ])
  func refuses(_ text: String, _ what: String) {
    #expect { try UTPPacket.read(hex(text)) } throws: { "\($0)" == what }
  }

  @Test("is told from what else comes to the port", arguments: ["64313a7264", "00000000000004172710198000000000000000", "", "41"])
  func others(_ text: String) { #expect(!UTPPacket.isLikely(hex(text))) }
}

/// The bytes written as hexadecimal digits and spaces.
func hex(_ text: String) -> Buffer {
  let digits = text.compactMap(\.hexDigitValue)
  return Buffer(stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
}
