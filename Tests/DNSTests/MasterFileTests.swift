// Master files: everything RFC 1035 §5 allows, and each problem with its exact line and column.
import Bytes
import DNS
import Testing
import World

@Suite struct MasterFileTests {
  struct Good: Sendable {
    var text: String
    var records: [String]
  }

  @Test("what is read", arguments: [
    Good(text: "@ 60 IN A 192.0.2.1\n", records: ["garnet.test. 60 IN A 192.0.2.1"]),
    Good(text: "@ 60 IN A 192.0.2.1", records: ["garnet.test. 60 IN A 192.0.2.1"]),
    Good(text: "@ 60 IN A 192.0.2.1\r\nb 60 IN A 192.0.2.2\r\n", records: ["garnet.test. 60 IN A 192.0.2.1", "b.garnet.test. 60 IN A 192.0.2.2"]),
    Good(text: "a IN 60 A 192.0.2.1\na 60 A 192.0.2.2\na IN A 192.0.2.3\na A 192.0.2.4", records: ["a.garnet.test. 60 IN A 192.0.2.1", "a.garnet.test. 60 IN A 192.0.2.2", "a.garnet.test. 60 IN A 192.0.2.3", "a.garnet.test. 60 IN A 192.0.2.4"]),
    Good(text: "$TTL 1h30m\na A 192.0.2.1\n\tA 192.0.2.2\n  7 A 192.0.2.3\n\tA 192.0.2.4", records: ["a.garnet.test. 5400 IN A 192.0.2.1", "a.garnet.test. 5400 IN A 192.0.2.2", "a.garnet.test. 7 IN A 192.0.2.3", "a.garnet.test. 5400 IN A 192.0.2.4"]),
    Good(text: "$TTL 1\n$ORIGIN sub\na A 192.0.2.1\n$ORIGIN cobalt.test.\na A 192.0.2.1", records: ["a.sub.garnet.test. 1 IN A 192.0.2.1", "a.cobalt.test. 1 IN A 192.0.2.1"]),
    Good(text: "@ IN SOA ns1 admin (\n  1 ; serial\n  2h ; refresh )\n 30m\n 2w 5 ) ; end\n NS ns1\n", records: ["garnet.test. 5 IN SOA ns1.garnet.test. admin.garnet.test. 1 7200 1800 1209600 5", "garnet.test. 5 IN NS ns1.garnet.test."]),
    Good(text: "; only a comment\n\n   ; another\n \t \n", records: []),
    Good(text: "a 1 TXT \"a;b(c)\" x;y\n", records: ["a.garnet.test. 1 IN TXT \"a;b(c)\" \"x\""]),
    Good(text: "a\\.b 1 TXT \"\\\"\"", records: ["a\\.b.garnet.test. 1 IN TXT \"\\\"\""]),
    Good(text: "\\; 1 TXT \\;", records: ["\\;.garnet.test. 1 IN TXT \";\""]),
    Good(text: "a 1 IN TYPE1 \\# 4 C0000201\nb 1 CLASS1 TYPE65280 \\# 2 (\nab cd)\n", records: ["a.garnet.test. 1 IN A 192.0.2.1", "b.garnet.test. 1 IN TYPE65280 \\# 2 abcd"]),
    Good(text: "in 1 IN A 192.0.2.1\na 1 in a 192.0.2.1", records: ["in.garnet.test. 1 IN A 192.0.2.1", "a.garnet.test. 1 IN A 192.0.2.1"]),
    Good(text: "300 300 A 192.0.2.1", records: ["300.garnet.test. 300 IN A 192.0.2.1"]),
    Good(text: "version.bind. 0 CH TXT \"x\"\nb. TXT y", records: ["version.bind. 0 CH TXT \"x\"", "b. 0 CH TXT \"y\""]),
    Good(text: "(a 1 A\n192.0.2.1)\nb 1 A 192.0.2.1", records: ["a.garnet.test. 1 IN A 192.0.2.1", "b.garnet.test. 1 IN A 192.0.2.1"]),
    Good(text: "a 1 MX ( 10 (m) )\n", records: ["a.garnet.test. 1 IN MX 10 m.garnet.test."]),
    Good(text: "$GENERATE 1-3 h$ 60 A 192.0.2.$", records: ["h1.garnet.test. 60 IN A 192.0.2.1", "h2.garnet.test. 60 IN A 192.0.2.2", "h3.garnet.test. 60 IN A 192.0.2.3"]),
    Good(text: "$TTL 5\n$GENERATE 0-4/2 ${1,3}x IN TXT \"${10,4,X} \\$\"", records: ["001x.garnet.test. 5 IN TXT \"000A $\"", "003x.garnet.test. 5 IN TXT \"000C $\"", "005x.garnet.test. 5 IN TXT \"000E $\""]),
  ])
  func good(_ c: Good) throws {
    let read = MasterFileReader.records(Buffer(c.text), file: "zone", origin: try Name("garnet.test"))
    #expect(read.problems.isEmpty, "\(read.problems)")
    #expect(read.records.map(\.description) == c.records)
  }

  struct Bad: Sendable {
    var text: String
    /// `line:column` of each problem.
    var places: [String]
    /// What the first says was expected.
    var expected: String
    /// How many records are read all the same.
    var records = 0
  }

  @Test("problems, each with line and column", arguments: [
    Bad(text: "a 60 A 192.0.2.1\nb 60 A 300.0.2.1\nc 60 A 192.0.2.3\nd 60 FOO x\n", places: ["2:8", "4:6"], expected: "an IPv4 address", records: 2),
    Bad(text: "a A 192.0.2.1", places: ["1:3"], expected: "a time to live before the type, since there was no $TTL,"),
    Bad(text: "  60 A 192.0.2.1", places: ["1:3"], expected: "an owner, since no record stands before,"),
    Bad(text: "a..b 60 A 192.0.2.1\n 60 A 192.0.2.2", places: ["1:3", "2:2"], expected: "a label before the dot"),
    Bad(text: "a 60 A", places: ["1:7"], expected: "an IPv4 address"),
    Bad(text: "a 60", places: ["1:5"], expected: "a record type"),
    Bad(text: "a", places: ["1:2"], expected: "a record type"),
    Bad(text: "a 60 IN 60 A 192.0.2.1", places: ["1:9"], expected: "a record type"),
    Bad(text: "a IN IN A 192.0.2.1", places: ["1:6"], expected: "a time to live or a record type"),
    Bad(text: "a wat A 192.0.2.1", places: ["1:3"], expected: "a time to live, a class or a record type"),
    Bad(text: "a 1x A 192.0.2.1", places: ["1:3"], expected: "a time to live, seconds or a time like 1h30m,"),
    Bad(text: "a 2147483648 A 192.0.2.1", places: ["1:3"], expected: "a time to live of at most 2147483647"),
    Bad(text: "a 60 MX 10 m x", places: ["1:14"], expected: "the end of the MX record"),
    Bad(text: "a 60 TXT \"open\nb 60 A 192.0.2.1\n", places: ["1:10"], expected: "a closing quote for this one", records: 1),
    Bad(text: "a 60 A ( 192.0.2.1\nb 60 A 192.0.2.1\n", places: ["1:8"], expected: "a closing parenthesis for this one"),
    Bad(text: "a 60 A 192.0.2.1 )\nb 60 A 192.0.2.1\n", places: ["1:18"], expected: "an opening parenthesis before this one", records: 1),
    Bad(text: "a 60 SOA ( a b\n 1 2\n x 4 5 )\n", places: ["3:2"], expected: "the retry time, seconds or a time like 1h30m,"),
    Bad(text: "a 60 TXT x\\\nb 60 A 192.0.2.1\n", places: ["1:11"], expected: "a character after the backslash", records: 1),
    Bad(text: "a 60 OPT x", places: ["1:6"], expected: "a type that zones can hold"),
    Bad(text: "a 60 ANY x", places: ["1:6"], expected: "a type that zones can hold"),
    Bad(text: "$INCLUDE other.zone\na 60 A 192.0.2.1", places: ["1:1"], expected: "no $INCLUDE, since none is allowed here,", records: 1),
    Bad(text: "$WHAT", places: ["1:1"], expected: "$ORIGIN, $TTL, $INCLUDE or $GENERATE"),
    Bad(text: "$TTL", places: ["1:5"], expected: "the default time to live"),
    Bad(text: "$TTL 1 2", places: ["1:8"], expected: "the end of $TTL"),
    Bad(text: "$ORIGIN a..\n", places: ["1:11"], expected: "a label before the dot"),
    Bad(text: "$GENERATE 3-1 a A 192.0.2.1", places: ["1:11"], expected: "a range like 1-10 or 1-10/2"),
    Bad(text: "$GENERATE 1-70000 a A 192.0.2.1", places: ["1:11"], expected: "a range of at most 65536 numbers"),
    Bad(text: "$GENERATE 254-300 a$ 5 A 192.0.2.$\nb 1 A 192.0.2.1", places: ["1:1"], expected: "an IPv4 address", records: 3),
    Bad(text: "$GENERATE 1-2 a${x} 5 A 192.0.2.1", places: ["1:1"], expected: "an offset, a width and a base like ${0,3,d}"),
    Bad(text: String(repeating: "bad\n", count: 50), places: (1...20).map { "\($0):4" }, expected: "a record type"),
  ])
  func bad(_ c: Bad) throws {
    let read = MasterFileReader.records(Buffer(c.text), file: "zone", origin: try Name("garnet.test"))
    #expect(read.problems.map(\.place.description) == c.places.map { "zone:\($0)" }, "\(read.problems)")
    #expect(read.problems.first?.expected == c.expected)
    #expect(read.records.count == c.records)
  }

  @Test("$INCLUDE through a port, with its own origin, owner and problems")
  func include() throws {
    let files = ["inner": "a 60 A 192.0.2.1\n$ORIGIN x\nb 60 A bad\n", "self": "$INCLUDE self\n"]
    var reader = MasterFileReader(origin: try Name("garnet.test")) { files[$0].map { Buffer($0) } }
    var records: [String] = []
    var places: [String] = []
    reader.read("o 60 A 192.0.2.9\n$INCLUDE inner sub\n\t60 A 192.0.2.2\nc 60 A 192.0.2.3\n$INCLUDE none\n$INCLUDE self\n", file: "outer") {
      records.append($0.description)
      places.append($1.description)
    }
    #expect(records == [
      "o.garnet.test. 60 IN A 192.0.2.9", "a.sub.garnet.test. 60 IN A 192.0.2.1", "o.garnet.test. 60 IN A 192.0.2.2", "c.garnet.test. 60 IN A 192.0.2.3",
    ])
    #expect(places == ["outer:1:1", "inner:1:1", "outer:3:2", "outer:4:1"])
    #expect(reader.problems.map(\.place.description) == ["inner:3:8", "outer:5:10", "self:1:1"])
    #expect(reader.recordCount == 4)
  }

  @Test("a bound on records")
  func bound() throws {
    var limits = Limits()
    limits.recordsMax = 3
    let text = (0..<9).map { "h\($0) 60 A 192.0.2.1\n" }.joined()
    let read = MasterFileReader.records(Buffer(text), file: "zone", origin: .root, limits: limits)
    #expect(read.records.count == 3 && read.problems.map(\.place.line) == [4])
  }

  @Test("a zone written is the zone read")
  func written() throws {
    let text = "$ORIGIN garnet.test.\n@\t60\tIN\tNS\tns1.garnet.test.\n\t60\tIN\tA\t192.0.2.1\nns1\t60\tIN\tA\t192.0.2.1\nother.test.\t1\tIN\tTXT\t\"x y\"\n"
    let read = MasterFileReader.records(Buffer(text), file: "zone", origin: .root)
    #expect(read.problems.isEmpty)
    #expect(MasterFileText.text(of: read.records, origin: try Name("garnet.test")) == text)
  }
}
