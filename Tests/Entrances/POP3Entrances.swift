// Entrances of POP3: both ends of a connection, and explanations.
import Bytes
import Mail
import POP3
import Trace
import Transport
import World

let pop3Entrances: [Entrance] = [
  Entrance("pop3-server") { bytes in
    mustNotDependOnCuts(bytes) { pieces in
      let told = Told()
      let messages: [Buffer] = ["A: b\r\n\r\n.c\r\nd\r\n", "", "no end"]
      var openings = 0
      var returns = 0
      var options = ServerOptions(name: "a.test", tls: .absent)
      options.login = .always
      let driver = ConversationDriver(ServerConversation(options, limits: narrow), trace: nil) { question, _ in
        switch question {
        case .login(let ticket, let credentials, _):
          told.add("login \(credentials.user)")
          guard credentials.password == "p" else { return .refused(ticket, credentials.password == "i" ? .inUse : .wrongCredentials) }
          openings += 1
          return .opened(ticket, Maildrop(messages.enumerated().map { Maildrop.Entry(size: Int64($1.count), uniqueID: "u\($0)") }))
        case .read(let ticket, let place, let offset, let length):
          must(length > 0 && Int(offset) + length <= messages[place].count, "what is asked for is there")
          return .piece(ticket, messages[place][Int(offset)..<(Int(offset) + length)])
        case .update(let ticket, let deleted):
          must(Set(deleted).count == deleted.count && deleted.allSatisfy(messages.indices.contains), "what is deleted was there")
          told.add("update \(deleted)")
          returns += 1
          return .updated(ticket, isComplete: true)
        case .released:
          told.add("released")
          returns += 1
          return nil
        }
      }
      let story = Story(of: Wire(driver), told, pieces)
      must(openings == returns, "a mailbox is given back once")
      must(!hasBareOctets(story.sent), "answers are lines")
      return story
    }
  },
  Entrance("pop3-client") { bytes in
    mustNotDependOnCuts(bytes) { pieces in
      let told = Told()
      var orders: ArraySlice<Order> = [.status, .list, .uniqueIDs, .retrieve(1), .top(2, lines: 3), .delete(1), .quit]
      var options = ClientOptions(SASL.Credentials(user: "a", password: "p"), tls: .never)
      options.logsIn = .always
      let driver = ConversationDriver(ClientConversation(options, limits: narrow), trace: nil) { question, _ in
        switch question {
        case .content(let bytes):
          told.add(piece: bytes)
          return .contentTaken(bytes.count)
        case .ended(let failure):
          told.add("ended \(failure?.description ?? "")")
          return nil
        case .ready, .answered:
          told.add(question)
          return orders.popFirst().map { .order($0) }
        }
      }
      let story = Story(of: Wire(driver), told, pieces)
      must(told.texts.count { $0.hasPrefix("ended") } == 1, "a connection ends once")
      return story
    }
  },
  Entrance("pop3-explain") { bytes in
    mustExplain(bytes, POP3.explain(bytes).fields)
    for range in ServerConversation.secrets(in: bytes) + ClientConversation.secrets(in: bytes) { must(range.clamped(to: 0..<bytes.count) == range, "a secret lies in its message") }
  },
]

/// Bounds that short inputs reach.
private let narrow: POP3.Limits = {
  var limits = POP3.Limits()
  limits.commandBytesMax = 40
  limits.sasl.responseBytesMax = 48
  limits.faultsBeforeLoginMax = 10
  limits.contentPieceBytes = 5
  limits.answerLineBytesMax = 40
  limits.listingLinesMax = 5
  limits.contentUntakenBytesMax = 16
  return limits
}()
