// The tutorial's protocol at work, in the steps of the tutorial, and the check that the tutorial quotes true code.
import Bytes
import SimulatedTransport
import TestKit
import Testing
import Trace
import Transport
import World

@Suite("Tutorial")
struct TutorialTests {
  // tutorial: transcripts
  @Test("the transcripts", arguments: Script.all("reverse"))
  func transcripts(_ transcript: Script) throws {
    try TranscriptPlayer { ReverseConversation() }.play(transcript)
  }
  // tutorial: end

  // tutorial: simulated
  @Test("over a bad link in virtual time", arguments: Script.all("reverse"))
  func simulated(_ transcript: Script) throws {
    let internet = SimulatedInternet(seed: 7) { _, _ in Link(delay: .milliseconds(20), loss: 0.2) }
    let pc = internet.addHost("pc", Address(203, 0, 113, 2))
    let server = internet.addHost("srv", Address(192, 0, 2, 1))
    try internet.run {
      try await TranscriptPlayer.play(transcript, from: pc, to: server, at: Endpoint(Address(192, 0, 2, 1), 7_777)) { ReverseConversation() }
    }
  }
  // tutorial: end

  // tutorial: socket
  @Test("over a real socket", arguments: Script.all("reverse"))
  func socket(_ transcript: Script) async throws {
    let network = SocketNetwork(loops: 1)
    try await TranscriptPlayer.play(transcript, from: network, to: network, at: Endpoint(.loopback, 0)) { ReverseConversation() }
    await network.shutDown()
  }
  // tutorial: end

  // tutorial: trace
  @Test("what the trace shows")
  func trace() {
    let recorder = TestRecorder()
    let driver = ConversationDriver(ReverseConversation(), trace: TraceContext(recorder: recorder, host: "srv", role: .server))
    let connection = MemoryConnection(driver)
    connection.receive("stressed\r\n")
    connection.peerCloses()
    #expect(recorder.bytes(.received) == "stressed\r\n")
    #expect(recorder.bytes(.sent) == "desserts\r\n")
    #expect(recorder.events.map(\.kind) == [.opened, .received, .sent, .closed])
  }
  // tutorial: end

  @Test("the tutorial quotes the code as it is")
  func quotes() throws {
    let folder = "\(repositoryRoot)/Tests/SocketsTests"
    var parts: [String: String] = [:]
    for file in ["TutorialReverse", "TutorialTests"] {
      let text = String(decoding: try #require(contents(of: "\(folder)/\(file).swift")), as: UTF8.self)
      for (name, lines) in Self.marked(text) { parts[name] = lines }
    }
    let page = String(decoding: try #require(contents(of: "\(repositoryRoot)/docs/tutorial/README.md")), as: UTF8.self)
    var quoted: [String] = []
    for (name, lines) in Self.fenced(page) {
      #expect(parts[name] == lines, "\(name)")
      quoted.append(name)
    }
    #expect(quoted.sorted() == parts.keys.sorted())
    for transcript in ["lines", "too-long"] {
      let text = String(decoding: try #require(contents(of: "\(repositoryRoot)/Tests/Transcripts/reverse/\(transcript).txt")), as: UTF8.self)
      #expect(page.contains(text), "\(transcript)")
    }
  }

  @Test("the edits that bring a protocol into the lab stand beside lines that are there")
  func edits() throws {
    let page = String(decoding: try #require(contents(of: "\(repositoryRoot)/docs/tutorial/README.md")), as: UTF8.self)
    let edits = Self.fenced(page, as: "diff")
    #expect(edits.count == 6)
    for (file, lines) in edits {
      let text = String(decoding: try #require(contents(of: "\(repositoryRoot)/\(file)"), "no \(file)"), as: UTF8.self)
      let lines = lines.split(separator: "\n", omittingEmptySubsequences: false)
      let known = lines.filter { !$0.hasPrefix("+") }.map { $0.dropFirst() }.joined(separator: "\n")
      #expect(!known.isEmpty && text.contains(known + "\n"), "\(file) has no such lines:\n\(known)")
      #expect(lines.contains { $0.hasPrefix("+") }, "\(file): nothing is added")
    }
  }

  /// The lines between `tutorial: name` and `tutorial: end`, the margin taken off.
  private static func marked(_ text: String) -> [(String, String)] {
    var parts: [(String, String)] = []
    var open: (name: String, lines: [Substring])?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let bare = line.drop { $0 == " " }
      if bare == "// tutorial: end" {
        if let part = open { parts.append((part.name, withoutMargin(part.lines))) }
        open = nil
      } else if bare.hasPrefix("// tutorial: ") {
        open = (String(bare.dropFirst(13)), [])
      } else {
        open?.lines.append(line)
      }
    }
    return parts
  }

  /// The blocks that begin with ```swift name, or another language.
  private static func fenced(_ text: String, as language: String = "swift") -> [(String, String)] {
    var parts: [(String, String)] = []
    var open: (name: String, lines: [Substring])?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line == "```", let part = open {
        parts.append((part.name, part.lines.joined(separator: "\n")))
        open = nil
      } else if line.hasPrefix("```\(language) ") {
        open = (String(line.dropFirst(language.utf8.count + 4)), [])
      } else {
        open?.lines.append(line)
      }
    }
    return parts
  }

  private static func withoutMargin(_ lines: [Substring]) -> String {
    let margin = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
    return lines.map { $0.dropFirst(margin) }.joined(separator: "\n")
  }
}
