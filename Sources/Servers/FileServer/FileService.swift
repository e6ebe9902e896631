// A file server: listens, runs one FTP session per control connection, and holds what sessions share.
// Read next: Session.swift (what a session asks), FileAccounts.swift (who comes in), DiskArea.swift (files).
import Bytes
package import FTP
import Synchronization
import Trace
package import Transport
package import World

/// What a file server is told.
package struct FileServerSetting: Sendable {
  package var session: ServerConversation.Setting
  /// The ports for data connections that clients open; nil: any.
  package var passivePorts: ClosedRange<UInt16>?
  /// The address told to clients of PASV; nil: the one they called.
  package var passiveAddress: Address?
  /// With it AUTH TLS is offered.
  package var tls: TLSServerOptions?
  /// What is done about certain files on purpose; nil: nothing.
  package var policy: TransferPolicy?
  package var limits = ServerLimits()

  package init(greeting: String = "Netstead file server") { session = ServerConversation.Setting(greeting: greeting) }
}

/// A file server that runs.
package final class FileService: Sendable {
  let network: any Network
  let accounts: FileAccounts
  let setting: FileServerSetting
  let trace: TraceContext?
  let ports: PassivePorts
  let guesses: GuessLedger
  private let work: @Sendable (@escaping @Sendable () -> Void) -> Void
  private let chance: Mutex<any RandomNumberGenerator & Sendable>
  private let listener = Mutex<(any Listener)?>(nil)

  var limits: ServerLimits { setting.limits }
  var clock: any WorldClock { network.clock }

  private init(
    network: any Network, accounts: FileAccounts, setting: FileServerSetting, trace: TraceContext?,
    disk: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void, chance: any RandomNumberGenerator & Sendable
  ) {
    var setting = setting
    setting.session.offersTLS = setting.tls != nil
    setting.session.limits = setting.limits.session
    self.network = network
    self.accounts = accounts
    self.setting = setting
    self.trace = trace
    work = disk
    guesses = GuessLedger(setting.limits)
    ports = PassivePorts(network: network, range: setting.passivePorts, tls: setting.tls, limits: setting.limits, chance: chance)
    self.chance = Mutex(chance)
  }

  /// Serves `accounts` at `endpoint` until it is closed. `disk` does work that may wait for a disk, away from all loops. `chance` chooses ports
  /// and names.
  package static func start(
    network: any Network, endpoint: Endpoint, accounts: FileAccounts, setting: FileServerSetting, trace: TraceContext? = nil,
    disk: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void, chance: any RandomNumberGenerator & Sendable
  ) async throws(NetworkError) -> FileService {
    let service = FileService(network: network, accounts: accounts, setting: setting, trace: trace, disk: disk, chance: chance)
    var listening = ListenOptions(startTLS: setting.tls, limits: setting.limits.listening)
    // RFC 959 §4.1.3: ABOR comes with Telnet's urgent mark.
    listening.keepsUrgentBytes = true
    let listener = try await network.listen(at: endpoint, options: listening) { remote, local in
      ControlConnection(service, remote: remote, local: local)
    }
    service.listener.withLock { $0 = listener }
    return service
  }

  /// Where it listens.
  package var endpoint: Endpoint { listener.withLock { $0?.endpoint } ?? Endpoint(.any, 0) }
  package var load: ListenerLoad { listener.withLock { $0?.load } ?? ListenerLoad(open: 0, refused: 0) }

  /// Stops; transfers under way get until `grace` is over.
  package func close(grace: Duration) async {
    await listener.withLock { $0 }?.close(grace: grace)
    await ports.close(grace: .zero)
  }

  /// Does work that may wait for a disk.
  func disk(_ work: @escaping @Sendable () -> Void) { self.work(work) }

  /// A name that nobody else will think of.
  func uniqueName() -> [UInt8] {
    let number = chance.withLock { $0.next() }
    return Array("upload-\(String(number, radix: 36))".utf8)
  }

  // MARK: On the disk's threads

  /// Does an operation for somebody with `account`.
  func outcome(of operation: FileOperation, _ account: FileAccount) -> OperationOutcome {
    do throws(FileFailure) {
      let area = account.area
      switch operation {
      case .enter(let path): guard try area.facts(of: path).kind == .folder else { throw .notFolder }
      case .facts(let path): return .facts(shown(try area.facts(of: path), account))
      case .list(let path, let pattern):
        let isFolder = try area.facts(of: path).kind == .folder
        return .listing(try listing(of: path, pattern, .long, account), isFolder: isFolder)
      case .space: return .space(account.mayWrite ? try area.room() : 0)
      case .checkRename(let path):
        guard account.mayWrite, !path.isRoot else { throw .denied }
        _ = try area.facts(of: path)
      case .makeFolder, .removeFolder, .removeFile, .rename, .setModified:
        guard account.mayWrite else { throw .denied }
        try change(operation, area)
      }
      return .done
    } catch { return .failed(error) }
  }

  private func change(_ operation: FileOperation, _ area: any FileArea) throws(FileFailure) {
    switch operation {
    case .makeFolder(let path): try area.makeFolder(path)
    case .removeFolder(let path): try area.removeFolder(path)
    case .removeFile(let path): try area.removeFile(path)
    case .rename(let path, let target): try area.rename(path, to: target)
    case .setModified(let path, let time): try area.setModified(path, to: time)
    case .enter, .facts, .list, .space, .checkRename: break
    }
  }

  /// The listing of `path`: what is in it, or itself if it is a file.
  func listing(of path: TreePath, _ pattern: NamePattern?, _ form: ListingForm, _ account: FileAccount) throws(FileFailure) -> Buffer {
    let whole = try account.area.facts(of: path)
    var items: [FileFacts]
    if whole.kind == .folder {
      items = try account.area.items(in: path, itemsMax: limits.session.listingItemsMax)
    } else if case .facts = form {
      // RFC 3659 §7.1: MLSD is about folders.
      throw .notFolder
    } else {
      items = [whole]
    }
    if let pattern { items = items.filter { pattern.matches($0.name) } }
    return ListingWriter(form, at: clock.now).bytes(of: items.map { shown($0, account) })
  }

  private func shown(_ facts: FileFacts, _ account: FileAccount) -> FileFacts {
    var facts = facts
    facts.isWritable = facts.isWritable && account.mayWrite
    return facts
  }
}

/// The control connection of a session: the conversation's driver with its type spelled out, and the session behind it.
private final class ControlConnection: DrivenEnd {
  let driver: ConversationDriver<ServerConversation>

  init(_ service: FileService, remote: Endpoint, local: Endpoint) {
    let session = Session(service, remote: remote, local: local)
    driver = ConversationDriver(ServerConversation(peer: remote.address, setting: service.setting.session), trace: service.trace) { question, answers in
      session.take(question, answers)
    }
  }
}
