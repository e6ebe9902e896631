// A request that says in two ways where it ends: refused, unless a limit says which of them counts.
import Bytes
import HTTP
import TestKit
import Testing

@Suite("Length and coding together", .spec("RFC 9112", "6.1"))
struct LengthConflictTests {
  private static let text = "POST /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"

  @Test("each rule", arguments: LengthConflict.allCases)
  func rules(_ rule: LengthConflict) throws {
    var limits = HTTP.Limits()
    limits.lengthConflict = rule
    var reader = RequestReader(limits: limits)
    var bytes = Buffer(Self.text)
    guard rule != .refused else {
      #expect(throws: Refusal.self) { try reader.next(from: &bytes) }
      return
    }
    let head = try #require(try reader.next(from: &bytes))
    #expect(head.hasLengthConflict && head.framing == (rule == .lengthCounts ? .length(5) : .chunked))
  }

  @Test("nothing else is let through by a rule", arguments: [
    "Content-Length: 5\r\nContent-Length: 5", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Content-Length: 5\r\nTransfer-Encoding: gzip",
  ])
  func others(_ fields: String) throws {
    var limits = HTTP.Limits()
    limits.lengthConflict = .codingCounts
    var reader = RequestReader(limits: limits)
    var bytes = Buffer("POST /a HTTP/1.1\r\nHost: a.test\r\n\(fields)\r\n\r\n")
    #expect(throws: Refusal.self) { try reader.next(from: &bytes) }
  }

  @Test("both are written only when a request had both")
  func written() throws {
    var request = Request(.post, "/a", authority: "a.test", body: .parts(length: 5))
    #expect(try !RequestWriter.head(of: request).text.contains("Transfer-Encoding"))
    request.repeatsCoding = true
    let text = try RequestWriter.head(of: request).text
    #expect(text.contains("Content-Length: 5\r\n") && text.contains("Transfer-Encoding: chunked\r\n"))
    request.body = .parts(length: nil)
    #expect(try RequestWriter.head(of: request).text.components("Transfer-Encoding") == 1)
  }
}

extension String {
  fileprivate func components(_ part: String) -> Int { split(separator: part, omittingEmptySubsequences: false).count - 1 }
}
