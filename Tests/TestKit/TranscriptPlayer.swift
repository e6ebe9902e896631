// Plays transcripts: straight into a conversation in every way to cut it, and over any network, simulated or real.
// Read first: Script.swift (the files).
import Bytes
package import Transport
package import World

/// How the messages of a transcript are cut.
package enum Cutting: Sendable, CaseIterable {
  /// Each message in one piece.
  case whole
  /// Each message byte by byte.
  case byByte
  /// Everything one party says glued together, before the other has answered anything.
  case glued
}

/// Plays one party of transcripts against a conversation that is the other party.
package struct TranscriptPlayer<C: StreamConversation> {
  private let make: () -> C
  private let role: Script.Party
  private let owner: ConversationDriver<C>.Owner

  /// A player against conversations that `make` makes, which speak as `role`. `owner` answers their questions.
  package init(_ role: Script.Party = .server, _ make: @escaping () -> C, owner: @escaping ConversationDriver<C>.Owner = { _, _ in nil }) {
    self.make = make
    self.role = role
    self.owner = owner
  }

  /// Plays in memory, in all three ways.
  package func play(_ transcript: Script) throws(TranscriptFailure) {
    for cutting in Cutting.allCases { try play(transcript, cutting) }
  }

  /// Plays in memory, in one way.
  package func play(_ transcript: Script, _ cutting: Cutting) throws(TranscriptFailure) {
    var steps = transcript.steps
    if cutting == .glued {
      // Only a server can be told everything at once, and only where time plays no part.
      guard role == .server, !transcript.hasWaits else { return }
      steps = transcript.glued
    }
    let driver = ConversationDriver(make(), trace: nil, owner: owner)
    let connection = MemoryConnection(driver)
    var output = Buffer()
    for step in steps {
      try play(step, of: transcript, cutting, on: connection, &output)
    }
    output.append(connection.takeOutput())
    guard output.isEmpty else { throw transcript.failure(steps.count, expected: "nothing more", found: "\(output) (\(cutting))") }
  }

  private func play(
    _ step: Script.Step, of transcript: Script, _ cutting: Cutting, on connection: MemoryConnection, _ output: inout Buffer
  ) throws(TranscriptFailure) {
    func failure(_ expected: String, _ found: String) -> TranscriptFailure {
      TranscriptFailure(transcript.name, step.line, expected: expected, found: "\(found) (\(cutting))")
    }
    switch step.event {
    case .says(let party, let pattern) where party == role:
      output.append(connection.takeOutput())
      guard let length = pattern.length(in: output) else { throw failure("\(pattern)", "\(output)") }
      output.drop(length)
    case .says(_, let pattern):
      guard let bytes = pattern.bytes else { throw failure("bytes to send", "a gap") }
      for piece in cutting == .byByte ? Cutter.single(bytes) : [bytes] { connection.receive(piece) }
    case .closes(role):
      output.append(connection.takeOutput())
      guard connection.endedBecause != nil else { throw failure("that the connection is closed", "it open") }
    case .closes:
      connection.peerCloses()
    case .wait(let duration):
      connection.advance(by: duration)
    }
  }
}

extension TranscriptPlayer {
  /// Plays over a network: a conversation listens on `server` at `endpoint`, the script dials it from `client`.
  ///
  /// Over a simulated internet call it inside `SimulatedInternet.run`. Where a transcript waits, that time really passes.
  package static func play(
    _ transcript: Script, from client: any Network, to server: any Network, at endpoint: Endpoint, trace: TraceContext? = nil,
    answerTimeMax: Duration = .seconds(10), make: @escaping @Sendable () -> C,
    owner: @escaping @Sendable (C.Question, Answers<C.Input>) -> C.Input? = { _, _ in nil }
  ) async throws {
    let listener = try await server.listen(at: endpoint, options: ListenOptions()) { _, _ in
      ConversationDriver(make(), trace: trace, owner: owner)
    }
    do {
      let script = ScriptedEnd()
      try await client.dial(listener.endpoint, options: DialOptions()) { script }
      for step in transcript.steps { try await play(step, of: transcript, on: script, clock: client.clock, answerTimeMax) }
      script.close()
    } catch {
      await listener.close(grace: .zero)
      throw error
    }
    await listener.close(grace: .seconds(1))
  }

  private static func play(
    _ step: Script.Step, of transcript: Script, on script: ScriptedEnd, clock: any WorldClock, _ answerTimeMax: Duration
  ) async throws {
    func failure(_ expected: String, _ found: String) -> TranscriptFailure {
      TranscriptFailure(transcript.name, step.line, expected: expected, found: found)
    }
    switch step.event {
    case .says(.client, let pattern):
      guard let bytes = pattern.bytes else { throw failure("bytes to send", "a gap") }
      script.say(bytes)
    case .says(.server, let pattern):
      let heard = await script.hear(within: answerTimeMax) { pattern.length(in: $0) }
      guard heard.isAwaited else { throw failure("\(pattern)", "\(heard.bytes)") }
    case .closes(.client):
      script.close()
    case .closes(.server):
      guard await script.hearClose(within: answerTimeMax) else { throw failure("that the connection is closed", "it open") }
    case .wait(let duration):
      try await clock.sleep(until: clock.now + duration)
    }
  }
}

extension Script {
  /// Whether time plays a part.
  package var hasWaits: Bool { steps.contains { if case .wait = $0.event { true } else { false } } }

  /// The same with everything the client says first, in one piece, and everything the server says after it.
  fileprivate var glued: [Step] {
    var said = Buffer()
    var before: [Step] = []
    var after: [Step] = []
    for step in steps {
      switch step.event {
      case .says(.client, let pattern): said.append(pattern.bytes ?? Buffer())
      case .closes(.client): before.append(step)
      default: after.append(step)
      }
    }
    return [Step(event: .says(.client, Pattern(literal: said)), line: 0)] + before + after
  }

  fileprivate func failure(_ line: Int, expected: String, found: String) -> TranscriptFailure {
    TranscriptFailure(name, steps.last?.line ?? line, expected: expected, found: found)
  }
}
