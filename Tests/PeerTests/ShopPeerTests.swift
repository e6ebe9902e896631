// The shop in the built-in world on loopback addresses, visited by curl with a jar, by Python's requests and by Chromium; and uploads that
// a killed server leaves.
import Bytes
import Foundation
import HTTP
import TestKit
import Testing
import Trace
import Transport
import WebServer
import World

@testable import Lab

@Suite("the shop and the programs of other people", .serialized)
struct ShopPeerTests {
  private static let host = "shop.garnet.test:8080"
  private static let address = "127.51.100.13"
  private let program = repositoryRoot + "/.build/debug/netstead"

  /// Raises the built-in world at 127.x.y.z with its sites' data in `folder`, for the length of `body`.
  private func withWorld(in folder: String, _ body: (TraceStore) async throws -> Void) async throws {
    let world = try WorldDescription(file: DefaultWorld.name, text: DefaultWorld.text)
    let network = SocketNetwork(loops: 2)
    let store = TraceStore()
    let plan = AddressPlan(.loopback)
    let networks = PacedNetworks(network, world: world, plan: plan, seed: 1)
    let raised = try await RaisedWorld.raise(
      world,
      with: RaisedWorld.Means(
        plan: plan, recorder: store, chance: SeededRandom(seed: 1), data: folder + "/sites", secrets: SystemRandomNumberGenerator(),
        network: { networks.network(of: $0) }))
    do { try await body(store) } catch {
      await raised.stop(grace: .zero)
      throw error
    }
    await raised.stop(grace: .zero)
    await network.shutDown()
  }

  private func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-shop-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
  }

  @Test("curl with a jar is known again, also by a shop that was started again; forms, a file, Basic authentication")
  func curl() async throws {
    guard let curl = ProgramRunner("curl") else { return }
    try await withFolder { folder in
      let common = ["-sS", "--resolve", "\(Self.host):\(Self.address)", "-b", folder + "/jar", "-c", folder + "/jar", "-w", "\n%{http_code}"]
      let url = "http://\(Self.host)"
      try await withWorld(in: folder) { _ in
        let first = await curl.run(common + [url + "/"])
        #expect(first.text.contains("Welcome, visitor 1."), "\(first.text)\(first.errorText)")
        let second = await curl.run(common + [url + "/"])
        #expect(second.text.contains("Welcome back, visitor 1.") && second.text.contains("Cookie: session="))
        let bought = await curl.run(common + ["-L", "-d", "article=jade", "--data-urlencode", "pieces=2", url + "/basket"])
        #expect(bought.text.contains("2 × Jade") && bought.text.hasSuffix("200"), "\(bought.text)")
        let searched = await curl.run(common + ["-G", "--data-urlencode", "q=dark red", url + "/search"])
        #expect(searched.text.contains("1 found"))
        let picture = folder + "/stone.png"
        try Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Array(repeating: 7, count: 200_000)).write(to: URL(fileURLWithPath: picture))
        let sent = await curl.run(common + ["-L", "-F", "note=mine", "-F", "picture=@\(picture)", url + "/pictures"])
        let path = try #require(sent.text.firstMatch(of: #/\/pictures\/[0-9a-f-]+\.png/#), "\(sent.text)\(sent.errorText)")
        let back = await curl.run(common + ["-o", folder + "/back.png", url + String(path.0)])
        #expect(back.status == 0 && contents(of: folder + "/back.png") == contents(of: picture))
        #expect(await curl.run(common + [url + "/staff"]).text.hasSuffix("401"))
        #expect(await curl.run(common + ["-u", "alice:sapphire", url + "/staff"]).text.hasSuffix("401"))
        let staff = await curl.run(common + ["-u", "alice:ruby-red", url + "/staff"])
        #expect(staff.text.hasSuffix("200") && staff.text.contains("2 × jade"), "\(staff.text)")
        #expect(await curl.run(common + [url + "/shop"]).text.hasSuffix("301"))
        #expect(await curl.run(common + ["-H", "Origin: http://www.cobalt.test", "-d", "article=jade", url + "/basket"]).text.hasSuffix("403"))
      }
      try await withWorld(in: folder) { store in
        let later = await curl.run(common + [url + "/"])
        #expect(later.text.contains("Welcome back, visitor 1.") && later.text.contains("2 × Jade"), "\(later.text)")
        let inside = await curl.run(common + ["-L", "-d", "user=bob&password=sapphire", url + "/login"])
        #expect(inside.text.contains("Welcome back, bob."), "\(inside.text)")
        // The name is masked in the trace, its attributes are not, and neither password is anywhere.
        let wire = store.conversations().flatMap { store.events(of: $0.id) }.map(\.bytes.text).joined()
        #expect(wire.contains("Set-Cookie: session=****") && wire.contains("; HttpOnly; SameSite=Lax") && !wire.contains("sapphire"))
      }
    }
  }

  @Test("Python's requests: a session of its own kind, forms, files, Basic authentication")
  func requests() async throws {
    guard let python = ProgramRunner("python3") else { return }
    guard await python.run(["-c", "import requests"]).status == 0 else { return print("skipped: requests (the Python package is not installed)") }
    try await withFolder { folder in
      try await withWorld(in: folder) { _ in
        let outcome = await python.run([repositoryRoot + "/Tests/PeerTests/Scripts/shop_requests.py", "http://\(Self.host)", Self.address])
        #expect(outcome.text == "all said\n", "\(outcome.text)\(outcome.errorText)")
      }
    }
  }

  @Test("Chromium fills in the forms; its basket survives its restart and the server's")
  func chromium() async throws {
    guard let python = ProgramRunner("python3"), let chromium = ProgramRunner("chromium") else { return }
    try await withFolder { folder in
      func browse(_ step: String) async -> ProgramOutcome {
        await python.run(
          [repositoryRoot + "/Tests/PeerTests/Scripts/shop_browser.py", chromium.path, folder + "/profile", "http://\(Self.host)/", Self.address, step], timeout: .seconds(110))
      }
      try await withWorld(in: folder) { _ in
        let bought = await browse("buy")
        #expect(bought.text.contains("Welcome back, visitor 1.") && bought.text.contains("2 × Jade") && bought.text.contains("cookie seen by scripts: []"), "\(bought.text)\(bought.errorText)")
      }
      try await withWorld(in: folder) { _ in
        let later = await browse("look")
        #expect(later.text.contains("Welcome back, visitor 1.") && later.text.contains("2 × Jade"), "\(later.text)\(later.errorText)")
        let inside = await browse("login")
        #expect(inside.text.contains("Welcome back, alice.") && inside.text.contains("2 × Jade"), "\(inside.text)\(inside.errorText)")
      }
    }
  }

  @Test("a server killed in the middle of an upload leaves no half file, and sweeps at its next start")
  func killed() async throws {
    guard let curl = ProgramRunner("curl"), ProgramRunner(program) != nil else { return }
    try await withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/public/drop", withIntermediateDirectories: true)
      let hash = "$scrypt$ln=2,r=8,p=1$c2FsdHNhbHQ$" + (try await scrypt("ruby"))
      let settings = """
        domain: home.test
        ports: {dns: 0, http: 18081, https: 0, console: 0}
        web: {root: \(folder)/public, users: {alice: '\(hash)'}, write: [/drop]}
        trace: {on: false}
        """
      try settings.write(toFile: folder + "/netstead.yaml", atomically: true, encoding: .utf8)
      let url = "http://127.0.0.1:18081/drop/file.bin"
      let visible = { (try? FileManager.default.contentsOfDirectory(atPath: folder + "/public"))?.sorted() ?? [] }
      let before = try start(folder)
      defer { if before.isRunning { before.terminate() } }
      let put = ["-sS", "-u", "alice:ruby", "-o", "/dev/null", "-w", "%{http_code}", "--retry", "20", "--retry-connrefused", "--retry-delay", "1"]
      try Data(repeating: 1, count: 10).write(to: URL(fileURLWithPath: folder + "/first"))
      #expect(await curl.run(put + ["-T", folder + "/first", url]).text.hasSuffix("201"))
      try Data(repeating: 2, count: 4_000_000).write(to: URL(fileURLWithPath: folder + "/second"))
      async let slow = curl.run(["-sS", "-u", "alice:ruby", "--limit-rate", "200k", "-T", folder + "/second", url])
      for _ in 0..<100 where visible().count < 2 { try await Task.sleep(for: .milliseconds(50)) }
      #expect(visible().count == 2, "no draft was begun: \(visible())")
      kill(before.processIdentifier, SIGKILL)
      before.waitUntilExit()
      _ = await slow
      #expect(contents(of: folder + "/public/drop/file.bin") == Array(repeating: 1, count: 10), "the file before stays as it was")
      #expect(visible().count == 2, "a killed server cleans nothing up")
      let after = try start(folder)
      defer { if after.isRunning { after.terminate() } }
      #expect(await curl.run(put + ["-T", folder + "/second", url]).text.hasSuffix("204"))
      #expect(visible() == ["drop"] && contents(of: folder + "/public/drop/file.bin")?.count == 4_000_000)
    }
  }

  private func start(_ folder: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["up", "--settings", folder + "/netstead.yaml", "--data", folder + "/data"]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }

  /// Python's own scrypt makes the hash, so that ours is not its own judge.
  private func scrypt(_ password: String) async throws -> String {
    let script = "import hashlib,base64;print(base64.b64encode(hashlib.scrypt(b'\(password)',salt=b'saltsalt',n=4,r=8,p=1,dklen=32)).decode().rstrip('='))"
    let python = try #require(ProgramRunner("python3"))
    return await python.run(["-c", script]).text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test("netstead http keeps a jar that curl reads, fills in forms and shows who it is", .enabled(if: ProgramRunner.isInstalled("curl")))
  func tool() async throws {
    guard let netstead = ProgramRunner(program), let curl = ProgramRunner("curl") else { return }
    try await withFolder { folder in
      try await withWorld(in: folder) { _ in
        let url = "http://\(Self.address):8080"
        let host = ["-H", "Host: \(Self.address):8080"]
        let jar = ["--jar", folder + "/jar"]
        let first = await netstead.run(["http", url + "/"] + jar)
        #expect(first.status == 0 && first.text.contains("Welcome, visitor 1."), "\(first.text)\(first.errorText)")
        let bought = await netstead.run(["http", url + "/basket", "-d", "article=onyx", "-d", "pieces=3", "-L"] + jar)
        #expect(bought.text.contains("3 × Onyx"), "\(bought.text)\(bought.errorText)")
        let same = await curl.run(["-sS", "-b", folder + "/jar", url + "/"] + host)
        #expect(same.text.contains("Welcome back, visitor 1.") && same.text.contains("3 × Onyx"), "\(same.text)\(same.errorText)")
        #expect(await netstead.run(["http", url + "/staff"] + jar).status == 6)
        #expect(await netstead.run(["http", url + "/staff", "--user", "bob:sapphire"] + jar).status == 0)
        try Data("GIF89a, nearly".utf8).write(to: URL(fileURLWithPath: folder + "/a.gif"))
        let sent = await netstead.run(["http", url + "/pictures", "--form", "picture=@\(folder)/a.gif", "-L"] + jar)
        #expect(sent.text.contains(".gif\""), "\(sent.text)\(sent.errorText)")
        let explained = await netstead.run(["http", url + "/", "--explain"] + jar)
        #expect(explained.errorText.contains("session") || explained.text.contains("session"))
        #expect(await netstead.run(["http", url + "/search", "-G", "-d", "q=jade"] + jar).text.contains("1 found"))
      }
    }
  }
}
