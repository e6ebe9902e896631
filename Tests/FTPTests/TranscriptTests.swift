// The FTP transcripts: in memory in every way to cut them, over bad virtual links, and over real sockets. The owner is a small made-up tree.
import Bytes
import FTP
import SimulatedTransport
import TestKit
import Testing
import Transport
import World

/// Answers as a server would that holds a few names.
enum MadeUpTree {
  static let peer = Address(203, 0, 113, 2)

  static func conversation() -> ServerConversation { ServerConversation(peer: peer, setting: .init(hosts: ["files.home.test"])) }

  @Sendable static func answer(_ question: ServerConversation.Question, _ answers: Answers<ServerConversation.Input>) -> ServerConversation.Input? {
    switch question {
    case .login(let ticket, let user, let password): return .loggedIn(ticket, user == "writer" && password == "secret" ? .accepted : .wrong)
    case .operation(let ticket, let operation): return .answered(ticket, outcome(operation))
    case .openPassive(let ticket, _): return .passiveOpened(ticket, Endpoint(Address(192, 0, 2, 1), 5_001))
    case .transfer(let ticket, let order):
      for input in events(ticket, order) { answers.give(input) }
      return nil
    case .abort(let ticket):
      answers.give(.transferEnded(ticket, .aborted))
      return nil
    case .logout, .closePassive, .ended: return nil
    }
  }

  private static func outcome(_ operation: FileOperation) -> OperationOutcome {
    switch operation {
    case .enter(let path): ["/", "/docs"].contains(path.description) ? .done : .failed(.absent)
    case .makeFolder(let path): path.description == "/taken" ? .failed(.exists) : .done
    case .removeFolder, .checkRename, .rename, .setModified: .done
    case .removeFile(let path): path.description == "/locked" ? .failed(.denied) : path.description == "/docs/a.txt" ? .done : .failed(.absent)
    case .facts(let path):
      switch path.description {
      case "/docs/a.txt":
        .facts(FileFacts(name: path.name, kind: .file, size: 12, modified: Instant(secondsSince1970: 1_773_480_360), unique: "7", isWritable: true))
      case "/docs": .facts(FileFacts(name: path.name, kind: .folder, size: 4_096, modified: Instant(secondsSince1970: 1_773_480_360)))
      default: .failed(.absent)
      }
    case .list: .listing("a.txt\r\n", isFolder: true)
    case .space: .space(1_000)
    }
  }

  private static func events(_ ticket: Ticket, _ order: TransferOrder) -> [ServerConversation.Input] {
    let complete: [ServerConversation.Input] = [.transferBegan(ticket, size: nil, name: nil), .transferEnded(ticket, .complete)]
    switch order.content {
    case .retrieve(let path, let offset):
      switch path.description {
      case "/docs/a.txt" where offset > 12: return [.transferEnded(ticket, .failed(.badOffset))]
      case "/docs/a.txt": return [.transferBegan(ticket, size: 12 - offset, name: nil), .transferEnded(ticket, .complete)]
      case "/slow": return [.transferBegan(ticket, size: 1 << 40, name: nil)]
      case "/waiting": return []
      default: return [.transferEnded(ticket, .failed(.absent))]
      }
    case .store(let path, _):
      switch path.description {
      case "/full": return [.transferBegan(ticket, size: nil, name: nil), .transferEnded(ticket, .failed(.full))]
      case "/nobody": return [.transferEnded(ticket, .notConnected)]
      default: return complete
      }
    case .storeUnique: return [.transferBegan(ticket, size: nil, name: Array("file.1".utf8)), .transferEnded(ticket, .complete)]
    case .append, .list: return complete
    }
  }
}

@Suite("FTP transcripts")
struct TranscriptTests {
  @Test("whole, byte by byte and glued", arguments: Script.all("ftp"))
  func inMemory(_ transcript: Script) throws {
    try TranscriptPlayer(.server, { MadeUpTree.conversation() }, owner: MadeUpTree.answer).play(transcript)
  }

  @Test("over virtual links", arguments: Script.all("ftp"), [0.0, 0.1])
  func simulated(_ transcript: Script, _ loss: Double) throws {
    // Time on the wire would be added to the waits that are measured exactly.
    if transcript.hasWaits { return }
    let internet = SimulatedInternet(seed: 5) { _, _ in Link(delay: .milliseconds(10), loss: loss, mtu: 296) }
    let client = internet.addHost("pc", Address(203, 0, 113, 2))
    let server = internet.addHost("ftp", Address(192, 0, 2, 1))
    try internet.run {
      try await TranscriptPlayer.play(
        transcript, from: client, to: server, at: Endpoint(server.addresses[0], 21), make: { MadeUpTree.conversation() }, owner: MadeUpTree.answer)
    }
  }

  @Test("over real sockets", arguments: Script.all("ftp").filter { !$0.hasWaits })
  func real(_ transcript: Script) async throws {
    let network = SocketNetwork(loops: 1)
    do {
      try await TranscriptPlayer.play(
        transcript, from: network, to: network, at: Endpoint(.loopback, 0), make: { MadeUpTree.conversation() }, owner: MadeUpTree.answer)
    } catch {
      await network.shutDown()
      throw error
    }
    await network.shutDown()
  }
}
