// The framing cases about bodies, chunks and several requests on one connection.
// Read before: FramingTable.swift.
import Bytes

extension FramingCase {
  private static let host = "Host: a.test\r\n"
  private static let r = Outcome.ends([400])
  private static let ok = Outcome.goesOn([200])
  private static let hidden = "GET /hidden HTTP/1.1\r\nHost: a.test\r\n\r\n"

  private static func chunked(_ body: String, _ outcome: Outcome, _ id: String, bodies: [String]? = nil) -> FramingCase {
    FramingCase(id, post("Transfer-Encoding: chunked", then: body), outcome, bodies: bodies)
  }

  static let lengths: [FramingCase] =
    ["5", " 5 ", "\t5\t", "  5"].map { FramingCase("cl-ok", post("Content-Length:\($0)", then: "hello"), ok, bodies: ["hello"]) }
    + [FramingCase("cl-ok", post("Content-Length: 0", then: ""), ok, bodies: [""])]
    + ["+5", "-1", "-0", "0x5", "0o5", "1_0", "1 0", "5x", "abc", "", "12345678901234567890", "1234567890123456789", "5.0", "5,", "\u{B2}"].map {
      FramingCase("cl-digits", post("Content-Length: \($0)", then: "hello"), r)
    }
    + ["005", "00", "0200"].map { FramingCase("cl-zeros", post("Content-Length: \($0)", then: "hello"), r) }
    + ["5, 5", "5, 5, 5", "5, 10", "5\r\nContent-Length: 5", "5\r\nContent-Length: 6"].map {
      FramingCase("cl-many", post("Content-Length: \($0)", then: "hello"), r)
    }
    + ["chunked", "Chunked", "xchunked", "chunked, chunked", "\tchunked"].flatMap {
      [
        FramingCase("cl-te", post("Content-Length: 5", "Transfer-Encoding: \($0)", then: "0\r\n\r\n"), r),
        FramingCase("cl-te", post("Transfer-Encoding: \($0)", "Content-Length: 5", then: "0\r\n\r\n"), r),
      ]
    }
    + [
      FramingCase("cl-max", post("Content-Length: 123456789012345678", then: ""), .ends([413])),
      FramingCase("fld-underscore", post("Content_Length: 99", "Content-Length: 5", then: "hello"), ok, bodies: ["hello"]),
      FramingCase("fld-underscore", post("Transfer_Encoding: chunked", "Content-Length: 5", then: "hello"), ok, bodies: ["hello"]),
      FramingCase("body-short", post("Content-Length: 10", then: "hello"), .timesOut(408)),
      FramingCase("body-short", post("Transfer-Encoding: chunked", then: "5\r\nhello\r\n"), .timesOut(408)),
      FramingCase("body-short", post("Content-Length: 999999999", then: ""), .timesOut(408)),
    ]

  static let codings: [FramingCase] =
    ["chunked", "Chunked", "CHUNKED", " chunked ", "\tchunked\t"].map {
      FramingCase("te-ok", post("Transfer-Encoding:\($0)", then: "5\r\nhello\r\n0\r\n\r\n"), ok, bodies: ["hello"])
    }
    + [FramingCase("te-10", "POST / HTTP/1.0\r\n\(host)Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", r)]
    + ["gzip", "identity", "xchunked", "gzip, chunked"].map {
      FramingCase("te-unknown", post("Transfer-Encoding: \($0)", then: "0\r\n\r\n"), .ends([501]))
    }
    + ["chunked, gzip", "chunked, chunked", ", chunked", "chunked,", "chunked;x=y", "chunked\r\nTransfer-Encoding: chunked", "", "chunked identity"]
    .map { FramingCase("te-list", post("Transfer-Encoding: \($0)", then: "0\r\n\r\n"), r) }
    + ["\r\n chunked", "\u{B}chunked", "chunked\u{C}", "chunked\u{0}"].map {
      FramingCase("te-bytes", post("Transfer-Encoding: \($0)", then: "0\r\n\r\n"), r)
    }
    + [FramingCase("te-bytes", post("Transfer-Encoding : chunked", then: "0\r\n\r\n"), r)]

  static let chunks: [FramingCase] = [
    chunked("5\r\nhello\r\n0\r\n\r\n", ok, "chunk-ok", bodies: ["hello"]), chunked("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", ok, "chunk-ok", bodies: ["hello"]),
    chunked("0\r\n\r\n", ok, "chunk-ok", bodies: [""]), chunked("A\r\n0123456789\r\n0\r\n\r\n", ok, "chunk-ok", bodies: ["0123456789"]),
    chunked("a\r\n0123456789\r\n0\r\n\r\n", ok, "chunk-ok"), chunked("00a\r\n0123456789\r\n0\r\n\r\n", ok, "chunk-ok"),
    chunked("1;a=b\r\nx\r\n0\r\n\r\n", ok, "chunk-ok", bodies: ["x"]), chunked("1;a=\"q;\\\"\"\r\nx\r\n0;z\r\n\r\n", ok, "chunk-ok", bodies: ["x"]),
    chunked("1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n", ok, "chunk-ok", bodies: ["x"]),
    chunked("5;\r\nhello\r\n0\r\n\r\n", r, "chunk-ext"), chunked("5;bad[=x\r\nhello\r\n0\r\n\r\n", r, "chunk-ext"),
    chunked("5;a=\"\u{0}\"\r\nhello\r\n0\r\n\r\n", r, "chunk-ext"), chunked("5;a=b\rc\r\nhello\r\n0\r\n\r\n", r, "chunk-ext"),
    chunked("5;a=b\nhello\r\n0\r\n\r\n", r, "chunk-ext"), chunked("5;a=\"\n\"\r\nhello\r\n0\r\n\r\n", r, "chunk-ext"),
    chunked("5;a=" + String(repeating: "b", count: 256) + "\r\nhello\r\n0\r\n\r\n", r, "chunk-ext"),
    chunked("5;a=\"" + String(repeating: "b", count: 300), r, "chunk-ext"),
    chunked(String(repeating: "1;a=" + String(repeating: "b", count: 200) + "\r\nx\r\n", count: 100) + "0\r\n\r\n", r, "chunk-ext"),
    chunked("5\nhello\r\n0\r\n\r\n", r, "chunk-eol"), chunked("5\rhello\r\n0\r\n\r\n", r, "chunk-eol"),
    chunked("5\r\nhello\n0\r\n\r\n", r, "chunk-eol"), chunked("5\r\nhello\r0\r\n\r\n", r, "chunk-eol"),
    chunked("5\r\nhello0\r\n\r\n", r, "chunk-eol"), chunked("5\r\nhello!\r\n0\r\n\r\n", r, "chunk-eol"),
    chunked("0\n\r\n", r, "chunk-eol"), chunked("0\r\n\n", r, "chunk-eol"), chunked("0\r\n\rx", r, "chunk-eol"),
    chunked("1\r\nx\r\n0\r\nHost: b.test\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\nAuthorization: a\r\nContent-Type: b\r\nCookie: c\r\n\r\n",
      ok, "chunk-trailer", bodies: ["x"]),
    chunked("0\r\nX: " + String(repeating: "y", count: 8_300) + "\r\n\r\n", .ends([431]), "chunk-trailer"),
    chunked("0\r\nX : y\r\n\r\n", r, "chunk-trailer"),
  ] + ["0x5", "+5", "-1", "1_0", "+0", " 5", "5 ", "", "00000000000000005", "8000000000000000", "FFFFFFFFFFFFFFFF", "g"].map {
    chunked("\($0)\r\nhello\r\n0\r\n\r\n", r, "chunk-size")
  }

  static let sequences: [FramingCase] = [
    FramingCase("seq-clean", hidden + hidden, .goesOn([200, 200])),
    FramingCase("seq-clte", post("Content-Length: 6", "Transfer-Encoding: chunked", then: "0\r\n\r\n" + hidden), r),
    FramingCase("seq-clte", post("Content-Length: 6", "Transfer-Encoding: chunked", then: "0\r\n\r\nHEAD /hidden HTTP/1.1\r\n\(host)\r\n"), r),
    FramingCase("seq-clte", post("Content-Length: +5", then: "hello" + hidden), r),
    FramingCase("seq-clte", post("Content-Length: 5x", then: "hello" + hidden), r),
    FramingCase("seq-clte", post("Content-Length: 5", "Content-Length: 50", then: "hello" + hidden), r),
    FramingCase("seq-clte", post("Transfer-Encoding:\r\n chunked", then: "0\r\n\r\n" + hidden), r),
    FramingCase("seq-clte", post("Transfer-Encoding: , chunked", then: "0\r\n\r\n" + hidden), r),
    FramingCase("seq-clte", post("Transfer-Encoding: chunked", "Transfer-Encoding: identity", then: "0\r\n\r\n" + hidden), r),
    FramingCase("seq-tecl", post("Transfer-Encoding: chunked", "Content-Length: 50", then: "0\r\n\r\n" + hidden), r),
    FramingCase("seq-body", "GET / HTTP/1.1\r\n\(host)Content-Length: 5\r\n\r\nhello" + hidden, .goesOn([200, 200]), bodies: ["hello", ""]),
    FramingCase("seq-body", "HEAD / HTTP/1.1\r\n\(host)Content-Length: 5\r\n\r\nhello" + hidden, .goesOn([200, 200]), bodies: ["hello", ""]),
    FramingCase("seq-body", "OPTIONS / HTTP/1.1\r\n\(host)Content-Length: 5\r\n\r\nhello" + hidden, .goesOn([200, 200]), bodies: ["hello", ""]),
    FramingCase("seq-prefix", post("Content-Length: 14", then: "GET / HTTP/1.1") + hidden, .goesOn([200, 200]), bodies: ["GET / HTTP/1.1", ""]),
    FramingCase("seq-prefix", post("Content-Length: 5", then: "GET /x HTTP/1.1\r\n\(host)\r\n"), .ends([200, 400])),
    FramingCase("seq-cl0", post("Content-Length: 0", then: "XGET / HTTP/1.1\r\n\(host)\r\n"), .ends([200, 501])),
    FramingCase("seq-expect", post("Content-Length: 5", "Expect: 100-continue", then: "hello"), ok, bodies: ["hello"]),
    FramingCase("seq-expect", post("Content-Length: 5", "Expect: 100-Continue", then: "hello" + hidden), .goesOn([200, 200]), bodies: ["hello", ""]),
    FramingCase("seq-expect", post("Content-Length: 5", "Expect: a-miracle", then: "hello"), .ends([417])),
    FramingCase("seq-expect", "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello", .ends([200]), bodies: ["hello"]),
    FramingCase("seq-close", "POST / HTTP/1.1\r\n\(host)Connection: close\r\nContent-Length: 5\r\n\r\nhello", .ends([200]), bodies: ["hello"]),
    FramingCase("seq-bad", hidden + "GET /\r\n", .ends([200, 400])),
  ]

  package static let all = heads + lengths + codings + chunks + sequences
}
