// Explanations of messages between peers: every byte stands in a field, and the fields say what the message says.
import Bytes
import TestKit
import Testing
import Trace
import World

@testable import BitTorrent

@Suite("peer messages explained")
struct ExplainWireTests {
  /// All fields, each with those inside it.
  private func flat(_ fields: [Field]) -> [Field] { fields.flatMap { [$0] + flat($0.children) } }

  struct Case: Sendable, CustomTestStringConvertible {
    var bytes: Buffer
    var title: String
    /// Name, value of fields that must be there.
    var fields: [[String]] = []
    var problem: String?
    var testDescription: String { title }
  }

  static let block = BlockRequest(piece: 3, offset: 16_384, length: 16_384)

  static let cases = [
    Case(
      bytes: PeerHandshake(infoHash: Ends.infoHash, peer: Ends.us, offering: [.extensions, .fast]).encoded, title: "handshake \(Ends.infoHash.hex.prefix(8))… Netstead 0.1.0.0",
      fields: [["reserved", "extensions, fast"], ["info hash", Ends.infoHash.hex], ["fast", "yes"], ["hash table", "no"], ["peer id", "-NS0100-aaaaaaaaaaaa"]]),
    Case(bytes: PeerHandshake(infoHash: Ends.infoHash, peer: Ends.us).encoded[0..<40], title: "handshake", problem: "expected 68 bytes, found 40 (BEP 3 peer protocol)"),
    Case(bytes: PeerMessage.keepAlive.encoded, title: "keep-alive", fields: [["length", "0"]]),
    Case(bytes: PeerMessage.choke.encoded, title: "choke", fields: [["length", "1"], ["kind", "0 choke"]]), Case(bytes: PeerMessage.unchoke.encoded, title: "unchoke"),
    Case(bytes: PeerMessage.interested.encoded, title: "interested"), Case(bytes: PeerMessage.notInterested.encoded, title: "not interested"),
    Case(bytes: PeerMessage.have(7).encoded, title: "have 7", fields: [["piece", "7"]]), Case(bytes: PeerMessage.bitfield([0xA0, 1]).encoded, title: "bitfield 3 pieces", fields: [["bits", "a001"]]),
    Case(bytes: PeerMessage.bitfield([]).encoded, title: "bitfield 0 pieces"),
    Case(bytes: PeerMessage.request(block).encoded, title: "request piece 3, 16384 bytes at 16384", fields: [["piece", "3"], ["begin", "16384"], ["length", "16384"]]),
    Case(bytes: PeerMessage.cancel(block).encoded, title: "cancel piece 3, 16384 bytes at 16384"), Case(bytes: PeerMessage.reject(block).encoded, title: "reject piece 3, 16384 bytes at 16384"),
    Case(bytes: PeerMessage.piece(Block(piece: 3, offset: 5, bytes: "abc")).encoded, title: "piece 3, 3 bytes at 5", fields: [["begin", "5"], ["block", "3 bytes"]]),
    Case(bytes: Block.head(for: block), title: "piece 3, 16384 bytes at 16384", fields: [["piece", "3"]]),
    Case(bytes: PeerMessage.port(6_881).encoded, title: "port 6881", fields: [["port", "6881"]]), Case(bytes: PeerMessage.suggest(1).encoded, title: "suggest 1"),
    Case(bytes: PeerMessage.haveAll.encoded, title: "have all"), Case(bytes: PeerMessage.haveNone.encoded, title: "have none"), Case(bytes: PeerMessage.allowedFast(2).encoded, title: "allowed fast 2"),
    Case(bytes: PeerMessage.unknown(99, "abc").encoded, title: "message 99", fields: [["kind", "99"], ["content", "abc"]]), Case(bytes: PeerMessage.unknown(99, "").encoded, title: "message 99"),
    Case(bytes: "\0\0\0\u{4}\u{4}\0\0\0", title: "have", fields: [["rest"]], problem: "expected 5 bytes of have, found 4 at byte 0 (BEP 3)"),
    Case(
      bytes: PeerMessage.extended(0, "d1:md11:ut_metadatai2e6:ut_pexi1e3:xyzi9ee4:reqqi250e1:v4:test6:yourip4:\u{1}\u{2}\u{3}\u{4}e").encoded, title: "extensions of test",
      fields: [["extension", "0"], ["m", "dictionary of 3 entries"], ["ut_pex", "1"], ["reqq", "250"], ["yourip", "1.2.3.4"], ["xyz", "9"]]),
    Case(bytes: PeerMessage.extended(3, MetadataMessage.request(4).encoded).encoded, title: "metadata request part 4", fields: [["msg_type", "0"], ["piece", "4"]]),
    Case(bytes: PeerMessage.extended(3, MetadataMessage.data(0, total: 3, "abc").encoded).encoded, title: "metadata part 0", fields: [["total_size", "3"], ["part", "3 bytes"]]),
    Case(bytes: PeerMessage.extended(3, MetadataMessage.reject(4).encoded).encoded, title: "metadata reject part 4"),
    Case(
      bytes: PeerMessage.extended(1, PeerExchange(added: [.init(Endpoint(Address(192, 0, 2, 1), 6_881), flags: .seed)]).encoded).encoded, title: "peers",
      fields: [["added", "192.0.2.1:6881"], ["added.f", "02"], ["dropped", "none"]]),
    Case(bytes: PeerMessage.extended(7, "d1:ali1e1:bee").encoded, title: "extended 7", fields: [["a", "list of 2 items"], ["0", "1"], ["1", "b"]]),
    Case(bytes: PeerMessage.extended(7, "x").encoded, title: "extended 7", fields: [["content", "x"]], problem: "expected a value, found \"x\" at byte 0 (BEP 3 bencoding)"),
    Case(bytes: PeerMessage.extended(7, "").encoded, title: "extended 7", problem: "expected bencoding behind the number (BEP 10)"),
    Case(bytes: PeerMessage.extended(7, "d1:a3:abce").encoded[0..<12], title: "extended 7", fields: [["content"]]),
    Case(bytes: "", title: "nothing"), Case(bytes: "abc", title: "3 bytes"), Case(bytes: "\0\0\0\u{1}", title: "4 bytes"), Case(bytes: Buffer(repeatElement(UInt8(7), count: 500)), title: "500 bytes"),
  ]

  @Test("each message", arguments: cases)
  func explained(_ c: Case) throws {
    let explanation = try #require(explain(c.bytes, as: .bittorrent))
    #expect(explanation.title == c.title)
    #expect(explanation.problem == c.problem)
    var covered = 0
    for field in explanation.fields {
      #expect(field.range.lowerBound == covered)
      covered = field.range.upperBound
    }
    #expect(covered == c.bytes.count)
    let all = flat(explanation.fields)
    for wanted in c.fields { #expect(all.contains { $0.name == wanted[0] && (wanted.count == 1 || $0.value == wanted[1]) }, "\(wanted) in \(all.map { [$0.name, $0.value] })") }
    for field in all { #expect(!field.meaning.isEmpty && !field.source.isEmpty) }
  }

  @Test("another dialect is not ours")
  func other() { #expect(explain("GET / HTTP/1.1\r\n", as: .http) == nil) }

  @Test("names of programs", .spec("BEP 20"), arguments: [
    ("-TR3000-abcdefghijkl", "Transmission 3.0.0.0"), ("-LT20A8-abcdefghijkl", "libtorrent 2.0.A.8"), ("A2-1-36-0-abcdefghij", "aria2"), ("M7-9-2--abcdefghijkl", nil), ("-ZZ0001-abcdefghijkl", "ZZ 0.0.0.1"),
  ])
  func programs(_ name: String, _ program: String?) throws { #expect(try #require(PeerID(Buffer(name))).program == program) }
}
