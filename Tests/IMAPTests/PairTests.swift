// Our client against our server: everything a person does with mail, and what others do meanwhile.
import Bytes
import Mail
import TestKit
import Testing
import World

@testable import IMAP

@Suite("client and server")
struct PairTests {
  private let right = ClientConversation.Order.logIn(.init(user: "alice", password: "secret"))

  @Test("a day's work")
  func work() throws {
    let session = Session()
    guard case .ready(let capabilities, false) = session.told.first else { throw Stop() }
    #expect(capabilities.contains("AUTH=PLAIN"))
    #expect(session.run(.logIn(.init(user: "alice", password: "wrong"))).completion?.code == .authenticationFailed)
    #expect(session.run(right).completion?.status == .ok)
    let listed = Session.responses(session.run(.list(reference: "", pattern: "Entw&APw-%")).told)
    #expect(listed == [.list(.init(["\\HasNoChildren", "\\Drafts"], delimiter: "/", "Entw&APw-rfe"))])

    let selected = Session.responses(session.run(.select("Work")).told)
    #expect(selected.contains(.exists(3)))
    #expect(selected.contains(.status(tag: nil, .init(.ok, .uidValidity(7), "UIDs are valid"))))

    let fetched = session.run(.fetch(.init(.uid, SequenceSet(UIDSet([101] as [UInt32])), [.flags, .envelope, .bodyStructure, .section(.init(Section([1])))])))
    guard case .contentBegins(2, let part, 9) = fetched.told.first else { throw Stop() }
    #expect(part.section == Section([1]))
    #expect(fetched.told[1...2] == [.content("see below"), .contentEnds])
    guard case .response(.fetch(let answer)) = fetched.told.last else { throw Stop() }
    #expect(answer.uid == 101)
    #expect(answer.flags == ["\\Seen"])
    #expect(answer.envelope?.subject == "forwarded")
    guard case .multipart(let parts) = answer.structure, case .single(let message) = parts.parts[1], case .message(let inside, _, _) = message.kind else { throw Stop() }
    #expect(inside.subject == "inside")

    #expect(Session.responses(session.run(.search(.init(.uid, .header(name: "Subject", contains: "forwarded")))).told) == [.search([101])])
    #expect(Session.responses(session.run(.search(.init(.sequence, .text("\u{E9}")))).told) == [.search([3])])
    let stored = session.run(.store(.init(.sequence, SequenceSet(UIDSet(1)), .add, Flags(.deleted, keywords: ["$Mine"]))))
    #expect(Session.responses(stored.told).count == 2)

    let append = AppendHead(mailbox: "Work", flags: Flags(.draft), date: InternalDate(seconds: 0))
    let appended = session.run(.append(append, .bytes("Subject: x\r\n\r\ny\r\n")))
    #expect(appended.completion?.code == .appendUID(validity: 7, uid: 103))
    #expect(Session.responses(appended.told) == [.exists(4), .recent(1)])
    #expect(session.run(.copy(.sequence, SequenceSet(UIDSet(4)), to: "INBOX")).completion?.code == .copyUID(validity: 3_857_529_045, from: UIDSet(103), to: UIDSet(4_392)))
    #expect(Session.responses(session.run(.expunge).told) == [.expunge(1)])
    let moved = session.run(.move(.uid, SequenceSet(UIDSet(103)), to: "INBOX"))
    #expect(Session.responses(moved.told).last == .expunge(3))
    #expect(session.run(.copy(.sequence, SequenceSet(UIDSet(1)), to: "none")).completion?.code == .tryCreate)
    #expect(session.run(.logOut).completion?.status == .ok)
    #expect(session.told.last == .ended(.finished))
    #expect(session.account.asked.last == .gone)
  }

  @Test("literals that have to be asked for, and strings of every kind", arguments: [[], ["LITERAL+"], ["LITERAL+", "SASL-IR"], ["LITERAL+", "AUTH=PLAIN"], ["AUTH=PLAIN", "AUTH=LOGIN"]])
  func literals(_ hidden: [String]) throws {
    let session = Session(hides: hidden)
    #expect(session.run(right).completion?.status == .ok)
    let name = Buffer("a \"b\" \\ c")
    #expect(session.run(.create("&AOQ-")).completion?.status == .ok)
    #expect(session.run(.create(name)).completion?.code == .cannot)
    let content = Buffer(String(repeating: "line\r\n", count: 200))
    let file = Content.file(FileSlice(file: MemoryFile(content), offset: 0, length: Int64(content.count)))
    for content in [Content.bytes(content), file] {
      let done = session.run(.append(.init(mailbox: "&AOQ-", flags: Flags(), date: nil), content))
      #expect(done.completion?.status == .ok)
    }
    #expect(session.run(.append(.init(mailbox: "none", flags: Flags(), date: nil), .bytes(content))).completion?.code == .tryCreate)
    #expect(session.run(.status("&AOQ-", [.messages, .uidNext])).told == [.response(.mailbox("&AOQ-", [.messages: 2, .uidNext: 3]))])
    #expect(session.account.mailboxes.last?.messages.map(\.bytes) == [content, content])
    #expect(session.run(.id([IDField("name", "a \"b\"")])).told == [.response(.id([IDField("name", "Netstead")]))])
    #expect(!session.clientSaid.text.contains("secret") || hidden.contains("AUTH=PLAIN"))
  }

  @Test("every command reads back as it was written")
  func roundTrip() {
    let set = SequenceSet([.init(.number(1), .number(3)), .init(.number(7), .last)])
    let keys: [SearchKey] = [
      .all, .flag(.system(.seen), isSet: false), .flag(.keyword("$a"), isSet: true), .header(name: "SUBJECT", contains: "\u{E4} \"x\""), .header(name: "X-A", contains: ""),
      .body("a b"), .text("{5}"), .before(Day(number: 1)), .on(Day(number: 9_999)), .since(Day(number: 3)), .sentBefore(Day(number: 4)), .sentOn(Day(number: 5)),
      .sentSince(Day(number: 6)), .larger(5), .smaller(6),
    ]
    let commands: [Command] = [
      .capability, .noop, .logout, .id([]), .id([IDField("a", nil), IDField("b", "c")]), .startTLS, .authenticate(mechanism: "PLAIN", initialResponse: "YQ=="), .logIn(user: "a b", password: "\u{E4}"),
      .select("NIL"), .examine("a\nb"), .create(""), .delete("a"), .rename("a", to: "b"), .subscribe("a"), .unsubscribe("("), .list(reference: "", pattern: "%*"), .lsub(reference: "a/", pattern: ""),
      .status("a", [.unseen, .recent]), .namespace, .idle, .enable(["A", "B"]), .check, .close, .unselect, .expunge, .uidExpunge(set), .copy(.uid, set, to: "a"), .move(.sequence, set, to: "a b"),
      .fetch(.init(.uid, set, [.uid, .flags, .internalDate, .size, .envelope, .body, .bodyStructure, .section(.rfc822), .section(.rfc822Header), .section(.rfc822Text)])),
      .fetch(.init(.sequence, set, [
        .section(.init(Section([1, 2], text: .mime), peeks: true)), .section(.init(Section(text: .fields(["a", "B"], isNot: true)), partial: .init(offset: 3, count: 4))), .section(.init(Section([1]))),
      ])),
      .store(.init(.uid, set, .remove, Flags([.seen, .draft], keywords: ["x"]), isSilent: true)), .store(.init(.sequence, set, .replace, Flags())),
    ] + keys.map { .search(.init(.sequence, $0)) }
    for takesLiterals in [true, false] {
      for command in commands {
        var writer = CommandWriter(tag: "t", takesLiterals: takesLiterals)
        writer.add(command)
        let pieces = writer.end()
        var reader = CommandReader()
        reader.noteLogin()
        var bytes = Buffer()
        var found: CommandReader.Found?
        for piece in pieces {
          bytes.append(piece)
          found = reader.next(from: &bytes)
          if piece != pieces.last { #expect(found == .literalAwaited) }
        }
        #expect(found == .command(tag: "t", command))
      }
    }
    var writer = CommandWriter(tag: "t", takesLiterals: true)
    writer.add(.search(.init(.sequence, .or(.and([.all, .messages(UIDSet(3))]), .not(.and([]))))))
    #expect(writer.end() == ["t SEARCH OR (ALL UID 3) NOT ALL\r\n"])
  }
}

/// What a test throws when it cannot go on.
struct Stop: Error {}
