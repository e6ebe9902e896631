// A small world for the file server's tests: a server with files in memory and a client, on virtual links; and one on real sockets with a folder.
import Accounts
import Bytes
import FTP
import Foundation
import SimulatedTransport
import Synchronization
import TestKit
import Trace
import Transport
import World

@testable import FileServer
@testable import Storage

/// Accounts with `writer`/`secret` for `area`, and `anonymous` for it too.
func accounts(_ area: any FileArea, isOpen: Bool = true) -> FileAccounts {
  var random = SeededRandom(seed: 1)
  let hash = PasswordHash("secret", costLog: 1, using: &random)
  let book = PasswordBook(hash.map { ["writer": $0] } ?? [:], random: &random)
  return FileAccounts(
    users: ["writer": FileAccount(area: area, mayWrite: true)], book: book, anonymous: isOpen ? FileAccount(area: area, mayWrite: true) : nil)
}

/// A server at 198.51.100.21 and a client at 203.0.113.2, another client at 203.0.113.3.
final class Scene: Sendable {
  let internet: SimulatedInternet
  let client: SimulatedNetwork
  let other: SimulatedNetwork
  let server: SimulatedNetwork
  let area: MemoryArea
  let trace = TestRecorder()
  static let endpoint = Endpoint(Address(198, 51, 100, 21), 21)
  static let notes: Buffer = "one\ntwo\nthree\n"

  init(seed: UInt64 = 7, loss: Double = 0) {
    internet = SimulatedInternet(seed: seed) { _, _ in Link(delay: .milliseconds(10), loss: loss) }
    client = internet.addHost("pc", Address(203, 0, 113, 2))
    other = internet.addHost("other", Address(203, 0, 113, 3))
    server = internet.addHost("ftp", Address(198, 51, 100, 21))
    area = MemoryArea(bytesMax: 1_000_000, clock: server.clock)
    area.add("notes.txt", Self.notes, modified: .simulationStart)
    area.add("pictures/moon.bin", Buffer((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }), modified: .simulationStart)
    area.add("empty", Buffer(), modified: .simulationStart)
  }

  func serve(_ change: (inout FileServerSetting) -> Void = { _ in }, isOpen: Bool = true) async throws -> FileService {
    var setting = FileServerSetting()
    change(&setting)
    return try await FileService.start(
      network: server, endpoint: Self.endpoint, accounts: accounts(area, isOpen: isOpen), setting: setting,
      trace: TraceContext(recorder: trace, host: "ftp", role: .server), disk: { [server] work in server.start { work() } }, chance: SeededRandom(seed: 3))
  }

  func connect(_ mode: FileClient.Mode = .passive, as user: String? = "writer") async throws -> FileClient {
    var options = FileClient.Options()
    options.mode = mode
    options.trace = TraceContext(recorder: trace, host: "pc", role: .client)
    let session = try await FileClient.connect(to: Self.endpoint, over: client, options)
    if let user { try await session.logIn(user: user, password: user == "writer" ? "secret" : "a@b.test") }
    return session
  }

  /// Serves, then does `work`.
  @discardableResult
  func run<R: Sendable>(
    _ change: @escaping @Sendable (inout FileServerSetting) -> Void = { _ in }, isOpen: Bool = true, _ work: @escaping @Sendable (Scene) async throws -> R
  ) throws -> R {
    try internet.run { [self] in
      let service = try await serve(change, isOpen: isOpen)
      let result = try await work(self)
      await service.close(grace: .zero)
      return result
    }
  }

  func bytes(_ path: String) throws -> Buffer? {
    guard case .memory(let bytes)? = try? area.open(TreePath(Buffer(path), in: .root)) else { return nil }
    return bytes
  }
}

/// Collects content.
final class Heap: Sendable {
  private let content = Mutex(Buffer())
  var bytes: Buffer { content.withLock { $0 } }
  var sink: @Sendable (Buffer) throws -> Void { { [self] piece in content.withLock { $0.append(piece) } } }
}

/// A folder on a disk that fills up in the middle of every upload, or at its end, when what came is made durable.
struct FillingArea: FileArea {
  var disk: DiskArea
  /// How much of an upload finds room. Unit: bytes.
  var roomBytes: Int

  func facts(of path: TreePath) throws(FileFailure) -> FileFacts { try disk.facts(of: path) }
  func items(in path: TreePath, itemsMax: Int) throws(FileFailure) -> [FileFacts] { try disk.items(in: path, itemsMax: itemsMax) }
  func open(_ path: TreePath) throws(FileFailure) -> AreaFile { try disk.open(path) }
  func makeFolder(_ path: TreePath) throws(FileFailure) { try disk.makeFolder(path) }
  func removeFolder(_ path: TreePath) throws(FileFailure) { try disk.removeFolder(path) }
  func removeFile(_ path: TreePath) throws(FileFailure) { try disk.removeFile(path) }
  func rename(_ path: TreePath, to target: TreePath) throws(FileFailure) { try disk.rename(path, to: target) }
  func setModified(_ path: TreePath, to time: Instant) throws(FileFailure) { try disk.setModified(path, to: time) }
  func room() throws(FileFailure) -> Int64 { try disk.room() }
  func beginUpload(to path: TreePath, _ place: UploadPlace) throws(FileFailure) -> any AreaUpload {
    FillingUpload(try disk.beginUpload(to: path, place), roomBytes)
  }

  private final class FillingUpload: AreaUpload {
    private let upload: any AreaUpload
    private let room: Mutex<Int>

    init(_ upload: any AreaUpload, _ room: Int) {
      self.upload = upload
      self.room = Mutex(room)
    }

    func append(_ bytes: Buffer) throws(FileFailure) {
      let fitting = room.withLock { room in
        defer { room -= min(room, bytes.count) }
        return min(room, bytes.count)
      }
      try upload.append(bytes[0..<fitting])
      if fitting < bytes.count { throw .full }
    }

    func keep() throws(FileFailure) { throw .full }
    func breakOff() { upload.breakOff() }
  }
}

/// A server on loopback with a folder of its own.
@discardableResult
func withServer<R>(
  at address: Address = .loopback, _ change: (inout FileServerSetting) -> Void = { _ in }, roomKept: Int64 = 0,
  area: (DiskArea) -> any FileArea = { $0 }, _ work: (_ folder: String, _ service: FileService, _ network: SocketNetwork) async throws -> R
) async throws -> R {
  let folder = "\(NSTemporaryDirectory())/netstead-ftp-\(UInt64.random(in: 0...UInt64.max))"
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  let network = SocketNetwork(loops: 2)
  var setting = FileServerSetting()
  change(&setting)
  let threads = try DiskThreads(count: 4)
  let service = try await FileService.start(
    network: network, endpoint: Endpoint(address, 0), accounts: accounts(area(try DiskArea(writing: folder, roomKeptBytes: roomKept))),
    setting: setting, disk: { threads.perform($0) }, chance: SeededRandom(seed: 5))
  let result: Result<R, any Error>
  do { result = .success(try await work(folder, service, network)) } catch { result = .failure(error) }
  await service.close(grace: .zero)
  await network.shutDown()
  return try result.get()
}
