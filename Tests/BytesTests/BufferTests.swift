// The buffer's ends: what lies outside is never touched.
import Bytes
import NIOCore
import Testing

@Suite("Buffer")
struct BufferTests {
  @Test("taking and dropping at and past the ends")
  func ends() {
    var buffer: Buffer = "abc"
    #expect(buffer.take(4) == nil)
    #expect(buffer.take(-1) == nil)
    #expect(buffer.take(1) == "a")
    buffer.drop(-5)
    #expect(buffer == "bc")
    buffer.drop(5)
    #expect(buffer.isEmpty)
    #expect(buffer[at: 0] == nil)
    #expect(buffer[at: -1] == nil)
    buffer.append("xyz")
    buffer.dropLast(1)
    buffer.dropLast(9)
    #expect(buffer.isEmpty)
  }

  @Test("what was taken off the front is given back only past the bound, and when it is more than what is left", arguments: [
    (taken: 100, left: 50, isKept: true), (taken: 101, left: 50, isKept: false), (taken: 101, left: 101, isKept: true),
    (taken: 102, left: 101, isKept: false), (taken: 200, left: 0, isKept: false),
  ])
  func reclaims(_ c: (taken: Int, left: Int, isKept: Bool)) {
    var buffer = Buffer(repeatElement(1, count: c.taken) + Array(repeatElement(2, count: c.left)))
    buffer.drop(c.taken)
    buffer.reclaim(past: 100)
    #expect((buffer.storage.readerIndex == c.taken) == c.isKept)
    #expect(buffer.array == Array(repeating: 2, count: c.left))
  }

  @Test("slices are clamped")
  func slices() {
    let buffer: Buffer = "abcdef"
    #expect(buffer[2..<4] == "cd")
    #expect(buffer[4..<99] == "ef")
    #expect(buffer[-3..<2] == "ab")
    #expect(buffer[9..<12].isEmpty)
  }

  @Test("numbers in network order, overwritten only inside")
  func numbers() {
    var buffer = Buffer()
    buffer.append(integer: UInt16(0x0102))
    buffer.append(integer: UInt32(0x0304_0506))
    #expect(buffer.array == [1, 2, 3, 4, 5, 6])
    buffer.overwrite(at: 4, with: UInt16(0xFFFE))
    buffer.overwrite(at: 5, with: UInt16(0))
    buffer.overwrite(at: -1, with: UInt8(0))
    #expect(buffer.array == [1, 2, 3, 4, 255, 254])
  }

  @Test("a copy is a value")
  func copies() {
    var one: Buffer = "abc"
    var two = one
    two.append("d")
    one.drop(1)
    #expect(one == "bc")
    #expect(two == "abcd")
  }

  @Test("shown with escapes")
  func shown() { #expect(Buffer([65, 13, 10, 0, 200, 92]).description == "A\\r\\n\\x00\\xc8\\\\") }

  @Test("finding a byte", arguments: [(0, 1), (2, 3), (4, nil), (-1, nil), (99, nil)] as [(Int, Int?)])
  func finding(_ start: Int, _ found: Int?) { #expect(Buffer("a.b.c").firstIndex(of: UInt8(ascii: "."), from: start) == found) }

  @Test("a byte is found wherever it stands, whatever stands beside it", arguments: [0, 1, 0x2E, 0x7F, 0x80, 0x81, 0xFF] as [UInt8])
  func findingEverywhere(_ byte: UInt8) {
    for count in 0..<20 {
      for place in 0..<count {
        // One less and one more than it are what a search of eight at a time might take for it.
        for other in [byte &- 1, byte &+ 1, byte ^ 0x80] {
          var bytes = [UInt8](repeating: other, count: count)
          bytes[place] = byte
          bytes[count - 1] = byte
          for start in 0..<count { #expect(Buffer(bytes).firstIndex(of: byte, from: start) == bytes[start...].firstIndex(of: byte), "\(bytes) from \(start)") }
        }
      }
    }
  }
}
