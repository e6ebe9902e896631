// The IMAP transcripts, in memory in every way to cut them.
// Not here: changes that others make (ChangeTests.swift), STARTTLS (SecurityTests.swift).
import Bytes
import IMAP
import TestKit
import Testing
import Transport
import World

extension ServerConversation.Options {
  /// A server that only this machine can reach.
  static let loopback = Self(isSecure: false, offersTLS: false, allowsClearPasswords: true, hostName: "mail.home.test")
  /// A server that everybody can reach.
  static let open = Self(isSecure: false, offersTLS: true, allowsClearPasswords: false, hostName: "mail.home.test")
}

extension TranscriptPlayer<ServerConversation> {
  /// A player against an account of its own for each way to play.
  static func account(_ options: ServerConversation.Options) -> TranscriptPlayer {
    let fresh = Fresh()
    return TranscriptPlayer(
      .server,
      {
        fresh.account = .alice()
        return ServerConversation(options)
      },
      owner: { question, answers in
        for input in fresh.account.inputs(question) { answers.give(input) }
        return nil
      })
  }
}

/// The account of the connection that is being played.
private final class Fresh { var account = Account.alice() }

@Suite("IMAP transcripts")
struct TranscriptTests {
  @Test("whole, byte by byte and glued", arguments: Script.all("imap"))
  func inMemory(_ transcript: Script) throws { try TranscriptPlayer.account(.loopback).play(transcript) }

  @Test("where everybody listens", arguments: Script.all("imap-public"))
  func open(_ transcript: Script) throws { try TranscriptPlayer.account(.open).play(transcript) }
}
