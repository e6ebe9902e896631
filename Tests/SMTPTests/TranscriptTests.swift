// The transcripts of SMTP, each role's with a listener of that role.
import Bytes
import SMTP
import TestKit
import Testing
import Transport

@Suite("SMTP transcripts")
struct TranscriptTests {
  @Test("whole, byte by byte and glued", arguments: Script.all("smtp"))
  func playing(_ transcript: Script) throws {
    let role: Role = transcript.name.contains("/submission-") ? .submission : .relay
    for cutting in Cutting.allCases {
      // Who says everything at once does not wait where it must: a listener that bears that is asked.
      let options = options(role) { $0.earlyBytes = cutting == .glued ? .taken : .refused }
      let owner = Owner()
      try TranscriptPlayer(.server, { ServerConversation(options) }, owner: { question, _ in owner.answer(question) }).play(transcript, cutting)
    }
  }
}
