// Torrents and magnet links: real files with published hashes, everything that is refused, layout, checking, making.
import Bytes
import TestKit
import Testing
import World

@testable import BitTorrent

@Suite("torrents")
struct MetainfoTests {
  struct Real: Sendable, CustomTestStringConvertible {
    var name: String
    var infoHash: String
    var files: Int
    var length: Int
    var pieces: (Int, Int)
    var info: Range<Int>
    var trackers: Int
    var webSeeds = 0
    var isHybrid = false
    var testDescription: String { name }
  }

  @Test("real files have their published hashes", arguments: [
    Real(
      name: "alice_in_wonderland_librivox_archive.torrent", infoHash: "55e5f8c36e7cb3208b164f31d3e0b28b0e687d04", files: 106, length: 458_775_682, pieces: (524_288, 876),
      info: 898..<37_857, trackers: 2, webSeeds: 2),
    Real(
      name: "android-x86-8.1-r6.iso.torrent", infoHash: "70341e8e1fe8778af23f6318ca75a22f8b1f1c05", files: 1, length: 689_963_008, pieces: (524_288, 1_316), info: 336..<26_919, trackers: 2,
      isHybrid: true),
    Real(name: "archlinux-2025.05.01-x86_64.iso.torrent", infoHash: "2e34989b1c60df821b2d046c884d8f4d1858b97a", files: 1, length: 1_243_643_904, pieces: (524_288, 2_373), info: 7..<47_566, trackers: 0),
    Real(name: "debian-11.2.0-amd64-DVD-1.iso.torrent", infoHash: "c9a337562cb0360fd6f5ab40fd2b1b81d5325dbd", files: 1, length: 3_897_638_912, pieces: (1_048_576, 3_718), info: 445..<74_903, trackers: 1),
    Real(
      name: "ubuntu-18.04.6-desktop-amd64.iso.torrent", infoHash: "bc26c6bc83d0ca1a7bf9875df1ffc3fed81ff555", files: 1, length: 2_514_124_800, pieces: (262_144, 9_591), info: 256..<192_177,
      trackers: 2),
  ])
  func real(_ c: Real) throws {
    guard let path = vectors("bittorrent/torrents/" + c.name) else { return }
    let file = Buffer(try #require(contents(of: path)))
    let metainfo = try Metainfo(reading: file)
    let torrent = metainfo.torrent
    #expect(torrent.infoHash.hex == c.infoHash)
    #expect(torrent.bytes == file[c.info])
    #expect(try Bencode.range(of: "info", in: file, limits: .file) == c.info)
    #expect(torrent.files.count == c.files && torrent.sizes.totalLength == c.length && torrent.sizes.pieceLength == c.pieces.0 && torrent.sizes.count == c.pieces.1)
    #expect(torrent.isHybrid == c.isHybrid && !torrent.isPrivate)
    #expect(metainfo.trackers.flatMap(\.self).count == c.trackers, "\(metainfo.trackers)")
    #expect(metainfo.webSeeds.count == c.webSeeds, "\(metainfo.webSeeds)")
    #expect(try Metainfo(reading: metainfo.encoded) == metainfo)
    #expect(try Magnet(reading: metainfo.magnet.description) == metainfo.magnet)
    #expect(torrent.hash(of: c.pieces.1 - 1) != nil && torrent.hash(of: c.pieces.1) == nil && torrent.hash(of: -1) == nil)
  }

  @Test("a magnet link in the form of a file")
  func magnetFile() throws {
    guard let path = vectors("bittorrent/torrents/gimp-2.10.32-1-arm64.dmg.torrent") else { return }
    let file = Buffer(try #require(contents(of: path)))
    guard case .magnet(let magnet) = try TorrentFile(reading: file) else { return #expect(Bool(false)) }
    #expect(magnet.infoHash.hex == "c047b87598f0f4c2bae51dadf4c9fa0269d2cb19" && magnet.trackers.count == 5 && magnet.webSeeds.count == 32 && magnet.name == "gimp-2.10.32-1-arm64.dmg")
    do throws(ReadingFailure) {
      _ = try Metainfo(reading: file)
      Issue.record("a magnet link passed for a torrent")
    } catch { #expect(error.description.contains("this file is a magnet link")) }
  }

  // MARK: What is refused

  /// A torrent of one file that is right, changed by `change`.
  static func info(_ change: (inout BencodeDictionary) -> Void) -> Buffer {
    var info: BencodeDictionary = ["name": .text("a"), "piece length": .integer(10), "pieces": .bytes(Buffer(repeatElement(UInt8(1), count: 40))), "length": .integer(15)]
    change(&info)
    return info.encoded
  }

  static func file(_ path: String..., length: Int64 = 15, attr: String? = nil) -> BencodeValue {
    var file: BencodeDictionary = ["length": .integer(length), "path": .list(path.map { .text($0) })]
    file["attr"] = attr.map { .text($0) }
    return .dictionary(file)
  }

  static func files(_ files: BencodeValue...) -> (inout BencodeDictionary) -> Void {
    {
      $0["length"] = nil
      $0["files"] = .list(files)
    }
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    var info: Buffer
    var failure: String
    var testDescription: String { failure }

    init(_ failure: String, _ change: (inout BencodeDictionary) -> Void) {
      info = MetainfoTests.info(change)
      self.failure = failure
    }
  }

  @Test("what is no torrent says why", arguments: [
    Wrong("expected a name, found none") { $0["name"] = nil }, Wrong("expected a name, found none") { $0["name"] = .integer(1) },
    Wrong("expected a name without / \\ and NUL that is neither empty nor . nor .., found \"..\"") { $0["name"] = .text("..") }, Wrong("found \".\"") { $0["name"] = .text(".") },
    Wrong("found \"\"") { $0["name"] = .text("") }, Wrong("found \"a/b\"") { $0["name"] = .text("a/b") }, Wrong("found \"a\\\\b\"") { $0["name"] = .text("a\\b") },
    Wrong("found \"a\\x00\"") { $0["name"] = .text("a\0") }, Wrong("nameBytesMax: at most 255 bytes") { $0["name"] = .text(String(repeating: "n", count: 256)) },
    Wrong("found \"../x\"") { $0["name.utf-8"] = .text("../x") },
    Wrong("expected pieces, found none") { $0["pieces"] = nil }, Wrong("expected 20 bytes of pieces for each piece, found 39 bytes") { $0["pieces"] = .bytes(Buffer(repeatElement(UInt8(1), count: 39))) },
    Wrong("expected 2 pieces of 10 bytes for 15 bytes, found 1") { $0["pieces"] = .bytes(Buffer(repeatElement(UInt8(1), count: 20))) },
    Wrong("expected 2 pieces of 10 bytes for 15 bytes, found 3") { $0["pieces"] = .bytes(Buffer(repeatElement(UInt8(1), count: 60))) },
    Wrong("expected a piece length above zero, found 0") { $0["piece length"] = .integer(0) }, Wrong("found -1") { $0["piece length"] = .integer(-1) },
    Wrong("expected a piece length above zero, found none") { $0["piece length"] = nil }, Wrong("pieceLengthMax") { $0["piece length"] = .integer(536_870_913) },
    Wrong("expected either length or files, found neither") { $0["length"] = nil }, Wrong("expected either length or files, found both") { $0["files"] = .list([file("b")]) },
    Wrong("expected a length of zero or more, found -1") { $0["length"] = .integer(-1) }, Wrong("found no number") { $0["length"] = .text("15") },
    Wrong("expected at least one byte of content, found none") { $0["length"] = .integer(0) }, Wrong("expected sizes below 2^63 bytes") { $0["length"] = .integer(.max) },
    Wrong("expected a list of files", files()), Wrong("expected a list of files") { $0["length"] = nil; $0["files"] = .integer(1) },
    Wrong("found \"..\"", files(file("b", ".."))), Wrong("found \"\"", files(file("", "b"))), Wrong("found \"x/../y\"", files(file("x/../y"))), Wrong("expected a path of each file", files(file())),
    Wrong("expected a length of each file", files(.dictionary(["path": .list([.text("b")])]))), Wrong("expected a name, found none", files(.dictionary(["length": .integer(15), "path": .list([.integer(1)])]))),
    Wrong("expected sizes below 2^63 bytes, found more", files(file("b", length: .max), file("c", length: .max))),
    Wrong("each file in a place of its own, found \"b\" where \"b\" is", files(file("b", length: 7), file("b", length: 8))),
    Wrong("each file in a place of its own, found \"b\" where \"b/c\" is", files(file("b", "c", length: 7), file("b-", length: 1), file("b", length: 7))),
    Wrong("pathDepthMax", { $0["length"] = nil; $0["files"] = .list([.dictionary(["length": .integer(15), "path": .list(Array(repeating: .text("d"), count: 101))])]) }),
    Wrong("version 2 alone, which is not supported") { $0["pieces"] = nil; $0["meta version"] = .integer(2); $0["file tree"] = .dictionary([:]) },
  ])
  func refused(_ c: Wrong) throws {
    do throws(ReadingFailure) {
      _ = try Torrent(reading: c.info)
      Issue.record("it passed")
    } catch { #expect(error.description.contains(c.failure), "\(error)") }
  }

  @Test("more pieces or files than agreed")
  func bounds() throws {
    var limits = MetainfoLimits()
    limits.piecesMax = 1
    #expect(throws: ReadingFailure.tooMuch(LimitReached("piecesMax", allowed: 1, unit: "pieces"))) { try Torrent(reading: Self.info { _ in }, limits: limits) }
    limits = MetainfoLimits()
    limits.filesMax = 1
    let two = Self.info(Self.files(Self.file("b", length: 7), Self.file("c", length: 8)))
    #expect(throws: ReadingFailure.tooMuch(LimitReached("filesMax", allowed: 1, unit: "files"))) { try Torrent(reading: two, limits: limits) }
  }

  @Test("files that are no torrent file", arguments: [
    ("le", "expected a dictionary"), ("de", "expected info, found none"), ("d4:infodee", "expected pieces"), ("d4:infodeex", "expected the end, found 1 bytes more"), ("", "expected a value"),
    ("d11:magnet-infodee", "expected info_hash of 20 bytes in magnet-info"), ("d4:infode4:infodee", "each key once"),
  ])
  func noFile(_ bytes: String, _ failure: String) {
    do throws(ReadingFailure) {
      _ = try TorrentFile(reading: Buffer(bytes))
      Issue.record("it passed")
    } catch { #expect(error.description.contains(failure), "\(error)") }
  }

  // MARK: What is taken

  @Test("what real files carry")
  func quirks() throws {
    let info = Self.info {
      Self.files(Self.file("x", length: 7), Self.file(".pad", "3", length: 3, attr: "p"), Self.file("b", "c", length: 5, attr: "xh"))(&$0)
      $0["name.utf-8"] = .text("ü")
      $0["private"] = .integer(1)
      $0["source"] = .text("somewhere")
    }
    var bytes: Buffer = "d8:announce15:http://a.test/a13:announce-list"
    let tiers: [BencodeValue] = [.list([.text("http://b.test/"), .text("udp://c.test:1"), .text("wss://d.test"), .text("http://b.test/")]), .list([]), .text("https://e.test/a"), .integer(1)]
    BencodeValue.list(tiers).write(to: &bytes)
    bytes.append("13:creation datei1700000000e4:info")
    bytes.append(info)
    bytes.append("5:nodesll6:a.testi6881eel9:127.0.0.1i1eel3:::1i2eel1:ai70000eei7ee8:url-list16:http://f.test/g/e\r\n")
    let metainfo = try Metainfo(reading: bytes)
    #expect(metainfo.trackers == [["http://b.test/", "udp://c.test:1"], ["https://e.test/a"]])
    #expect(metainfo.webSeeds == ["http://f.test/g/"])
    #expect(metainfo.nodes.map(\.description) == ["a.test:6881", "127.0.0.1:1", "[::1]:2"])
    #expect(metainfo.created == Instant(secondsSince1970: 1_700_000_000))
    let torrent = metainfo.torrent
    #expect(torrent.name == "ü" && torrent.isPrivate && !torrent.isSingleFile && torrent.bytes == info && torrent.infoHash == InfoHash(hashing: info))
    #expect(torrent.files.map(\.offset) == [0, 7, 10] && torrent.files[1].attributes == .padding && torrent.files[2].attributes == [.executable, .hidden])
    #expect(try Metainfo(reading: metainfo.encoded) == metainfo)
  }

  @Test("keys out of order are taken as they stand")
  func unsorted() throws {
    let bytes = Buffer("d4:name1:a12:piece lengthi10e6:pieces20:aaaaaaaaaaaaaaaaaaaa6:lengthi5ee")
    #expect(try Torrent(reading: bytes).infoHash == InfoHash(hashing: bytes))
  }

  // MARK: Layout

  @Test("pieces and blocks in files, those of padding too")
  func layout() throws {
    let files = [
      Torrent.File(path: ["a"], length: 7, offset: 0), .init(path: ["empty"], length: 0, offset: 7), .init(path: ["p"], length: 3, offset: 7, attributes: .padding), .init(path: ["b"], length: 25, offset: 10),
    ]
    let layout = PieceLayout(sizes: try #require(PieceSizes(pieceLength: 10, totalLength: 35)), files: files)
    typealias E = PieceLayout.Extent
    #expect(layout.extents(ofPiece: 0) == [E(file: 0, offset: 0, length: 7, isPadding: false), E(file: 2, offset: 0, length: 3, isPadding: true)])
    #expect(layout.extents(ofPiece: 3) == [E(file: 3, offset: 20, length: 5, isPadding: false)])
    #expect(layout.extents(ofPiece: 4).isEmpty && layout.extents(ofPiece: -1).isEmpty)
    #expect(layout.extents(of: BlockRequest(piece: 0, offset: 5, length: 4)) == [E(file: 0, offset: 5, length: 2, isPadding: false), E(file: 2, offset: 0, length: 2, isPadding: true)])
    #expect(layout.extents(of: BlockRequest(piece: 3, offset: 5, length: 1)).isEmpty)
    #expect((0...4).map(layout.pieces) == [0..<1, 0..<0, 0..<1, 1..<4, 0..<0])
    // Whatever is asked for comes back in order, without gaps.
    for low in 0...36 {
      for high in low...36 {
        let extents = layout.extents(of: low..<high)
        #expect(extents.reduce(0) { $0 + $1.length } == max(0, min(high, 35) - low))
        var place = low
        for extent in extents {
          #expect(files[extent.file].offset + extent.offset == place)
          place += extent.length
        }
      }
    }
  }

  // MARK: Making

  @Test("made torrents read back, and check what they were made of", arguments: [1, 9, 10, 11, 35, 40_000])
  func made(_ portion: Int) throws {
    var chance = SeededRandom(seed: 9)
    let content = Buffer((0..<35).map { _ in UInt8.random(in: .min ... .max, using: &chance) })
    var maker = try #require(TorrentMaker(name: "folder", files: [.init(path: ["b"], length: 20), .init(path: ["c", "d"], length: 0), .init(path: ["a"], length: 15)], pieceLength: 10))
    maker.isPrivate = true
    var rest = content
    while !rest.isEmpty { maker.add(rest.take(min(portion, rest.count)) ?? Buffer()) }
    let torrent = try maker.finish()
    #expect(torrent.name == "folder" && torrent.isPrivate && torrent.files.map(\.path) == [["b"], ["c", "d"], ["a"]] && torrent.files.map(\.offset) == [0, 20, 20])
    for piece in 0..<4 {
      let bytes = content[torrent.sizes.range(of: piece)]
      #expect(torrent.verify(bytes, asPiece: piece) && !torrent.verify(bytes, asPiece: (piece + 1) % 4) && !torrent.verify(bytes[1..<bytes.count], asPiece: piece))
    }
    var metainfo = Metainfo(torrent, trackers: [["http://tracker.test:6969/announce"]])
    metainfo.comment = "made"
    metainfo.creator = "Netstead"
    metainfo.created = .simulationStart
    #expect(try Metainfo(reading: metainfo.encoded) == metainfo)
    #expect(try Bencode.read(metainfo.encoded, limits: .file)["info"]?["files"]?.listValue?.count == 3)
  }

  @Test("a made torrent has the hash that its bytes have")
  func known() throws {
    var maker = try #require(TorrentMaker(name: "hello.txt", length: 12))
    maker.add("hello world\n")
    let torrent = try maker.finish()
    // SHA-1 of "hello world\n" is 22596363b3de40b06f981fb85d82312e8c0ed511.
    #expect(torrent.hash(of: 0)?.hex == "22596363b3de40b06f981fb85d82312e8c0ed511")
    var info: Buffer = "d6:lengthi12e4:name9:hello.txt12:piece lengthi32768e6:pieces20:"
    info.append(torrent.hash(of: 0) ?? .zero)
    info.append("e")
    #expect(torrent.bytes == info && torrent.isSingleFile && torrent.files.first?.path == ["hello.txt"])
  }

  @Test("what cannot be made")
  func unmakable() throws {
    var short = try #require(TorrentMaker(name: "a", length: 5))
    short.add("abc")
    #expect(throws: ReadingFailure.self) { try short.finish() }
    var bad = try #require(TorrentMaker(name: "..", length: 1))
    bad.add("a")
    #expect(throws: ReadingFailure.self) { try bad.finish() }
    #expect(TorrentMaker(name: "a", length: -1) == nil && TorrentMaker(name: "a", files: [.init(path: ["a"], length: .max), .init(path: ["b"], length: 1)]) == nil)
    #expect([0, 65_536_000, 65_536_001, 131_072_000, 1 << 40].map(TorrentMaker.pieceLength) == [32_768, 32_768, 32_768, 65_536, 16_777_216])
  }

  // MARK: Magnet links

  static let hash = "c9a337562cb0360fd6f5ab40fd2b1b81d5325dbd"

  struct Link: Sendable, CustomTestStringConvertible {
    var text: String
    var failure: String?
    var written: String?
    var testDescription: String { text }
  }

  @Test("links", .spec("BEP 9"), arguments: [
    Link(text: "magnet:?xt=urn:btih:\(hash)", written: "magnet:?xt=urn:btih:\(hash)"), Link(text: "MAGNET:?XT=URN:BTIH:\(hash.uppercased())", written: "magnet:?xt=urn:btih:\(hash)"),
    Link(text: "magnet:?xt=urn:btih:ZGRTOVRMWA3A7VXVVNAP2KY3QHKTEXN5", written: "magnet:?xt=urn:btih:\(hash)"), Link(text: "magnet:?xt=urn:btih:zgrtovrmwa3a7vxvvnap2ky3qhktexn5", written: "magnet:?xt=urn:btih:\(hash)"),
    Link(
      text: "magnet:?dn=a+b%20%C3%BC%26&xt=urn:btih:\(hash)&tr=udp%3A%2F%2Fa.test%3A1&tr.1=http://b.test/x&ws=http://c.test/d&x.pe=1.2.3.4:5&x.pe=[::1]:6&x.pe=d.test:7&so=0,2,4-6&xl=5&as&tr=ftp://x",
      written: "magnet:?xt=urn:btih:\(hash)&dn=a%20b%20%C3%BC%26&tr=udp%3A%2F%2Fa.test%3A1&tr=http%3A%2F%2Fb.test%2Fx&ws=http%3A%2F%2Fc.test%2Fd&x.pe=1.2.3.4%3A5&x.pe=%5B%3A%3A1%5D%3A6&x.pe=d.test%3A7&so=0,2,4-6"),
    Link(text: "magnet:?xt=urn:btmh:1220aa&xt.1=urn:btih:\(hash)&x.pe=a:0&x.pe=:1&x.pe=a&so=3-1,x,5,-,99999999", written: "magnet:?xt=urn:btih:\(hash)&so=5"),
    Link(text: "magnet:?dn=x", failure: "expected xt=urn:btih: and a hash, found none at byte 8"), Link(text: "http://a.test/", failure: "expected magnet:? at byte 0"), Link(text: "", failure: "expected magnet:?"),
    Link(text: "magnet:?xt=urn:btmh:1220aa", failure: "torrents of version 2 are not supported"), Link(text: "magnet:?xt=urn:btih:abc", failure: "expected 40 hexadecimal or 32 base32 digits, found \"abc\" at byte 11"),
    Link(text: "magnet:?xt=urn:btih:\(hash)&dn=%4", failure: "expected % and two hexadecimal digits at byte 64"), Link(text: "magnet:?xt=urn:btih:1GRTOVRMWA3A7VXVVNAP2KY3QHKTEXN5", failure: "base32"),
    Link(text: "magnet:?xt=urn:btih:\(hash)&xt=urn:btih:\(String(repeating: "0", count: 40))", failure: "expected one torrent, found another"),
    Link(text: "magnet:?xt=urn:btih:\(hash)&dn=" + String(repeating: "x", count: 65_536), failure: "magnetBytesMax"),
  ])
  func links(_ c: Link) throws {
    do throws(ReadingFailure) {
      let magnet = try Magnet(reading: c.text)
      #expect(c.failure == nil && magnet.description == c.written)
      #expect(try Magnet(reading: magnet.description) == magnet)
    } catch { #expect(error.description.contains(c.failure ?? "no failure"), "\(error)") }
  }
}
