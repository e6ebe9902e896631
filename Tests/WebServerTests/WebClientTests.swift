// The web client over real sockets of loopback: against our own web service, and against Python's http.server.
// Not here: the client's dialogue by itself (HTTPTests), addresses and references (ServiceTests).
import Bytes
import Foundation
import HTTP
import Storage
import Synchronization
import TestKit
import Testing
import Transport
import World

@testable import WebServer

@Suite("the web client on real sockets")
struct WebClientTests {
  /// What the test's server answers.
  struct Desk: Application {
    let given = Atomic64()

    func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
      switch request.path.text {
      case "/echo": return .workflow { exchange in
        let body = (try? await exchange.body(bytesMax: 1 << 20)) ?? "too long"
        exchange.respond(.text(.ok, "\(request.methodText) \(body.text)"))
      }
      case "/moved": return .response(Self.redirect(.found, "/echo"))
      case "/kept": return .response(Self.redirect(.temporaryRedirect, "/echo"))
      case "/round": return .response(Self.redirect(.found, "/round"))
      case "/elsewhere": return .response(Self.redirect(.found, "ftp://a.test/"))
      case "/chunks": return .workflow { exchange in
        exchange.respond(Response(.ok, body: .parts(length: nil)))
        for number in 0..<100 { try? await exchange.send(Buffer("part \(number);")) }
      }
      case "/flood": return .workflow { [given] exchange in
        exchange.respond(Response(.ok, body: .parts(length: Int64(WebClientTests.largeBytes))))
        for start in stride(from: 0, to: WebClientTests.largeBytes, by: 65_536) {
          guard (try? await exchange.send(WebClientTests.pattern(start, 65_536))) != nil else { return }
          given.add(65_536)
        }
      }
      default: return .response(.text(.notFound, "nothing here"))
      }
    }

    static func redirect(_ status: Status, _ location: String) -> Response {
      var fields = FieldLines()
      fields.append(.location, location)
      return Response(status, fields: fields, body: .bytes("moved"))
    }
  }

  /// A number that grows from anywhere.
  final class Atomic64: Sendable {
    private let number = Atomic<Int>(0)
    func add(_ count: Int) { number.add(count, ordering: .acquiringAndReleasing) }
    var value: Int { number.load(ordering: .acquiring) }
  }

  static let largeBytes = 50 << 20

  /// Two turns of the large body's pattern: a thousand bytes of each value.
  private static let turns = [UInt8]((0..<512).flatMap { repeatElement(UInt8(truncatingIfNeeded: $0), count: 1_000) })

  /// At most 256,000 of the large body's bytes, from `start` on.
  static func pattern(_ start: Int, _ count: Int) -> Buffer { Buffer(turns[start % 256_000..<start % 256_000 + count]) }

  /// Writes the large body to a file.
  private func writeLarge(to path: String) throws {
    var whole = Data()
    while whole.count < Self.largeBytes { whole.append(contentsOf: Self.turns[..<min(256_000, Self.largeBytes - whole.count)]) }
    try whole.write(to: URL(fileURLWithPath: path))
  }

  /// Checks a body against the pattern as it comes.
  final class Checked: Sendable {
    private let state = Mutex((offset: 0, isRight: true))

    func take(_ piece: Buffer) {
      state.withLock { state in
        let start = state.offset
        state.isRight = state.isRight && piece.withUnsafeBytes { bytes in
          stride(from: 0, to: bytes.count, by: 97).allSatisfy { bytes[$0] == UInt8(truncatingIfNeeded: (start + $0) / 1_000) }
        }
        state.offset += piece.count
      }
    }

    var isWhole: Bool { state.withLock { $0.isRight && $0.offset == WebClientTests.largeBytes } }
  }

  /// A service of ours on a free port of loopback, and a client that finds it under every name.
  private func withService(
    _ content: Site.Content, tls: TLSServerOptions? = nil, _ body: (WebClient, UInt16) async throws -> Void
  ) async throws {
    let network = SocketNetwork(loops: 2)
    let sites = SiteSwitch(SiteSet([Site(names: [], content: content)]))
    let listener = try await WebService.start(network: network, endpoint: Endpoint(.loopback, 0), sites: sites, tls: tls)
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body(WebClient(network: network) { _, _ in [.loopback] }, listener.endpoint.port)) } catch { outcome = .failure(error) }
    await listener.close(grace: .zero)
    await network.shutDown()
    try outcome.get()
  }

  private func address(_ port: UInt16, _ path: String, isSecure: Bool = false) throws -> WebAddress {
    try #require(WebAddress("\(isSecure ? "https" : "http")://here.test:\(port)\(path)"))
  }

  @Test("what is no address is none", .spec("RFC 3986", "3.2.2"), arguments: ["a..b", "http://..", "~../x", "[[]]/", "http://[1.2.3.4]/", "a[b]", "[::1", "a:b:c"])
  func noAddress(_ text: String) { #expect(WebAddress(text) == nil) }

  @Test("addresses", arguments: [("[::1]:81/x", "http://[::1]:81/x"), ("a.test.", "http://a.test/"), ("HTTPS://A.test:443?q#f", "https://a.test/?q")])
  func address(_ text: String, _ read: String) { #expect(WebAddress(text)?.description == read) }

  @Test("GET, HEAD, POST, chunks, what is absent", .timeLimit(.minutes(1)))
  func plain() async throws {
    try await withService(.application(Desk())) { client, port in
      let chunks = try await client.get(address(port, "/chunks"))
      #expect(chunks.body.text == (0..<100).map { "part \($0);" }.joined())
      #expect(chunks.fetched.remote.port == port && chunks.fetched.bodyLength == Int64(chunks.body.count))
      let absent = try await client.get(address(port, "/nowhere"))
      #expect(absent.fetched.head.status == .notFound && absent.body.text == "nothing here")
      var head = WebClient.Ask(try address(port, "/echo"))
      head.method = .head
      #expect(try await client.fetch(head) { _ in Issue.record("a body after HEAD") }.bodyLength == 0)
      for length in [0, 5, 100_000] {
        var post = WebClient.Ask(try address(port, "/echo"))
        post.method = .post
        post.body = Buffer(repeatElement(UInt8(ascii: "x"), count: length))
        let body = Collected(bytesMax: 1 << 20)
        _ = try await client.fetch(post) { piece in try body.add(piece) }
        #expect(body.whole.count == 5 + length && body.whole.text.hasPrefix("POST "))
      }
    }
  }

  @Test("redirects: followed, with the method kept or not, without end, to what is no web address", .timeLimit(.minutes(1)))
  func redirects() async throws {
    try await withService(.application(Desk())) { client, port in
      for (path, answer) in [("/moved", "GET "), ("/kept", "POST five!")] {
        var ask = WebClient.Ask(try address(port, path))
        ask.method = .post
        ask.body = "five!"
        ask.redirectsMax = 3
        let body = Collected(bytesMax: 100)
        let fetched = try await client.fetch(ask) { piece in try body.add(piece) }
        #expect(body.whole.text == answer)
        #expect(fetched.redirects.map(\.target) == [path] && fetched.address.target == "/echo")
      }
      await #expect(throws: WebClientFailure.tooManyRedirects(3)) { _ = try await client.get(address(port, "/round"), redirectsMax: 3) }
      await #expect(throws: WebClientFailure.badRedirect("ftp://a.test/")) { _ = try await client.get(address(port, "/elsewhere")) }
      #expect(try await client.get(address(port, "/moved"), redirectsMax: 0).body.text == "moved")
    }
  }

  @Test("a large body comes at the sink's pace: what the server has given stays bounded", .timeLimit(.minutes(2)))
  func large() async throws {
    let desk = Desk()
    try await withService(.application(desk)) { client, port in
      let checked = Checked()
      let most = Atomic64()
      let pauses = Atomic64()
      let fetched = try await client.fetch(WebClient.Ask(address(port, "/flood"))) { piece in
        checked.take(piece)
        if pauses.value == 0 {
          pauses.add(1)
          try await Task.sleep(for: .milliseconds(500))
          most.add(desk.given.value)
        }
      }
      // What the kernel's two socket buffers, our queue and the windows of both sides hold together.
      #expect(most.value < 24 << 20, "\(most.value) bytes were given while nothing was taken")
      #expect(checked.isWhole && fetched.bodyLength == Int64(Self.largeBytes))
    }
  }

  @Test("a large file arrives whole, in the clear and inside TLS", .timeLimit(.minutes(2)), arguments: [false, true])
  func file(isSecure: Bool) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-client-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try writeLarge(to: folder + "/large.bin")
    let now = SystemClock().now
    let authority = try CertificateAuthority(at: now)
    let tls = isSecure ? TLSServerOptions(identities: [try authority.issue(for: ["here.test"], at: now)]) : nil
    try await withService(.files(DiskTree(try ServedFolder(path: folder))), tls: tls) { client, port in
      var client = client
      client.authorities = authority.authorityPEM
      let checked = Checked()
      _ = try await client.fetch(WebClient.Ask(address(port, "/large.bin", isSecure: isSecure))) { checked.take($0) }
      #expect(checked.isWhole)
    }
  }

  @Test("TLS: trusted, not trusted, a wrong name, not asked", .timeLimit(.minutes(1)))
  func certificates() async throws {
    let now = SystemClock().now
    let authority = try CertificateAuthority(at: now)
    let identity = try authority.issue(for: ["here.test", "other.test"], at: now)
    try await withService(.application(Desk()), tls: TLSServerOptions(identities: [identity])) { client, port in
      var client = client
      client.authorities = authority.authorityPEM
      #expect(try await client.get(address(port, "/echo", isSecure: true)).body.text == "GET ")
      let wrong = try #require(WebAddress("https://there.test:\(port)/echo"))
      await #expect(throws: WebClientFailure.self) { _ = try await client.get(wrong) }
      client.authorities = try CertificateAuthority(name: "Somebody else", at: now).authorityPEM
      do {
        _ = try await client.get(address(port, "/echo", isSecure: true))
        Issue.record("a server of an unknown authority was believed")
      } catch WebClientFailure.network(.tls) {}
      client.acceptsAnything = true
      #expect(try await client.get(address(port, "/echo", isSecure: true)).body.text == "GET ")
    }
  }

  @Test("nobody listens; no such name; the server closes at once; the body is longer than wanted", .timeLimit(.minutes(1)))
  func failures() async throws {
    try await withService(.application(Desk())) { client, port in
      await #expect(throws: WebClientFailure.bodyTooLong(10)) { _ = try await client.get(address(port, "/chunks"), bytesMax: 10) }
    }
    let network = SocketNetwork(loops: 1)
    let closing = try await network.listen(at: Endpoint(.loopback, 0), options: ListenOptions()) { _, _ in nil }
    let client = WebClient(network: network) { name, _ in name == "here.test" ? [.loopback] : [] }
    do {
      _ = try await client.get(address(closing.endpoint.port, "/"))
      Issue.record("an answer from nobody")
    } catch let failure as ClientConversation.Failure {
      #expect(failure.kind == .closedEarly && failure.isRepeatable)
    } catch WebClientFailure.network {
      // The connection may be gone before it is told that it is there.
    }
    await closing.close(grace: .zero)
    await #expect(throws: WebClientFailure.network(.refused(closing.endpoint))) { _ = try await client.get(address(closing.endpoint.port, "/")) }
    await #expect(throws: WebClientFailure.noSuchHost("there.test")) { _ = try await client.get(#require(WebAddress("http://there.test/"))) }
    await network.shutDown()
  }

  /// Serves one connection on each of four ports, and ends each in its own way.
  private static let endings = """
    import os, socket, ssl, struct, sys, threading
    os.chdir(sys.argv[1])
    def serve(listener, isSecure, isClean):
        connection, _ = listener.accept()
        if isSecure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain("chain.pem", "key.pem")
            connection = context.wrap_socket(connection, server_side=True)
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\nall of it")
        if isSecure and isClean: connection.unwrap()
        if not isSecure and not isClean:
            while not os.path.exists("read"): pass
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    threading.Timer(60, lambda: os._exit(1)).start()
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
    threads = [threading.Thread(target=serve, args=(listener, index >= 2, index % 2 == 0)) for index, listener in enumerate(listeners)]
    for thread in threads: thread.start()
    open("ports.part", "w").write(" ".join(str(listener.getsockname()[1]) for listener in listeners)); os.rename("ports.part", "ports")
    for thread in threads: thread.join()
    os._exit(0)
    """

  @Test("content until the connection's end: whole after a proper end, cut short after a reset or TLS without its farewell", .timeLimit(.minutes(2)))
  func untilTheEnd() async throws {
    guard let python = ProgramRunner("python3") else { return }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-client-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let now = SystemClock().now
    let identity = try CertificateAuthority(at: now).issue(for: ["here.test"], at: now)
    try identity.chain.write(toFile: folder + "/chain.pem", atomically: true, encoding: .utf8)
    try identity.key.write(toFile: folder + "/key.pem", atomically: true, encoding: .utf8)
    async let ended = python.run(["-c", Self.endings, folder], timeout: .seconds(90))
    var ports: [UInt16] = []
    for _ in 0..<2_000 where ports.isEmpty {
      ports = ((try? String(contentsOfFile: folder + "/ports", encoding: .utf8)) ?? "").split(separator: " ").compactMap { UInt16($0) }
      try await Task.sleep(for: .milliseconds(5))
    }
    #expect(ports.count == 4)
    let network = SocketNetwork(loops: 1)
    var client = WebClient(network: network) { _, _ in [.loopback] }
    client.acceptsAnything = true
    for (index, port) in ports.enumerated() {
      let isClean = index % 2 == 0
      let body = Collected(bytesMax: 100)
      do {
        _ = try await client.fetch(WebClient.Ask(try address(port, "/", isSecure: index >= 2))) { piece in
          try body.add(piece)
          // A reset may throw away what was not read yet: it comes when all was.
          if body.whole.text == "all of it" { _ = FileManager.default.createFile(atPath: folder + "/read", contents: nil) }
        }
        #expect(isClean, "what may be cut short was taken for whole: \(index)")
      } catch let failure as ClientConversation.Failure {
        #expect(!isClean && failure.kind == .closedEarly, "\(index): \(failure)")
      }
      #expect(body.whole.text == "all of it", "\(index)")
    }
    await network.shutDown()
    #expect(await ended.status == 0)
  }

  /// Ends by itself after a minute, or when asked for `/quit`.
  private static let script = """
    import http.server, os, sys, threading
    class Desk(http.server.SimpleHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said = self.path.encode() + b" " + body
            self.send_response(200); self.send_header("Content-Length", str(len(said))); self.end_headers(); self.wfile.write(said)
        def do_GET(self):
            if self.path == "/quit": os._exit(0)
            if self.path == "/away":
                self.send_response(302); self.send_header("Location", "large.bin"); self.send_header("Content-Length", "0"); self.end_headers(); return
            super().do_GET()
        def log_message(self, *words): pass
    os.chdir(sys.argv[1])
    Desk.protocol_version = sys.argv[2]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    threading.Timer(60, lambda: os._exit(1)).start()
    open("port.part", "w").write(str(server.server_address[1])); os.rename("port.part", "port")
    server.serve_forever()
    """

  @Test("Python's http.server", .timeLimit(.minutes(2)), arguments: ["HTTP/1.0", "HTTP/1.1"])
  func python(version: String) async throws {
    guard let python = ProgramRunner("python3") else { return }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("netstead-client-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try writeLarge(to: folder + "/large.bin")
    async let ended = python.run(["-c", Self.script, folder, version], timeout: .seconds(90))
    var port: UInt16?
    for _ in 0..<2_000 where port == nil {
      port = (try? String(contentsOfFile: folder + "/port", encoding: .utf8)).flatMap { UInt16($0) }
      try await Task.sleep(for: .milliseconds(5))
    }
    let network = SocketNetwork(loops: 1)
    let client = WebClient(network: network) { _, _ in [.loopback] }
    if let port {
      let checked = Checked()
      var ask = WebClient.Ask(try address(port, "/away"))
      ask.redirectsMax = 1
      let fetched = try await client.fetch(ask) { checked.take($0) }
      #expect(checked.isWhole && fetched.redirects.count == 1)
      var head = WebClient.Ask(try address(port, "/large.bin"))
      head.method = .head
      #expect(try await client.fetch(head) { _ in Issue.record("a body after HEAD") }.head.text(of: .contentLength) == "\(Self.largeBytes)")
      var post = WebClient.Ask(try address(port, "/p"))
      post.method = .post
      post.body = "hello"
      let body = Collected(bytesMax: 100)
      _ = try await client.fetch(post) { piece in try body.add(piece) }
      #expect(body.whole.text == "/p hello")
      #expect(try await client.get(address(port, "/absent")).fetched.head.status == .notFound)
      _ = try? await client.get(address(port, "/quit"))
    }
    #expect(port != nil)
    await network.shutDown()
    #expect(await ended.status == 0)
  }
}
