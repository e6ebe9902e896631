// Sites that may be changed and entered by users only: PUT, DELETE, conditions, areas, redirects, and forms with files that are cut off.
import Accounts
import Bytes
import HTTP
import Storage
import Testing
import Transport
import World

@testable import WebServer

/// A writable site in a folder of its own: `/drop` for users, `/secret` too.
private func site(_ scratch: ScratchFolder, bytesMax: Int64 = 1_000) throws -> Site {
  scratch.makeFolder("drop")
  scratch.makeFolder("secret")
  scratch.write("index.html", "home")
  scratch.write("secret/index.html", "for users")
  scratch.write("missing.html", "own page")
  var random = SeededRandom(seed: 1)
  let hash = PasswordHash("ruby", costLog: 2, using: &random)
  let users = PasswordBook(["alice": try #require(hash)], random: &random)
  let folder = try ServedFolder(path: scratch.path)
  var site = Site(names: ["www.home.test"], content: .files(DiskTree(folder)))
  let drop = try #require(PathArea("/drop"))
  site.writing = SiteWriting(try WritableFolder(folder), areas: [drop], fileBytesMax: bytesMax)
  site.protection = SiteProtection(realm: "home", users: users, areas: [try #require(PathArea("/secret"))], changingAreas: [drop])
  site.redirects = [try #require(SiteRedirect(from: "/old", to: "/new")), try #require(SiteRedirect(from: "/away/x", to: "http://other.test/?a=b", status: .found))]
  site.errorPages = [404: "missing.html"]
  return site
}

extension TestConnection {
  /// Sends a request and waits for its answer, which a workflow gives.
  func askLater(_ method: String, _ path: String, _ fields: [String] = [], body: Buffer? = nil) async -> Answer? {
    carrier.sent = Buffer()
    let length = body.map { ["Content-Length: \($0.count)"] } ?? []
    end.received(Buffer((["\(method) \(path) HTTP/1.1", "Host: www.home.test"] + fields + length).joined(separator: "\r\n") + "\r\n\r\n"))
    if let body { end.received(body) }
    var answer: Answer?
    _ = await eventually {
      var sent = carrier.sent
      answer = Answer(&sent, toHead: method == "HEAD")
      return answer != nil
    }
    return answer
  }
}

@Suite struct ChangingSiteTests {
  private let user = "Authorization: Basic YWxpY2U6cnVieQ=="

  @Test("a file is put, read, replaced and removed, each under its conditions")
  func putting() async throws {
    let scratch = ScratchFolder()
    let connection = TestConnection(try site(scratch))
    let stranger = await connection.askLater("PUT", "/drop/a.txt", body: "one")
    #expect(stranger?.status == 401 && stranger?["WWW-Authenticate"] == "Basic realm=\"home\", charset=\"UTF-8\"")
    let wrong = await connection.askLater("PUT", "/drop/a.txt", ["Authorization: Basic YWxpY2U6cnViZQ=="], body: "one")
    #expect(wrong?.status == 401 && scratch.names(in: "drop") == [])
    let made = await connection.askLater("PUT", "/drop/a.txt", [user, "If-None-Match: *"], body: "one")
    #expect(made?.status == 201)
    let tag = try #require(made?["ETag"])
    let read = await connection.askLater("GET", "/drop/a.txt")
    #expect(read?.body == "one" && read?["ETag"] == tag)
    for (fields, status) in [(["If-None-Match: *"], 412), (["If-Match: \"other\""], 412), (["If-Match: W/\(tag)"], 412), (["If-Match: \(tag)"], 204)] {
      #expect(await connection.askLater("PUT", "/drop/a.txt", [user] + fields, body: "two")?.status == status, "\(fields)")
    }
    // What was put a moment ago is what the next one reads.
    #expect(await connection.askLater("GET", "/drop/a.txt")?.body == "two")
    #expect(await connection.askLater("DELETE", "/drop/a.txt", [user, "If-Match: \(tag)"])?.status == 412)
    #expect(await connection.askLater("DELETE", "/drop/a.txt", [user])?.status == 204)
    #expect(await connection.askLater("GET", "/drop/a.txt")?.status == 404)
    #expect(await connection.askLater("DELETE", "/drop/a.txt", [user])?.status == 404)
    #expect(scratch.names(in: "drop") == [] && scratch.names(in: ".") == ["drop", "index.html", "missing.html", "secret"])
  }

  @Test("what is not put", arguments: [
    ("/drop/", [], 409), ("/drop/none/x", [], 404), ("/drop/.hidden", [], 403), ("/x.txt", [], 405), ("/drop/a", ["Content-Range: bytes 0-2/9"], 400),
    ("/drop/a", ["Content-Encoding: gzip"], 415), ("/drop/%2e%2e/x", [], 405), ("/secret/x", [], 405),
  ] as [(String, [String], Int)])
  func refused(path: String, fields: [String], status: Int) async throws {
    let scratch = ScratchFolder()
    let connection = TestConnection(try site(scratch))
    #expect(await connection.askLater("PUT", path, [user] + fields, body: "abc")?.status == status)
    #expect(scratch.names(in: "drop") == [])
  }

  @Test("too large a file is refused, announced or not, and nothing of it stays")
  func large() async throws {
    let scratch = ScratchFolder()
    let connection = TestConnection(try site(scratch, bytesMax: 4))
    #expect(await connection.askLater("PUT", "/drop/a", [user], body: "12345")?.status == 413)
    let chunked = TestConnection(try site(scratch, bytesMax: 4))
    chunked.end.received(Buffer("PUT /drop/a HTTP/1.1\r\nHost: www.home.test\r\n\(user)\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n"))
    #expect(await chunked.eventually { chunked.carrier.sent.text.contains(" 413 ") })
    #expect(scratch.names(in: "drop") == [])
  }

  @Test("an upload cut off leaves nothing, and the file before stays")
  func cutOff() async throws {
    let scratch = ScratchFolder()
    let site = try site(scratch)
    let first = TestConnection(site)
    #expect(await first.askLater("PUT", "/drop/a", [user], body: "before")?.status == 201)
    let connection = TestConnection(site)
    connection.end.received(Buffer("PUT /drop/a HTTP/1.1\r\nHost: www.home.test\r\n\(user)\r\nContent-Length: 100\r\n\r\nhalf of it"))
    #expect(await connection.eventually { scratch.names(in: ".").count == 5 }, "no draft was begun")
    connection.end.peerClosed()
    connection.end.closed(because: "the peer has gone")
    #expect(await connection.eventually { scratch.names(in: ".").count == 4 }, "the draft stays: \(scratch.names(in: "."))")
    #expect(await first.askLater("GET", "/drop/a")?.body == "before")
  }

  @Test("areas for users, however their path is written", arguments: [
    ("/", 200), ("/secret/", 401), ("/%73ecret/", 401), ("//secret/", 401), ("/secret/index.html", 401), ("/secretly", 404), ("/drop", 301),
  ])
  func areas(path: String, status: Int) async throws {
    let scratch = ScratchFolder()
    let connection = TestConnection(try site(scratch))
    #expect(await connection.askLater("GET", path)?.status == status)
    if status == 401 { #expect(await connection.askLater("GET", path, [user])?.body == "for users") }
    if status == 404 { #expect(await connection.askLater("GET", path)?.body == "own page") }
  }

  @Test("pages that moved; the query goes along unless the target has one", arguments: [
    ("/old", 301, "/new"), ("/old?x=1", 301, "/new?x=1"), ("/%6Fld/", 301, "/new"), ("/away/x?y", 302, "http://other.test/?a=b"),
  ])
  func redirects(path: String, status: Int, location: String) async throws {
    let connection = TestConnection(try site(ScratchFolder()))
    let answer = await connection.askLater("GET", path)
    #expect(answer?.status == status && answer?["Location"] == location)
    #expect(SiteRedirect(from: "/a", to: "//evil.test") == nil && SiteRedirect(from: "a", to: "/b") == nil && SiteRedirect(from: "/a", to: "/b", status: .ok) == nil)
  }

  @Test("OPTIONS says what may be done where")
  func options() async throws {
    let connection = TestConnection(try site(ScratchFolder()))
    #expect(await connection.askLater("OPTIONS", "/drop/x")?["Allow"] == "GET, HEAD, OPTIONS, PUT, DELETE")
    #expect(await connection.askLater("OPTIONS", "/x")?["Allow"] == "GET, HEAD, OPTIONS")
  }
}

/// Keeps the files of a form, and tells what it got.
private struct Counter: Application {
  let blobs: any BlobStore
  var limits = FormLimits()

  func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
    .workflow { exchange in
      do {
        let form = try await exchange.form(into: blobs, limits: limits)
        for (number, file) in form.files.enumerated() { if let name = BlobName("file-\(number)") { try await file.draft.keep(as: name) } }
        let fields = form.fields.all.map { "\($0.name)=\($0.value)" } + form.files.map { "\($0.field):\($0.fileName):\($0.draft.count):\($0.beginning.text)" }
        exchange.respond(.text(.ok, fields.joined(separator: "\n")))
      } catch let refusal as Refusal { exchange.respond(.text(refusal.status, refusal.explanation)) } catch {}
    }
  }
}

@Suite struct FormReceptionTests {
  private let type = "Content-Type: multipart/form-data; boundary=B"
  private func part(_ name: String, _ file: String?, _ content: String) -> String {
    "--B\r\nContent-Disposition: form-data; name=\(name)\(file.map { "; filename=\"\($0)\"" } ?? "")\r\n\r\n\(content)\r\n"
  }

  @Test("a form as text and one in parts; files go to the disk")
  func forms() async throws {
    let scratch = ScratchFolder()
    let blobs = try FileBlobs(directory: scratch.path + "/blobs")
    let connection = TestConnection(Site(names: [], content: .application(Counter(blobs: blobs))))
    let text = await connection.askLater("POST", "/", ["Content-Type: application/x-www-form-urlencoded"], body: "a=1&b=x+y")
    #expect(text?.body == "a=1\nb=x y")
    let big = String(repeating: "0123456789", count: 5_000)
    let parts = part("a", nil, "1") + part("f", "x/y.bin", big) + part("none", "", "") + "--B--\r\n"
    let answer = await connection.askLater("POST", "/", [type], body: Buffer(parts))
    #expect(answer?.body.text == "a=1\nf:y.bin:50000:0123456789012345", "\(answer?.body.text ?? "")")
    #expect(try await blobs.bytes(of: try #require(BlobName("file-0"))) == Buffer(big))
    #expect(scratch.names(in: "blobs") == ["file-0"])
  }

  @Test("what is no form, or more than is taken, leaves nothing behind", arguments: [
    ("Content-Type: text/plain", "a", 415), ("X: y", "a", 415), ("Content-Type: multipart/form-data", "a", 400),
    ("Content-Type: multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n123456789\r\n--B--", 413),
    ("Content-Type: multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n12345", 400),
    ("Content-Type: multipart/form-data; boundary=B", "--B\r\nContent-Disposition: form-data; name=v\r\n\r\n12345\r\n--B--", 413),
    ("Content-Type: application/x-www-form-urlencoded", "a=123456789012345678901234567890", 413),
  ])
  func refused(field: String, body: String, status: Int) async throws {
    let scratch = ScratchFolder()
    var limits = FormLimits()
    limits.fileBytesMax = 8
    limits.valueBytesMax = 4
    limits.textBytesMax = 20
    let blobs = try FileBlobs(directory: scratch.path + "/blobs")
    let connection = TestConnection(Site(names: [], content: .application(Counter(blobs: blobs, limits: limits))))
    #expect(await connection.askLater("POST", "/", [field], body: Buffer(body))?.status == status)
    #expect(scratch.names(in: "blobs") == [])
  }

  @Test("a form cut off leaves no half file")
  func cutOff() async throws {
    let scratch = ScratchFolder()
    let blobs = try FileBlobs(directory: scratch.path + "/blobs")
    let connection = TestConnection(Site(names: [], content: .application(Counter(blobs: blobs))))
    connection.end.received(Buffer("POST / HTTP/1.1\r\nHost: a\r\n\(type)\r\nContent-Length: 1000\r\n\r\n" + part("f", "x", "half")))
    #expect(await connection.eventually { scratch.names(in: "blobs").count == 1 }, "no draft was begun")
    connection.end.peerClosed()
    connection.end.closed(because: "the peer has gone")
    #expect(await connection.eventually { scratch.names(in: "blobs") == [] })
  }
}
