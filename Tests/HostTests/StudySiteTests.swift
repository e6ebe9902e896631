// The sites that are there to be studied: what a tracker learns of its visitors, what a careless site puts into caches.
import Bytes
import HTTP
import Testing
import World

@testable import Host
@testable import WebServer

@Suite("Sites to be studied")
struct StudySiteTests {
  /// What `application` answers to a request for `path` with these fields.
  private func ask(_ application: any Application, _ path: String, _ fields: String..., method: String = "GET") throws -> (head: String, content: String) {
    var bytes = Buffer((["\(method) \(path) HTTP/1.1", "Host: study.test"] + fields + ["", ""]).joined(separator: "\r\n"))
    var reader = RequestReader(limits: HTTP.Limits())
    let head = try #require(try reader.next(from: &bytes))
    guard case .response(let response) = application.answer(head, at: Instant(nanoseconds: 0)), case .bytes(let content) = response.body else {
      Issue.record("\(path) is not answered at once")
      return ("", "")
    }
    return ("\(response.status)\n" + response.fields.bytes.text, content.text)
  }

  private func number(in head: String) -> String? { head.firstMatch(of: /visitor=([0-9a-f]{32}); Max-Age=31536000; Path=\//).map { String($0.1) } }

  @Test("a tracker numbers everybody once, and knows on whose pages its picture was seen")
  func tracks() throws {
    var limits = TrackerLimits()
    limits.sightingsMax = 3
    let tracker = Tracker(random: SeededRandom(seed: 5), limits: limits)
    let first = try #require(number(in: try ask(tracker, "/pixel.svg", "Referer: http://a.test/").head))
    let again = try ask(tracker, "/pixel.svg", "Cookie: x=1; visitor=\(first)", "Referer: http://b.test/")
    let second = try #require(number(in: try ask(tracker, "/pixel.svg", "Referer: http://a.test/", "Cookie: visitor=made-up").head))
    #expect(number(in: again.head) == nil && again.content.hasPrefix("<svg") && again.head.contains("no-store") && first != second)
    #expect(try ask(tracker, "/").content == "Seen:\n\(first) http://a.test/\n\(first) http://b.test/\n\(second) http://a.test/\n")
    // Bounded: the oldest goes, long names are cut.
    _ = try ask(tracker, "/pixel.svg", "Cookie: visitor=\(second)", "Referer: http://c.test/" + String(repeating: "x", count: 500))
    let seen = try ask(tracker, "/").content
    #expect(seen.hasPrefix("Seen:\n\(first) http://b.test/\n") && seen.utf8.count < 500)
    #expect(try ask(tracker, "/pixel.svg", method: "DELETE").head.hasPrefix("405"))
    #expect(try ask(tracker, "/other").head.hasPrefix("404"))
  }

  @Test("greetings: the language that is liked best, and what is said of the choice", arguments: [
    ("/", "Accept-Language: fr;q=0.5, sv", "God morgon.\n", true), ("/", "Accept-Language: xx", "Good morning.\n", true), ("/", "X: y", "Good morning.\n", true),
    ("/careless", "Accept-Language: de", "Guten Morgen.\n", false), ("/gullible", "X-Host: evil.test", "Log in at http://evil.test/login\n", false),
    ("/gullible", "X-Host: a<b>\"c", "Log in at http://abc/login\n", false), ("/strict", "X-Host: evil.test", "Log in at http://study.test/login\n", false),
  ])
  func greets(_ path: String, _ field: String, _ content: String, _ varies: Bool) throws {
    let answer = try ask(Greetings(), path, field)
    #expect(answer.content == content && answer.head.contains("Vary: Accept-Language") == varies && answer.head.contains("max-age=60"), "\(answer.head)")
  }
}
