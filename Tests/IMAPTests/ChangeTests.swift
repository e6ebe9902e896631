// What others do to the selected mailbox, and when the client hears of it.
import Bytes
import TestKit
import Testing
import World

@testable import IMAP

@Suite("changes")
struct ChangeTests {
  private func uids(_ told: [ClientConversation.Question]) -> [UInt32] {
    Session.responses(told).compactMap { response -> UInt32? in if case .fetch(let answer) = response { answer.uid } else { nil } }
  }

  private func number(_ number: UInt32) -> SequenceSet { SequenceSet([.init(.number(number), .number(number))]) }

  @Test("nothing is told while nothing is asked", .spec("RFC 3501", "7.4.1"))
  func silence() {
    let session = Session.selected()
    #expect(session.happen(.expunged(UIDSet(3))).isEmpty)
    #expect(session.happen(.arrived(UIDSet(5_000), recent: UIDSet(5_000))).isEmpty)
    #expect(session.happen(.flagsChanged(UIDSet(4))).isEmpty)
    let told = Session.responses(session.run(.noop).told)
    #expect(told.prefix(3) == [.expunge(3), .exists(18), .recent(3)])
    guard case .fetch(let answer) = told.last else { return #expect(Bool(false), "\(told)") }
    #expect(answer.number == 3)
    #expect(answer.uid == 4)
    #expect(Session.responses(session.run(.noop).told).isEmpty)
  }

  @Test("no EXPUNGE while FETCH, STORE or SEARCH is answered; their UID forms may", .spec("RFC 3501", "7.4.1"))
  func noExpunge() {
    let session = Session.selected()
    _ = session.happen(.expunged(UIDSet(3)))
    let quiet: [Command] = [
      .fetch(.init(.sequence, number(1), [.flags])), .store(.init(.sequence, number(1), .add, Flags(.flagged), isSilent: true)), .search(.init(.sequence, .all)),
    ]
    for command in quiet { #expect(!Session.responses(session.run(command).told).contains(.expunge(3))) }
    // The message is gone, its number is not.
    #expect(uids(session.run(.fetch(.init(.sequence, number(4), [.uid]))).told) == [4])
    #expect(Session.responses(session.run(.search(.init(.uid, .all))).told).last == .expunge(3))
    #expect(session.account.asked.contains(.forgotten(UIDSet(3))))
  }

  @Test("what comes and goes before it is told never was")
  func joined() {
    let session = Session.selected()
    _ = session.happen(.arrived(UIDSet(5_000), recent: UIDSet(5_000)))
    _ = session.happen(.flagsChanged(UIDSet(5_000)))
    _ = session.happen(.expunged(UIDSet(5_000)))
    _ = session.happen(.flagsChanged(UIDSet(2)))
    _ = session.happen(.expunged(UIDSet(2)))
    #expect(Session.responses(session.run(.noop).told) == [.expunge(2)])
  }

  @Test("IDLE hears at once", .spec("RFC 2177", "3"))
  func idle() {
    let session = Session.selected()
    _ = session.happen(.expunged(UIDSet(18)))
    #expect(session.run(ClientConversation.Order.idle).told == [.idling, .response(.expunge(18))])
    #expect(session.happen(.arrived(UIDSet(5_000), recent: UIDSet())) == [.response(.exists(18)), .response(.recent(1))])
    #expect(uids(session.happen(.flagsChanged(UIDSet([1, 2] as [UInt32])))) == [1, 2])
    session.alert("the disk is nearly full")
    #expect(session.told.last == .response(.status(tag: nil, .init(.ok, .alert, "the disk is nearly full"))))
    let ended = session.stopIdling()
    guard case .done(_, let completion) = ended.last else { return #expect(Bool(false)) }
    #expect(completion.status == .ok)
  }

  @Test("changes of a mailbox that was left are not told of the next")
  func late() {
    let session = Session.selected()
    let first = session.selected
    _ = session.run(.select("Work"))
    #expect(session.selected != first)
    _ = session.happen(.expunged(UIDSet(101)))
    #expect(Session.responses(session.run(.noop).told) == [.expunge(2)])
    _ = session.run(.unselect)
    _ = session.happen(.expunged(UIDSet(102)))
    #expect(Session.responses(session.run(.noop).told).isEmpty)
  }

  @Test("a mailbox that is replaced ends the connection")
  func replaced() {
    let session = Session.selected()
    #expect(session.happen(.replaced) == [.ended(.dismissed("the mailbox is not what it was any more"))])
  }

  @Test("messages that went before they were fetched are said to be gone", .spec("RFC 5530", "3"))
  func gone() {
    let session = Session.selected()
    session.account.mailboxes[0].messages.removeAll { $0.uid == 5 }
    let set = SequenceSet([.init(.number(4), .number(6))])
    let fetched = session.run(.fetch(.init(.sequence, set, [.uid])))
    #expect(fetched.completion?.code == .word(.expungeIssued))
    #expect(Session.responses(fetched.told).count == 2)
    #expect(session.run(.store(.init(.sequence, set, .add, Flags(.flagged)))).completion?.code == .word(.expungeIssued))
  }

  @Test("many messages are fetched some at a time")
  func batches() {
    var limits = Limits()
    limits.indexBatchMax = 5
    limits.contentBatchMax = 2
    let session = Session.selected(limits: limits)
    #expect(Session.responses(session.run(.fetch(.init(.sequence, .all, [.flags]))).told).count == 18)
    #expect(session.account.asked.count { if case .fetch = $0 { true } else { false } } == 4)
    #expect(Session.responses(session.run(.fetch(.init(.sequence, .all, [.section(.init(Section(), peeks: true))]))).told).count == 18)
    #expect(session.account.asked.count { if case .fetch = $0 { true } else { false } } == 13)
    // An owner that gives fewer than it was asked for is asked again, and everything comes.
    session.account.fetchedMax = 1
    let fetched = session.run(.fetch(.init(.sequence, .all, [.flags])))
    #expect(Session.responses(fetched.told).count == 18 && fetched.completion?.code == nil)
    #expect(session.account.asked.count { if case .fetch = $0 { true } else { false } } == 31)
  }
}
