// The transcripts of POP3.
import Bytes
import POP3
import TestKit
import Testing
import Transport

@Suite("POP3 transcripts")
struct TranscriptTests {
  @Test("whole, byte by byte and glued", arguments: Script.all("pop3"))
  func playing(_ transcript: Script) throws {
    for pieceBytes in [65_536, 1, 7] {
      var limits = POP3.Limits()
      limits.contentPieceBytes = pieceBytes
      let owner = Owner()
      try TranscriptPlayer(.server, { ServerConversation(options(), limits: limits) }, owner: { question, _ in owner.answer(question) }).play(transcript)
    }
  }
}
