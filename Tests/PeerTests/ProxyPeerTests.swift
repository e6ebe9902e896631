// Proxies and caches with other people's programs: curl -x, Chromium, origins that are nginx and Python's http.server; kill -9; the lab's proxy.
// Not here: an origin of ours (WebServerTests/ProxyTests).
import Foundation
import TestKit
import Testing
import Trace
import Transport
import World

@testable import Host

/// A folder of the test's own.
private func withScratch<R>(_ body: (String) async throws -> R) async throws -> R {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-proxy-\(UUID().uuidString.prefix(8))").path
  try FileManager.default.createDirectory(atPath: folder + "/root", withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try await body(folder)
}

/// A program that runs beside the test, and ends with it.
private final class Beside {
  private let process = Process()

  init(_ path: String, _ arguments: [String], in folder: String, environment: [String: String] = [:]) throws {
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  /// By a signal that nobody can block, as those are that a child inherits from a thread of ours.
  func end() {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }
}

/// Waits until `url` is answered.
private func answers(_ curl: ProgramRunner, _ url: String) async -> Bool {
  for _ in 0..<100 {
    if await curl.run(["-sS", "-m", "2", "-o", "/dev/null", url]).status == 0 { return true }
    try? await Task.sleep(for: .milliseconds(50))
  }
  return false
}

/// An origin of somebody else, serving a folder and noting requests in a log.
private func withOrigin(_ kind: String, in folder: String, _ body: (_ port: Int, _ count: () -> Int) async throws -> Void) async throws {
  guard let curl = ProgramRunner("curl") else { return }
  let port = freePort()
  let log = folder + "/access.log"
  let beside: Beside
  switch kind {
  case "nginx":
    guard let nginx = ProgramRunner("nginx") else { return }
    let configuration = """
      daemon off; master_process off; pid \(folder)/nginx.pid; error_log \(folder)/error.log; events { worker_connections 256; }
      http { access_log \(log); client_body_temp_path \(folder)/b; proxy_temp_path \(folder)/p; fastcgi_temp_path \(folder)/f; uwsgi_temp_path \(folder)/u; scgi_temp_path \(folder)/s;
        server { listen 127.0.0.1:\(port); root \(folder)/root; add_header Vary Accept-Language; location /kept/ { expires 1h; } location /stale/ { add_header Cache-Control max-age=0; } } }
      """
    try Data(configuration.utf8).write(to: URL(fileURLWithPath: folder + "/nginx.conf"))
    beside = try Beside(nginx.path, ["-p", folder, "-c", folder + "/nginx.conf"], in: folder)
  default:
    guard let python = ProgramRunner("python3") else { return }
    beside = try Beside("/bin/sh", ["-c", "exec \(python.path) -u -m http.server \(port) --bind 127.0.0.1 --directory root 2>\(log)"], in: folder)
  }
  defer { beside.end() }
  let isUp = await answers(curl, "http://127.0.0.1:\(port)/")
  try #require(isUp)
  try await body(port) { (try? String(contentsOfFile: log, encoding: .utf8))?.split(separator: "\n").filter { $0.contains(".txt") || $0.contains(".bin") }.count ?? 0 }
}

/// Writes what the origins serve.
private func fill(_ folder: String) throws {
  for name in ["kept", "stale"] { try FileManager.default.createDirectory(atPath: "\(folder)/root/\(name)", withIntermediateDirectories: true) }
  for (name, size) in [("kept/a.txt", 1_000), ("stale/a.txt", 1_000), ("a.txt", 1_000), ("kept/large.bin", 3_000_000)] {
    let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 / 977) }
    let path = "\(folder)/root/\(name)"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    // Old enough for a cache to think that it will not change today.
    try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -8_640_000)], ofItemAtPath: path)
  }
}

@Suite("proxies, caches and the programs of other people", .serialized, .timeLimit(.minutes(3)))
struct ProxyPeerTests {
  /// A host of ours in front of an origin, with a forward proxy beside it.
  private func withProxies(origin: Int, in folder: String, _ body: (_ reverse: String, _ forward: String, TraceStore) async throws -> Void) async throws {
    var settings = HostSettings()
    (settings.ports.dns, settings.ports.http, settings.ports.https) = (0, 0, 0)
    settings.reverseProxies = [.init(names: ["app.home.test"], upstream: "http://127.0.0.1:\(origin)", keepsHost: true, cache: .init())]
    settings.forwardProxy = .init(port: 0, clients: [], tunnelPorts: Array(1...65_535), cache: .init())
    let network = SocketNetwork(loops: 2)
    let store = TraceStore()
    let host = try await HomeHost.start(settings, dataDirectory: folder, network: network, recorder: store) { _, _ in [.loopback] }
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(try host.port("HTTP"), try host.port("HTTP proxy"), store))
    } catch { result = .failure(error) }
    await host.assembly.stop(grace: .zero)
    await network.shutDown()
    try result.get()
  }

  @Test("curl and an origin that is nginx or Python: hits, 304, Vary, ranges, one request for many", arguments: ["nginx", "python"])
  func reverse(_ kind: String) async throws {
    guard let curl = ProgramRunner("curl") else { return }
    try await withScratch { folder in
      try fill(folder)
      try await withOrigin(kind, in: folder) { port, count in
        try await withProxies(origin: port, in: folder) { reverse, _, _ in
          let base = "http://app.home.test:\(reverse)"
          func ask(_ path: String, _ more: String...) async -> ProgramOutcome {
            await curl.run(["-sS", "-i", "--resolve", "app.home.test:\(reverse):127.0.0.1", base + path] + more)
          }
          let first = await ask("/kept/a.txt")
          let second = await ask("/kept/a.txt")
          #expect(first.text.hasPrefix("HTTP/1.1 200 OK") && first.text.contains("fwd=uri-miss; stored"), "\(first.text.prefix(900))")
          #expect(second.text.contains("; hit; ttl=") && second.text.contains("Age: "), "\(second.text.prefix(900))")
          #expect(count() == 1)
          let part = await ask("/kept/a.txt", "-r", "10-19")
          #expect(part.text.hasPrefix("HTTP/1.1 206") && part.text.contains("Content-Range: bytes 10-19/1000"))
          if kind == "nginx" {
            _ = await ask("/kept/a.txt", "-H", "Accept-Language: de")
            #expect(count() == 2, "Vary chooses")
            let stale = await ask("/stale/a.txt")
            let confirmed = await ask("/stale/a.txt")
            #expect(stale.text.contains("stored") && confirmed.text.contains("fwd=stale; fwd-status=304"), "\(confirmed.text.prefix(900))")
            #expect(confirmed.output.suffix(1_000) == stale.output.suffix(1_000))
            let again = await ask("/kept/a.txt")
            let tag = try needed(again.text.split(separator: "\r\n").first { $0.lowercased().hasPrefix("etag: ") })
            let own = await ask("/kept/a.txt", "-H", "If-None-Match: \(tag.dropFirst(6))")
            #expect(own.text.hasPrefix("HTTP/1.1 304"), "\(own.text)")
          }
          let before = count()
          let many = await curl.run(["-sS", "--parallel", "--parallel-max", "20", "--resolve", "app.home.test:\(reverse):127.0.0.1", "-o", folder + "/out#1", base + "/kept/large.bin?[1-1]"]
            + (0..<19).flatMap { ["-o", "\(folder)/more\($0)", base + "/kept/large.bin?1"] })
          #expect(many.status == 0 && count() == before + 1, "\(many.errorText) \(count())")
          let right = try Data(contentsOf: URL(fileURLWithPath: folder + "/root/kept/large.bin"))
          for number in 0..<19 { #expect(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/more\(number)")) == right) }
        }
      }
    }
  }

  @Test("curl -x: absolute addresses, tunnels, the proxy's own page, strangers' ports")
  func forward() async throws {
    guard let curl = ProgramRunner("curl") else { return }
    try await withScratch { folder in
      try fill(folder)
      try await withOrigin("nginx", in: folder) { port, count in
        try await withProxies(origin: port, in: folder) { reverse, forward, store in
          let page = await curl.run(["-sS", "http://127.0.0.1:\(forward)/"])
          #expect(page.text.contains("What the cache is worth"), "\(page.text)")
          // Loopback is not reached for others by default: this host's own proxy says so.
          let refused = await curl.run(["-sS", "-i", "-x", "http://127.0.0.1:\(forward)", "http://origin.test:\(port)/a.txt"])
          #expect(refused.text.hasPrefix("HTTP/1.1 403"), "\(refused.text)")
          let tunnel = await curl.run(["-sS", "-p", "-x", "http://127.0.0.1:\(forward)", "http://origin.test:\(port)/a.txt"])
          #expect(tunnel.status == 56 && tunnel.errorText.contains("403"), "\(tunnel.errorText)")
          #expect(count() == 0)
        }
      }
    }
  }

  @Test("kill -9 at any moment, again and again under load: nothing torn, nothing too old, no half file", .timeLimit(.minutes(5)))
  func killed() async throws {
    guard let python = ProgramRunner("python3") else { return }
    _ = try executable()
    try await withScratch { folder in
      let outcome = await python.run([repositoryRoot + "/Tests/PeerTests/Scripts/kills.py", program, folder, "12"], timeout: .seconds(280))
      #expect(outcome.status == 0 && outcome.text.hasPrefix("\nsurvived "), "\(outcome.text)\(outcome.errorText)")
      for word in ["hit:", "fetched:", "posted:", "put:", "cut:"] { #expect(outcome.text.contains(" \(word)"), "nothing was \(word) \(outcome.text)") }
    }
  }

  @Test("netstead http -x: https through a tunnel of tinyproxy's and of ours, explained inside it; refusals and broken certificates by exit code")
  func tunnelled() async throws {
    let netstead = try executable()
    guard let tinyproxy = ProgramRunner("tinyproxy") else { return }
    try await withScratch { folder in
      try "inside the tunnel".write(toFile: folder + "/root/index.html", atomically: true, encoding: .utf8)
      let (https, others, own) = (freePort(), freePort(), freePort())
      try """
        ports: {dns: 0, http: 0, https: \(https), console: 0}
        web: {root: root}
        forward-proxy: {port: \(own), connect-ports: [\(https)]}
        """.write(toFile: folder + "/host.yaml", atomically: true, encoding: .utf8)
      // An ordinary user's: in the foreground, on loopback, tunnels to the one port.
      try "Port \(others)\nListen 127.0.0.1\nTimeout 60\nAllow 127.0.0.1\nConnectPort \(https)\n".write(toFile: folder + "/tiny.conf", atomically: true, encoding: .utf8)
      let host = try Beside(program, ["up", "--settings", folder + "/host.yaml", "--data", folder + "/data"], in: folder)
      defer { host.end() }
      let tiny = try Beside(tinyproxy.path, ["-d", "-c", folder + "/tiny.conf"], in: folder)
      defer { tiny.end() }
      let authority = folder + "/data/authority/authority.pem"
      // Made at the first start, and read by the tool when it begins.
      for _ in 0..<200 where !FileManager.default.fileExists(atPath: authority) { try await Task.sleep(for: .milliseconds(50)) }
      let trusting = ["SSL_CERT_FILE": authority]
      func get(_ url: String, by proxy: Int, _ more: [String] = [], environment: [String: String]) async -> ProgramOutcome {
        await netstead.run(["http", url, "-x", "127.0.0.1:\(proxy)"] + more, environment: environment)
      }
      let url = "https://localhost:\(https)/"
      // Both have to listen; whether the host does, tinyproxy could only guess.
      var direct = await netstead.run(["http", url], environment: trusting)
      for _ in 0..<50 where direct.status != 0 {
        try await Task.sleep(for: .milliseconds(100))
        direct = await netstead.run(["http", url], environment: trusting)
      }
      var page = await get(url, by: others, ["--explain"], environment: trusting)
      for _ in 0..<50 where page.status == 4 {
        try await Task.sleep(for: .milliseconds(100))
        page = await get(url, by: others, ["--explain"], environment: trusting)
      }
      #expect(page.status == 0 && page.text == "inside the tunnel", "\(page.status) \(page.text)\(page.errorText)")
      // In the clear, then inside: the question for the tunnel, its answer, TLS, and the page's own conversation field by field.
      for part in ["> CONNECT localhost:\(https)", "~", "GET /", "Content-Length"] { #expect(page.errorText.contains(part), "no \(part) in \(page.errorText)") }
      #expect(await get(url, by: others, environment: ["SSL_CERT_FILE": "/dev/null"]).status == 5)
      #expect(await get("https://localhost:1/", by: others, environment: trusting).status == 1)
      // Ours keeps strangers away from what is inside this machine.
      let refused = await get(url, by: own, environment: trusting)
      #expect(refused.status == 1 && refused.errorText.contains("403"), "\(refused.errorText)")
    }
  }

  @Test("the lab's proxy: curl and Chromium through it, by its short name, http and https", .enabled(if: ProgramRunner.isInstalled("unshare")))
  func lab() async throws {
    guard let netstead = ProgramRunner(program), ProgramRunner("curl") != nil,
      await ProgramRunner("unshare")?.run(["--user", "--map-root-user", "--net", "--mount", "true"]).status == 0
    else { return skipped("the lab's proxy", because: "no user namespaces here") }
    try await withScratch { folder in
      let environment = ["XDG_RUNTIME_DIR": folder, "XDG_DATA_HOME": folder, "HOME": folder, "NO_COLOR": "1"]
      let browser = ProgramRunner.isInstalled("chromium")
        ? "chromium --headless=new --no-sandbox --disable-gpu --user-data-dir=\(folder)/profile --proxy-server=http://proxy:3128 --dump-dom http://www.garnet.test/stones.html 2>/dev/null; " : ""
      let script = """
        curl -sS -x http://proxy:3128 -D - -o /dev/null http://www.garnet.test/notes.txt
        curl -sS -x http://proxy:3128 -D - -o /dev/null http://www.garnet.test/notes.txt
        curl -sS -x http://proxy:3128 https://www.cobalt.test/ | grep -c blue
        curl -sS -x http://proxy:3128 -o /dev/null -w '%{http_connect}\\n' https://www.cobalt.test:25/ ; \(browser)
        curl -sS http://proxy:3128/
        \(program) http -x proxy:3128 http://www.garnet.test/notes.txt
        \(program) http -x proxy:3128 https://www.cobalt.test/ --explain 2>&1
        """
      let outcome = await netstead.run(["lab", "exec", "--", "sh", "-c", script], environment: environment, timeout: .seconds(100))
      for part in ["proxy; fwd=uri-miss; stored", "proxy; hit; ttl=", "Via: 1.1 proxy", "\n403\n", "What the cache is worth", "Things to try on this site", "CONNECT www.cobalt.test:443", "Everything here is blue"] {
        #expect(outcome.text.contains(part), "no \(part) in\n\(outcome.text)\(outcome.errorText)")
      }
      if !browser.isEmpty { #expect(outcome.text.contains("<h1>Stones</h1>"), "\(outcome.errorText)") }
    }
  }
}
