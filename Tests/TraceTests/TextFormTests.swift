// JSON lines and the terminal's transcript, compared with what they shall say, letter for letter.
import Bytes
import Testing
import Trace
import World

@Suite struct JSONLinesTests {
  @Test func aLinePerEvent() {
    let store = TraceStore()
    let id = store.open(Sample.info(), at: Sample.at(42))
    store.record(.received, in: id, at: Sample.at(43), "a\"\\\n\u{7}é", text: "ready")
    store.record(.note, in: id, at: Sample.at(44), text: "why\tso")
    let lines = JSONLines().lines(of: store).text.split(separator: "\n")
    let head =
      #""host":"resolver","conversation":1,"role":"server","carrier":"udp","dialect":"dns","encrypted":false,"local":"198.51.100.1:53","remote":"203.0.113.10:40000""#
    #expect(lines.map(String.init) == [
      #"{"schema":1,"seq":1,"time":"2026-01-01T00:00:00.042000000Z",\#(head),"kind":"opened","note":""}"#,
      #"{"schema":1,"seq":2,"time":"2026-01-01T00:00:00.043000000Z",\#(head),"kind":"received","direction":"in","length":7,"hex":"61225c0a07c3a9","state":"ready"}"#,
      #"{"schema":1,"seq":3,"time":"2026-01-01T00:00:00.044000000Z",\#(head),"kind":"note","note":"why\tso"}"#,
    ])
  }

  @Test func textAndFields() {
    let store = TraceStore()
    let id = store.open(Sample.info(), at: Sample.at(0))
    store.record(.received, in: id, at: Sample.at(1), "say \"hi\"\r\n")
    let line = JSONLines(explain: Sample.explain).lines(of: store).text.split(separator: "\n").last.map(String.init) ?? ""
    #expect(line.contains(#""text":"say \"hi\"\r\n""#))
    #expect(line.contains(#""title":"answer www.garnet.test A","fields":[{"name":"ID","value":"6699","offset":0,"length":2,"#))
    #expect(line.hasSuffix(#""source":"RFC 1035 §3.1"}]}]}"#))
  }

  @Test("what passed on the wire is explained as messages are, a note is not")
  func wire() {
    let store = TraceStore()
    let id = store.open(Sample.info(encrypted: true), at: Sample.at(0))
    for kind in [.wireReceived, .received, .note] as [Event.Kind] { store.record(kind, in: id, at: Sample.at(1), kind == .note ? "" : "\u{16}\u{3}\u{1}") }
    let explain: ExplainMessage = { _, _, kind, _ in Explanation(title: "\(kind) explained", fields: [Field("Length", "3", 0..<2, meaning: "m", source: "s")], problem: nil) }
    let lines = JSONLines(explain: explain).lines(of: store).text.split(separator: "\n").dropFirst().map(String.init)
    let fields = #""fields":[{"name":"Length","value":"3","offset":0,"length":2,"meaning":"m","source":"s"}]}"#
    #expect(lines.map { $0.hasSuffix(fields) } == [true, true, false])
    #expect(lines[0].contains(#""kind":"wireReceived","direction":"in","length":3,"hex":"160301","state":"","title":"wireReceived explained","#), "\(lines[0])")
  }

  @Test(arguments: [
    (Int64(0), "1970-01-01T00:00:00.000000000Z"), (951_782_400, "2000-02-29T00:00:00.000000000Z"), (-1, "1969-12-31T23:59:59.000000000Z"),
    (4_107_542_399, "2100-02-28T23:59:59.000000000Z"), (4_107_542_400, "2100-03-01T00:00:00.000000000Z"),
  ])
  func timestamps(seconds: Int64, text: String) { #expect(Instant(secondsSince1970: seconds).timestamp == text) }

  @Test func timestampsAtTheEndsOfTime() {
    #expect(Instant(nanoseconds: .min).timestamp == "1677-09-21T00:12:43.145224192Z")
    #expect(Instant(nanoseconds: .max).timestamp == "2262-04-11T23:47:16.854775807Z")
  }

  @Test func durations() {
    #expect(Duration.milliseconds(42).offsetText == "+0.042")
    #expect(Duration.milliseconds(-1_500).offsetText == "-1.500")
    #expect(
      [.microseconds(7), .microseconds(1_240), .milliseconds(42), .milliseconds(1_500), .seconds(75)].map { (d: Duration) in d.shortText }
        == ["7 µs", "1.2 ms", "42 ms", "1.50 s", "1 min 15 s"])
  }
}

@Suite struct TranscriptTests {
  private func transcript(_ store: TraceStore, _ transcript: Transcript, of id: ConversationID) -> [String] {
    var transcript = transcript
    guard let info = store.conversation(id)?.info else { return [] }
    return store.events(of: id).flatMap { transcript.lines(for: $0, in: info) }.map(\.description)
  }

  @Test func aPageInLines() throws {
    let store = TraceStore()
    let web = Endpoint(Address(198, 51, 100, 80), 80)
    let id = store.open(Sample.info("www", .server, .tcp, .http, local: web), at: Sample.at(0))
    store.record(.received, in: id, at: Sample.at(1), Sample.request)
    store.record(.sent, in: id, at: Sample.at(42), Buffer("HTTP/1.1 200 OK\r\n\r\n".utf8 + [0x89, 0x50, 0, 1]))
    store.record(.problem, in: id, at: Sample.at(50), text: "bad\u{1B}[31m")
    store.record(.closed, in: id, at: Sample.at(60), text: "peer closed")
    let server = [
      "+0.000 * #1 www 198.51.100.80:80 ← 203.0.113.10:40000, http over tcp",
      "+0.001 < GET /index.html HTTP/1.1", "+0.001 < Host: www.garnet.test", "+0.001 <",
      "+0.042 > HTTP/1.1 200 OK", "+0.042 >", "+0.042 > [4 bytes that are no text]",
      "+0.050 ! bad\\u{1b}[31m", "+0.060 * closed: peer closed",
    ]
    #expect(transcript(store, Transcript(.time), of: id) == server)
    let client = server.map { line in
      String(line.map { $0 == ">" ? "<" : $0 == "<" ? ">" : $0 })
    }
    #expect(transcript(store, Transcript(.time, from: .client), of: id) == client)
    #expect(transcript(store, Transcript(.time, from: .host("pc")), of: id) == client)
    #expect(transcript(store, Transcript(.time, from: .host("www")), of: id) == server)
  }

  /// Neither by a carriage return, which writes over the line's beginning, nor by CSI in one character, nor by turning the direction of writing.
  @Test func whatPeersSendDoesNotSteerTheTerminal() {
    let store = TraceStore()
    let id = store.open(Sample.info("www", .server, .tcp, .http), at: Sample.at(0))
    store.record(.received, in: id, at: Sample.at(1), Buffer("a\rb\tc\r\nd\u{9B}31me\u{202E}f\n".utf8))
    #expect(transcript(store, Transcript(), of: id).dropFirst() == ["< a\\u{d}b c", "< d\\u{9b}31me\\u{202e}f"])
  }

  @Test func aBinaryMessageByItsTitle() {
    let store = TraceStore()
    let id = store.open(Sample.info(), at: Sample.at(0))
    store.record(.received, in: id, at: Sample.at(1), Sample.query)
    #expect(transcript(store, Transcript(), of: id).last == "< [33 bytes]")
    #expect(transcript(store, Transcript([.explain, .wire], explain: Sample.explain), of: id).dropFirst() == [
      "< query www.garnet.test A",
      "< 0000  1a 2b                                            .+                ID",
      "< 0002  01 00 00 01 00 00 00 00 00 00                    ..........",
      "< 000c  03 77 77 77 06 67 61 72 6e 65 74 04 74 65 73 74  .www.garnet.test  name",
      "< 001c  00                                               .",
      "< 001d  00 01 00 01                                      ....",
      "? ID = 6699: Pairs the answer with its question. (RFC 1035 §4.1.1)",
      "? question = www.garnet.test A: What is asked. (RFC 1035 §4.1.2)",
      "?   name = www.garnet.test: The name. (RFC 1035 §3.1)",
    ])
  }

  @Test func insideTLS() {
    let store = TraceStore()
    let id = store.open(Sample.info("www", .server, .tcp, .http, encrypted: true), at: Sample.at(0))
    store.record(.wireReceived, in: id, at: Sample.at(1), "....")
    store.record(.received, in: id, at: Sample.at(1), "GET / HTTP/1.1\r\n")
    store.record(.sent, in: id, at: Sample.at(1), "HTTP/1.1 200\r\n")
    #expect(transcript(store, Transcript(), of: id).dropFirst() == ["~< GET / HTTP/1.1", "~> HTTP/1.1 200"])
  }
}
