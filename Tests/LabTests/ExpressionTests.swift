// The expression language as tables: what each text comes to over a small made-up trace, and which error stands where.
@testable import Lab
import TestKit
import Testing
import World

@Suite("Lesson expressions")
struct ExpressionTests {
  /// Two requests, two answers, three queries, one of them lost.
  static let trace: LessonFact = {
    func query(_ name: String, _ host: String, _ time: Double, lost: Bool, message: UInt64) -> LessonValue {
      let members: [String: LessonValue] = [
        "name": .text(name), "host": .text(host), "to": .text(host), "from": .text("pc"), "time": .duration(time * 1e6), "lost": .truth(lost),
        "rd": .truth(host == "resolver"), "bytes": .number(40), "type": .text("A"),
      ]
      return .fact(LessonFact(.dnsQuery, members, message: message))
    }
    func request(_ path: String, message: UInt64) -> LessonFact {
      let fields = LessonFact(.fields, ["host": .text("www.garnet.test"), "accept": .text("*/*")])
      let members: [String: LessonValue] = ["path": .text(path), "method": .text("GET"), "field": .fact(fields), "time": .duration(5e6)]
      return LessonFact(.httpRequest, members, message: message)
    }
    func response(_ status: Double, _ bytes: Double, _ request: LessonFact, message: UInt64) -> LessonValue {
      let fields = LessonFact(.fields, ["etag": .text("\"a1\"")])
      let members: [String: LessonValue] = [
        "status": .number(status), "bodyBytes": .number(bytes), "time": .duration(9e6), "arrived": .duration(14e6), "request": .fact(request),
        "field": .fact(fields),
      ]
      return .fact(LessonFact(.httpResponse, members, message: message))
    }
    let (first, second) = (request("/a", message: 4), request("/b", message: 6))
    let responses = [response(200, 512, first, message: 5), response(304, 0, second, message: 7)]
    let http = LessonFact(.http, ["request": .list([.fact(first), .fact(second)]), "response": .list(responses)])
    let queries = [
      query("www.garnet.test", "resolver", 0, lost: false, message: 1), query("www.garnet.test", "root1", 2, lost: true, message: 2),
      query("cobalt.test", "resolver", 4, lost: false, message: 3),
    ]
    let dns = LessonFact(.dns, ["query": .list(queries), "response": .list([])])
    let draw = LessonFact(.draws, ["size": .number(512), "path": .text("bakodi")])
    return LessonFact(.trace, [
      "http": .fact(http), "dns": .fact(dns), "draw": .fact(draw), "step": .list([]), "message": .list([]), "ping": .list([]),
    ])
  }()

  struct Case: Sendable, CustomTestStringConvertible {
    var text: String
    var value: String
    /// The messages it came from; nil: not compared.
    var messages: [UInt64]?
    var testDescription: String { text }
    init(_ text: String, _ value: String, _ messages: [UInt64]? = nil) { (self.text, self.value, self.messages) = (text, value, messages) }
  }

  @Test("come to their values", arguments: [
    Case("1", "1"), Case("1_000 + 0.5", "1000.5"), Case("2 + 3 * 4", "14"), Case("(2 + 3) * 4", "20"), Case("7 % 4", "3"), Case("-2 - -3", "1"),
    Case("10 / 4", "2.5"), Case("1 < 2 and 2 <= 2", "yes"), Case("not (1 == 2) or 1 / 0 == 1", "yes"), Case("\"Ab\" == \"aB\"", "yes"),
    Case("\"a\\n\\\"b\\\\\" == \"a\\n\\\"b\\\\\"", "yes"), Case("\"a\" + \"b\"", "ab"), Case("\"www.garnet\" contains \"GARNET\"", "yes"),
    Case("2 in [1, 2]", "yes"), Case("[1, 2, 3][1]", "2"), Case("[1, 2, 3][-1]", "3"), Case("[1, 2][7]", "nothing"), Case("[1, 2][-7]", "nothing"),
    Case("1.5s", "1500 ms"), Case("2s + 500ms > 2_499ms", "yes"), Case("3s / 2", "1500 ms"), Case("3s / 1500ms", "2"), Case("1d / 1h", "24"),
    Case("http.response[1].status", "304", [7]), Case("http.response[0].request.path", "/a", [5, 4]),
    Case("http.request[0].field[\"Host\"]", "www.garnet.test", [4]), Case("http.response[0].field[\"etag\"]", "\"a1\""),
    Case("http.request.field[\"accept\"]", "*/*, */*", [4, 6]), Case("exists(http.request[1].field[\"if-none-match\"])", "no"), Case("http.response[9].status", "nothing"), Case("http.response[9].status > 3", "no"),
    Case("dns.query[0].name", "www.garnet.test", [1]), Case("count(dns.query where host == \"resolver\")", "2", [1, 3]),
    Case("count(dns.query where rd and not lost and time > 1ms)", "1", [3]), Case("(dns.query where lost)[0].host", "root1", [2]),
    Case("dns.query.host", "resolver, root1, resolver", [1, 2, 3]), Case("distinct(dns.query.host)", "resolver, root1"),
    Case("join(sorted(dns.query.name), \" \")", "cobalt.test www.garnet.test www.garnet.test"), Case("sum(dns.query.bytes)", "120"),
    Case("min(dns.query.time)", "0 ms"), Case("max(dns.query.time)", "4 ms"), Case("mean(dns.query.time)", "2 ms"), Case("mean([])", "nothing"),
    Case("count(dns.query where name == dns.query[0].name)", "2"), Case("first(dns.query where lost)", "message 2", [2]), Case("last([3, 4])", "4"),
    Case("reversed([1, 2])", "2, 1"), Case("http.response[0].arrived - http.request[0].time", "9 ms"), Case("milliseconds(9ms)", "9"), Case("seconds(90s)", "90"),
    Case("length(\"ä\")", "2"), Case("lower(\"AB\") + upper(\"c\")", "abC"), Case("number(word(\"10 20 mail\", 1))", "20"), Case("word(\"a\", 3)", "nothing"),
    Case("decodeBase64(\"YTpiYw==\")", "a:bc"), Case("decodeBase64(\"*\")", "nothing"), Case("occurrences(\"a<tr>b<tr\", \"<tr\")", "2"), Case("text(6790)", "6790"), Case("round(2.5)", "3"), Case("ceil(2.1)", "3"),
    Case("floor(-2.1)", "-3"), Case("abs(-4)", "4"), Case("if(1 > 2, \"a\", \"b\")", "b"), Case("draw[\"size\"] + 1", "513"), Case("draw[\"path\"]", "bakodi"),
    Case("http.response[0].bodyBytes == draw[\"size\"]", "yes"), Case("nothing + 1", "nothing"),
  ])
  func value(_ c: Case) throws {
    let outcome = try Expression(c.text).value(over: Self.trace)
    #expect(outcome.value.description == c.value)
    if let messages = c.messages { #expect(outcome.messages == messages) }
  }

  @Test("an error says where and what", arguments: [
    ("", "column 1: expected a value, found the end"), ("1 +", "column 4: expected a value, found the end"), ("1 2", "column 3: expected an operator or the end, found a number"),
    ("(1", "column 3: expected `)`, found the end"), ("\"a", "column 1: expected a closing quote"), ("\"\\q\"", "column 2: expected \\n, \\r, \\t, \\\" or \\\\, found `\\q`"),
    ("5 parsecs", "column 3: expected an operator or the end, found `parsecs`"), ("5parsecs", "column 2: expected a unit of time (ns, us, ms, s, min, h, d), found `parsecs`"),
    ("a ? b", "column 3: expected a value or an operator, found `?`"), ("http.", "column 6: expected a name after the point, found the end"),
    ("htpp.response", "column 1: there is no `htpp`; did you mean `http`?"), ("http.response[0].statsu", "column 18: a response has no `statsu`; did you mean `status`?"),
    ("count(dns.query where hots == \"x\")", "column 23: there is no `hots`; did you mean `host`?"), ("cuont([1])", "column 1: there is no function `cuont`; did you mean `count`?"),
    ("count()", "column 1: `count` takes 1 argument, found 0"), ("if(true, 1)", "column 1: `if` takes 3 arguments, found 2"), ("count(1)", "column 7: expected a list, found a number"),
    ("http.response[0].status == \"200\"", "column 28: `==` does not go with a number and a text"), ("1 + 2s", "column 5: `+` does not go with a number and a duration"),
    ("sum(dns.query.name)", "column 15: expected a list of numbers or durations, found a list of a text"), ("not 1", "column 5: expected a truth, found a number"),
    ("where", "column 1: expected a value, found `where`"), ("http.response.status where 1", "column 15: expected a list of things with members before `where`"),
    ("1[0]", "column 2: expected a list before `[`, found a number"), ("1.name", "column 3: a number has no members, so no `name`"),
  ])
  func error(_ text: String, _ sentence: String) {
    do throws(ExpressionError) {
      _ = try Expression(text)
      Issue.record("accepted: \(text)")
    } catch { #expect(error.description == sentence) }
  }

  @Test("what goes wrong only when it is worked out has a place too", arguments: [
    ("1 / (1 - 1)", "column 6: cannot divide by zero"), ("1 % 0", "column 5: cannot divide by zero"), ("[1, 2][0.5]", "column 7: expected a whole number between the brackets"),
    ("sum([1, 2s])", "column 5: `sum` cannot add a duration"), ("sorted([1, \"a\"])", "column 8: `sorted` cannot order values of different kinds"),
  ])
  func failure(_ text: String, _ sentence: String) throws {
    let expression = try Expression(text)
    do throws(ExpressionError) {
      let value = try expression.value(over: Self.trace).value
      Issue.record("\(text) came to \(value.description)")
    } catch { #expect(error.description == sentence) }
  }

  @Test("is bounded in length, depth and work")
  func bounded() throws {
    for text in [
      String(repeating: "(", count: 500) + "1" + String(repeating: ")", count: 500), String(repeating: "-", count: 500) + "1",
      String(repeating: "not ", count: 500) + "true", "1" + String(repeating: " + 1", count: 500), "[1]" + String(repeating: "[0]", count: 500),
      String(repeating: "1 ", count: 4_000),
    ] {
      #expect(throws: ExpressionError.self) { try Expression(text) }
    }
    var limits = ExpressionLimits()
    limits.stepsMax = 100
    let heavy = try Expression("count(dns.query where count(dns.query where count(dns.query where lost) > 0) > 0)")
    #expect(throws: ExpressionError.self) { try heavy.value(over: Self.trace, limits: limits) }
    #expect(try heavy.value(over: Self.trace).value == .number(3))
  }

  @Test("words thrown together are read or refused, never more")
  func thrownTogether() {
    let words = [
      "(", ")", "[", "]", ".", ",", "+", "-", "*", "/", "%", "==", "<", "where", "and", "not", "in", "contains", "1", "0", "2s", "\"a\"", "true", "nothing", "http",
      "response", "request", "status", "field", "dns", "query", "host", "time", "lost", "count", "sum", "min", "sorted", "word", "if", "draw", "message", "-1", "[0]",
      "(dns.query", "count(", "first(", "http.response", ".status", "dns.query where lost",
    ]
    var random = SeededRandom(seed: 20_261_121)
    var limits = ExpressionLimits()
    limits.stepsMax = 10_000
    var read = 0
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 1...9, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }.joined(separator: Bool.random(using: &random) ? " " : "")
      do throws(ExpressionError) {
        let expression = try Expression(text)
        read += 1
        do throws(ExpressionError) {
          let outcome = try expression.value(over: Self.trace, limits: limits)
          #expect(try expression.value(over: Self.trace, limits: limits).value.description == outcome.value.description, "\(text)")
        } catch { #expect(error.column >= 1 && error.column <= text.count + 1, "\(text): \(error)") }
      } catch { #expect(error.column >= 1 && error.column <= text.count + 1, "\(text): \(error)") }
    }
    #expect(read > 300, "\(read) of the texts were expressions")
  }

  @Test("the page lists every member and every function")
  func documented() throws {
    let page = try #require(contents(of: repositoryRoot + "/docs/lessons/EXPRESSIONS.md").map { String(decoding: $0, as: UTF8.self) })
    for kind in FactKind.all {
      for member in kind.members { #expect(page.contains("`\(member.name)`"), "\(kind.name) \(member.name)") }
    }
    for function in ExpressionFunction.allCases { #expect(page.contains("`\(function.rawValue)("), "\(function.rawValue)") }
  }
}
