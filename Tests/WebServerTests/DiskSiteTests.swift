// A site on disk while its files change under it, and every attempt to read what is not served.
import Bytes
import Glibc
import HTTP
import Storage
import Testing
import World

@testable import WebServer

@Suite struct DiskSiteTests {
  let scratch = ScratchFolder()
  let start = Instant(secondsSince1970: 1_800_000_000)

  func site(_ change: (inout Site) -> Void = { _ in }) throws -> Site {
    var site = Site(names: [], content: .files(DiskTree(try ServedFolder(path: scratch.path))))
    change(&site)
    return site
  }

  @Test("a replaced, changed, deleted and new file is seen after a second at the latest, and a known one not before")
  func changes() throws {
    scratch.write("a.txt", "one", modified: 1_700_000_000)
    let connection = TestConnection(try site())
    let first = connection.get("/a.txt", at: start)
    #expect(first?.body.text == "one")
    scratch.write("a.txt", "two!", modified: 1_700_000_100)
    #expect(connection.get("/a.txt", at: start + .milliseconds(900))?.body.text == "one")
    let second = connection.get("/a.txt", at: start + .seconds(1))
    #expect(second?.body.text == "two!")
    #expect(second?["ETag"] != first?["ETag"])
    #expect(connection.get("/a.txt", "If-None-Match: \(first?["ETag"] ?? "")", at: start + .seconds(1))?.status == 200)
    // Same size, same time, another file: the inode tells.
    scratch.write("a.txt", "2222", modified: 1_700_000_100)
    #expect(connection.get("/a.txt", at: start + .seconds(2))?.body.text == "2222")
    scratch.delete("a.txt")
    #expect(connection.get("/a.txt", at: start + .seconds(3))?.status == 404)
    scratch.write("a.txt", "again", modified: 1_700_000_200)
    #expect(connection.get("/a.txt", at: start + .seconds(3))?.body.text == "again")
    scratch.makeFolder("b")
    #expect(connection.get("/b", at: start + .seconds(3))?.status == 301)
    #expect(connection.get("/b/", at: start + .seconds(3))?.status == 404)
    scratch.write("b/index.html", "inner")
    #expect(connection.get("/b/", at: start + .seconds(3))?.body.text == "inner")
  }

  @Test("a large file that is deleted or replaced goes on being what it was for who has begun it")
  func largeFile() throws {
    let large = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 % 251) }
    scratch.write("large.bin", large, modified: 1_700_000_000)
    let connection = TestConnection(try site())
    #expect(connection.get("/large.bin", at: start)?.body.array == large)
    #expect(connection.get("/large.bin", "Range: bytes=199990-", at: start)?.body.array == Array(large[199_990...]))
    let several = connection.get("/large.bin", "Range: bytes=0-9,100000-100009", at: start)
    #expect(several?.status == 206)
    #expect(several?.body.text.contains("Content-Range: bytes 100000-100009/200000") == true)
    scratch.delete("large.bin")
    #expect(connection.get("/large.bin", at: start + .milliseconds(500))?.body.array == large)
    #expect(connection.get("/large.bin", at: start + .seconds(1))?.status == 404)
  }

  @Test("a precompressed sibling that comes and goes")
  func siblings() throws {
    scratch.write("s.css", "plain", modified: 1_700_000_000)
    let connection = TestConnection(try site())
    let gzip = "Accept-Encoding: gzip"
    #expect(connection.get("/s.css", gzip, at: start)?.body.text == "plain")
    scratch.write("s.css.gz", "packed", modified: 1_700_000_001)
    #expect(connection.get("/s.css", gzip, at: start + .seconds(1))?.body.text == "packed")
    #expect(connection.get("/s.css", at: start + .seconds(1))?.body.text == "plain")
    scratch.write("s.css", "newer", modified: 1_700_000_002)
    #expect(connection.get("/s.css", gzip, at: start + .seconds(2))?.body.text == "newer")
    scratch.write("s.css.gz", "packed again", modified: 1_700_000_003)
    #expect(connection.get("/s.css", gzip, at: start + .seconds(3))?.body.text == "packed again")
    scratch.delete("s.css.gz")
    #expect(connection.get("/s.css", gzip, at: start + .seconds(4))?.body.text == "newer")
  }

  static let attacks = [
    "/../secret.txt", "/%2e%2e/secret.txt", "/%2E%2E/secret.txt", "/..%2fsecret.txt", "/%2e%2e%2fsecret.txt", "/.%2e/secret.txt", "/root/../../secret.txt",
    "/..%5csecret.txt", "/%252e%252e/secret.txt", "/out-link", "/absolute-link", "/up-link/secret.txt", "/.hidden", "/.git/config", "/folder/.hidden",
    "//etc/passwd", "/%2fetc/passwd", "/etc-link/passwd", "/public.txt%00.html", "/pipe", "/public.txt/", "/public.txt/..", "/%c0%ae%c0%ae/secret.txt",
    "/%ff", "/folder/%2e", "/folder/%2e%2e/%2e%2e/secret.txt", "/\u{2e}\u{2e}/secret.txt", "/x/..;/secret.txt",
  ]

  @Test("what is outside or hidden is never read", arguments: attacks)
  func attack(_ path: String) throws {
    scratch.makeFolder("root")
    scratch.write("secret.txt", "SECRET")
    scratch.write("root/public.txt", "public")
    scratch.write("root/.hidden", "SECRET")
    scratch.makeFolder("root/.git")
    scratch.write("root/.git/config", "SECRET")
    scratch.makeFolder("root/folder")
    scratch.write("root/folder/.hidden", "SECRET")
    scratch.link("root/out-link", to: "../secret.txt")
    scratch.link("root/absolute-link", to: "\(scratch.path)/secret.txt")
    scratch.link("root/up-link", to: "..")
    scratch.makeFolder("outside")
    scratch.write("outside/passwd", "SECRET")
    scratch.link("root/etc-link", to: "\(scratch.path)/outside")
    mkfifo("\(scratch.path)/root/pipe", 0o644)
    var site = Site(names: [], content: .files(DiskTree(try ServedFolder(path: "\(scratch.path)/root"))))
    site.listsFolders = true
    let answer = TestConnection(site).get(path)
    #expect(answer.map { $0.status == 404 || $0.status == 400 } == true)
    #expect(answer?.body.text.contains("SECRET") == false)
    #expect(answer?.body.text.contains("root:") == false)
    #expect(TestConnection(site).get("/public.txt")?.body.text == "public")
  }

  @Test("well-known files are public although their folder's name begins with a dot")
  func wellKnown() throws {
    scratch.makeFolder(".well-known")
    scratch.write(".well-known/security.txt", "Contact: me")
    scratch.write(".well-known/.secret", "x")
    scratch.makeFolder(".well-known2")
    scratch.write(".well-known2/x", "x")
    let connection = TestConnection(try site())
    #expect(connection.get("/.well-known/security.txt")?.body.text == "Contact: me")
    #expect(connection.get("/.well-known/.secret")?.status == 404)
    #expect(connection.get("/.well-known2/x")?.status == 404)
  }

  @Test("the cache holds as many files and bytes as it may")
  func bounds() throws {
    for number in 0..<50 { scratch.write("\(number).txt", String(repeating: "x", count: 1_000)) }
    let site = try site {
      $0.limits.openFilesMax = 10
      $0.limits.filesInMemoryBytesMax = 5_500
    }
    guard case .files(let tree) = site.content else { return }
    let cache = OpenFileCache(tree, site: site)
    for round in 0..<3 {
      for number in 0..<50 {
        guard case .file(let file) = cache.find(Array("\(number).txt".utf8), at: start + .seconds(round * 2)) else {
          Issue.record("\(number).txt is not found")
          return
        }
        #expect(file.size == 1_000)
        #expect(cache.count <= 10)
        #expect(cache.heldBytes <= 5_500)
      }
    }
    #expect(cache.count == 5)
  }

  @Test("a folder with many names is listed up to the bound, and says so")
  func manyNames() throws {
    for number in 0..<300 { scratch.write("file-\(number)", "") }
    let site = try site {
      $0.listsFolders = true
      $0.limits.itemsListedMax = 100
    }
    let page = TestConnection(site).get("/")?.body.text ?? ""
    #expect(page.components("<tr><td>") == 100)
    #expect(page.contains("There is more"))
  }

  @Test("a turned link leads to the other folder")
  func turnedLink() throws {
    scratch.makeFolder("one")
    scratch.makeFolder("two")
    scratch.write("one/a", "1", modified: 1_700_000_000)
    scratch.write("two/a", "2", modified: 1_700_000_000)
    scratch.link("current", to: "one")
    let site = Site(names: [], content: .files(DiskTree(try ServedFolder(path: "\(scratch.path)/current"))))
    let connection = TestConnection(site)
    #expect(connection.get("/a", at: start)?.body.text == "1")
    scratch.delete("current")
    scratch.link("current", to: "two")
    #expect(connection.get("/a", at: start + .seconds(1))?.body.text == "2")
  }
}

extension String {
  /// How often `text` stands here.
  fileprivate func components(_ text: String) -> Int {
    var count = 0
    var rest = self[...]
    while let range = rest.firstRange(of: text) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
