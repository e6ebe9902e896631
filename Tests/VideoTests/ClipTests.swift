// The clip's bytes, as far as they can be judged without a decoder: boxes, NAL units, bit strings, lists. Decoders judge it in PeerTests.
import Bytes
import Testing

@testable import Video

@Suite("a clip made by computation")
struct ClipTests {
  /// The boxes in `bytes`, one after the other; nil when they do not fill it.
  private func boxes(_ bytes: ArraySlice<UInt8>) -> [(type: String, body: ArraySlice<UInt8>)]? {
    var rest = bytes
    var found: [(String, ArraySlice<UInt8>)] = []
    while !rest.isEmpty {
      guard rest.count >= 8 else { return nil }
      let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
      guard length >= 8, length <= rest.count else { return nil }
      found.append((String(decoding: rest.dropFirst(4).prefix(4), as: UTF8.self), rest.dropFirst(8).prefix(length - 8)))
      rest = rest.dropFirst(length)
    }
    return found
  }

  struct Code: Sendable, CustomTestStringConvertible {
    var value: UInt32
    var bits: String
    var testDescription: String { "\(value)" }
  }

  @Test("Exp-Golomb numbers", arguments: [
    Code(value: 0, bits: "1"), Code(value: 1, bits: "010"), Code(value: 2, bits: "011"), Code(value: 3, bits: "00100"),
    Code(value: 7, bits: "0001000"), Code(value: 25, bits: "000011010"), Code(value: 30, bits: "000011111"),
  ])
  func unsignedCodes(_ code: Code) {
    var bits = BitWriter()
    bits.append(unsigned: code.value)
    bits.align()
    let text = bits.bytes.map { byte in String(repeating: "0", count: 8 - String(byte, radix: 2).count) + String(byte, radix: 2) }.joined()
    #expect(text.hasPrefix(code.bits) && text.dropFirst(code.bits.count).allSatisfy { $0 == "0" }, "\(text)")
  }

  @Test("no start code is imitated", arguments: [
    ([0, 0, 0], [0, 0, 3, 0]), ([0, 0, 1], [0, 0, 3, 1]), ([0, 0, 4], [0, 0, 4]), ([0, 0, 0, 0, 2], [0, 0, 3, 0, 0, 3, 2]), ([1, 0, 3], [1, 0, 3]),
  ] as [([UInt8], [UInt8])])
  func protection(_ bytes: [UInt8], _ expected: [UInt8]) {
    var bits = BitWriter()
    for byte in bytes { bits.append(UInt32(byte), bits: 8) }
    #expect(bits.bytes == expected)
  }

  @Test("every segment is a fragment whose first picture stands alone, at its place in time, as long as it says", arguments: Clip().rungs)
  func segments(_ rung: Rung) throws {
    let clip = Clip(segmentCount: 4)
    for number in 1...4 {
      let segment = try #require(clip.segment(number, of: rung))
      let bytes = segment.array
      let top = try #require(boxes(bytes[...]))
      #expect(top.map(\.type) == ["styp", "moof", "mdat"])
      let fragment = try #require(boxes(top[1].body)?.last)
      let parts = try #require(boxes(fragment.body))
      #expect(parts.map(\.type) == ["tfhd", "tfdt", "trun"])
      // Version and flags, then eight bytes of time.
      #expect(parts[1].body.dropFirst(4).reduce(0) { $0 << 8 | Int($1) } == (number - 1) * 2_000)
      var data = top[2].body
      var kinds: [UInt8] = []
      while let kind = data.dropFirst(4).first {
        kinds.append(kind & 31)
        data = data.dropFirst(4 + data.prefix(4).reduce(0) { $0 << 8 | Int($1) })
      }
      #expect(kinds == [5] + Array(repeating: 1, count: rung.framesPerSecond * 2 - 1))
      #expect(bytes.count * 4 <= clip.bandwidth(of: rung) && bytes.count * 5 > clip.bandwidth(of: rung), "\(bytes.count)")
      #expect(clip.segment(number, of: rung)?.array == bytes, "the same segment is the same every time")
    }
    #expect(clip.segment(0, of: rung) == nil && clip.segment(5, of: rung) == nil)
    let head = try #require(boxes(clip.initialization(of: rung).array[...]))
    #expect(head.map(\.type) == ["ftyp", "moov"])
    let movie = try #require(boxes(head[1].body))
    #expect(movie.map(\.type) == ["mvhd", "trak", "mvex"])
  }

  @Test("what changed between two pictures is all that differs")
  func changes() {
    for tenths in [1, 10, 47, 99, 100, 299] {
      let (before, after) = (Scene(scale: 1, quality: 2, tenths: tenths - 1), Scene(scale: 1, quality: 2, tenths: tenths))
      let changed = after.changes(since: before)
      for block in 0..<60 where !changed.contains(block) { #expect(after.samples(of: block) == before.samples(of: block), "block \(block) at \(tenths)") }
      #expect(changed.contains { after.samples(of: $0) != before.samples(of: $0) })
      #expect((0..<60).allSatisfy { after.samples(of: $0).count == 384 && after.samples(of: $0).allSatisfy { $0 > 3 } })
    }
  }

  @Test("lists name every quality, and every segment")
  func lists() {
    let clip = Clip(segmentCount: 3)
    #expect(clip.dashManifest.contains("mediaPresentationDuration=\"PT6S\"") && clip.dashManifest.contains("$RepresentationID$/$Number$.m4s"))
    for rung in clip.rungs {
      #expect(clip.dashManifest.contains("id=\"\(rung.name)\"") && clip.masterPlaylist.contains("\n\(rung.name)/index.m3u8\n"))
      #expect(clip.masterPlaylist.contains("BANDWIDTH=\(clip.bandwidth(of: rung)),"))
    }
    #expect(clip.mediaPlaylist.split(separator: "\n").filter { $0.hasSuffix(".m4s") } == ["1.m4s", "2.m4s", "3.m4s"])
    #expect(clip.mediaPlaylist.hasSuffix("#EXT-X-ENDLIST\n"))
    let rates = clip.rungs.map { clip.bandwidth(of: $0) }
    #expect(rates == rates.sorted() && rates[2] > rates[0] * 4, "\(rates)")
  }
}
