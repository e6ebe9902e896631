// What a settings file's text becomes: values, or problems with file, line, column, what was expected and what was found.
import Settings
import Testing
import World

/// Everything the test document may hold.
struct Shop: Equatable, Sendable {
  var name = "", country = "de", port = 80, open = false
  var delay = Duration.zero, size = 0, rate = 1_000, loss = 0.0
  var address = Address.any
  var colour = Colour.red
  var tags: [String] = []
  var doors: [String: Int] = [:]
  var cellar: String?
}

enum Colour: String, CaseIterable, Sendable { case red, green, blue }

/// Reads the test document.
func shop(_ text: String, limits: SettingsLimits = SettingsLimits()) -> Result<Shop, SettingsProblems> {
  Result { () throws(SettingsProblems) in
    try SettingsDocument(file: "shop.yaml", text: text, limits: limits).read { reader in
      var shop = Shop()
      shop.name = reader.required("name", .text)
      shop.country = reader.value("country", .text, default: shop.country)
      shop.port = reader.value("port", .integer(1...65_535), default: shop.port)
      shop.open = reader.value("open", .boolean, default: shop.open)
      shop.delay = reader.value("delay", .duration, default: shop.delay)
      shop.size = reader.value("size", .size, default: shop.size)
      shop.rate = reader.value("rate", .rate, default: shop.rate)
      shop.loss = reader.value("loss", .share, default: shop.loss)
      shop.address = reader.value("address", .address, default: shop.address)
      shop.colour = reader.value("colour", .choice(standIn: .red), default: shop.colour)
      shop.tags = reader.list("tags", .text)
      for door in reader.entries("doors") { shop.doors[door.name] = door.value.value(.integer(0...9)) }
      shop.cellar = reader.mapping("cellar") { $0.required("key", .text) }
      return shop
    }
  }
}

struct GoodDocument: Sendable {
  var text: String
  var shop: Shop
}

@Test("a document becomes values", arguments: [
  GoodDocument(text: "name: Corner", shop: Shop(name: "Corner")),
  GoodDocument(text: "{name: Corner, port: 8_080}", shop: Shop(name: "Corner", port: 8_080)),
  // The declared type reads the text: `no` is a country here and a truth value there, 012 and 1e3 stay texts.
  GoodDocument(text: "name: 012\ncountry: no\nopen: yes", shop: Shop(name: "012", country: "no", open: true)),
  GoodDocument(text: "name: ''", shop: Shop(name: "")),
  GoodDocument(text: "name: null", shop: Shop(name: "null")),
  GoodDocument(text: "name: |\n  two\n  lines\n", shop: Shop(name: "two\nlines\n")),
  GoodDocument(text: "name: a\ndelay: 1h30m\nsize: 64KiB\nrate: 20Mbit/s\nloss: 5 %",
    shop: Shop(name: "a", delay: .seconds(5_400), size: 65_536, rate: 20_000_000, loss: 0.05)),
  GoodDocument(text: "name: a\ndelay: 1.5ms\nsize: 0.5 MB\nrate: 512 kbit/s\nloss: 0.0001%",
    shop: Shop(name: "a", delay: .microseconds(1_500), size: 500_000, rate: 512_000, loss: 0.000001)),
  GoodDocument(text: "name: a\ndelay: 0\nsize: 7\nloss: 100%", shop: Shop(name: "a", size: 7, loss: 1)),
  GoodDocument(text: "name: a\naddress: 2001:db8::1\ncolour: blue", shop: Shop(name: "a", address: .v6(0x2001_0db8_0000_0000, 1), colour: .blue)),
  GoodDocument(text: "name: a\ntags: [x, 'y z', 1]\ndoors: {front: 1, back: 2}\ncellar: {key: brass}",
    shop: Shop(name: "a", tags: ["x", "y z", "1"], doors: ["front": 1, "back": 2], cellar: "brass")),
  GoodDocument(text: "# a remark\n---\nname: a\n...\n", shop: Shop(name: "a")),
])
func becomesValues(_ c: GoodDocument) throws {
  #expect(try shop(c.text).get() == c.shop)
}

struct BadDocument: Sendable {
  var text: String
  var problems: [String]
}

@Test("what is wrong is told with its place, all at once", arguments: [
  BadDocument(text: "", problems: ["1:1: expected key `name` with a text, which is missing"]),
  BadDocument(text: "name:", problems: ["1:6: expected a text, found nothing"]),
  BadDocument(text: "- name", problems: ["1:1: expected a mapping, found a list"]),
  BadDocument(text: "just words", problems: ["1:1: expected a mapping, found `just words`"]),
  BadDocument(text: "name: a\nadress: 192.0.2.1", problems: ["2:1: unknown key `adress`; did you mean `address`?"]),
  BadDocument(text: "name: a\ndealy: 1s", problems: ["2:1: unknown key `dealy`; did you mean `delay`?"]),
  BadDocument(text: "name: a\nwindow: 1", problems: ["2:1: unknown key `window`"]),
  BadDocument(text: "name: a\nport: 1\nname: b", problems: ["3:1: key `name` stands twice; it stood first on line 1"]),
  BadDocument(text: "name: a\ncellar: {key: a, key: b}", problems: ["2:18: key `key` stands twice; it stood first on line 2"]),
  BadDocument(text: "name: [a]\nport: many\nopen: maybe\ntags: x", problems: [
    "1:7: expected a text, found a list", "2:7: expected a whole number from 1 to 65535, found `many`",
    "3:7: expected true or false, found `maybe`", "4:7: expected a list, found `x`",
  ]),
  BadDocument(text: "name: a\nport: 65536\nport2: 1", problems: [
    "2:7: expected a whole number from 1 to 65535, found `65536`", "3:1: unknown key `port2`; did you mean `port`?",
  ]),
  BadDocument(text: "name: a\nport: +80", problems: ["2:7: expected a whole number from 1 to 65535, found `+80`"]),
  BadDocument(text: "name: a\nport: 99999999999999999999", problems: ["2:7: expected a whole number from 1 to 65535, found `99999999999999999999`"]),
  BadDocument(text: "name: a\ndelay: soon", problems: ["2:8: expected a duration such as 10ms, 5s or 1h30m, found `soon`"]),
  BadDocument(text: "name: a\ndelay: 5", problems: ["2:8: expected a duration such as 10ms, 5s or 1h30m, found `5`"]),
  BadDocument(text: "name: a\ndelay: 5s1h", problems: ["2:8: expected a duration such as 10ms, 5s or 1h30m, found `5s1h`"]),
  BadDocument(text: "name: a\ndelay: -1s", problems: ["2:8: expected a duration such as 10ms, 5s or 1h30m, found `-1s`"]),
  BadDocument(text: "name: a\ndelay: 0.5ns", problems: ["2:8: expected a duration such as 10ms, 5s or 1h30m, found `0.5ns`"]),
  BadDocument(text: "name: a\ndelay: 9999999999h", problems: ["2:8: expected a duration such as 10ms, 5s or 1h30m, found `9999999999h`"]),
  BadDocument(text: "name: a\nsize: 3 lb\nrate: 0bit/s\nloss: 101%", problems: [
    "2:7: expected a size such as 512, 64KiB or 10MB, found `3 lb`", "3:7: expected a rate such as 20Mbit/s or 512kbit/s, found `0bit/s`",
    "4:7: expected a share such as 5% or 0.1%, found `101%`",
  ]),
  BadDocument(text: "name: a\nsize: 1.\nloss: .5%", problems: [
    "2:7: expected a size such as 512, 64KiB or 10MB, found `1.`", "3:7: expected a share such as 5% or 0.1%, found `.5%`",
  ]),
  BadDocument(text: "name: a\naddress: 192.0.2.256", problems: ["2:10: expected an IPv4 or IPv6 address, found `192.0.2.256`"]),
  BadDocument(text: "name: a\ncolour: gren", problems: ["2:9: expected one of red, green, blue, found `gren`; did you mean `green`?"]),
  BadDocument(text: "name: a\ndoors: {front: 10}\ncellar: {}", problems: [
    "2:16: expected a whole number from 0 to 9, found `10`", "3:9: expected key `key` with a text, which is missing",
  ]),
  // YAML itself.
  BadDocument(text: "name: [a", problems: ["2:1: not YAML: while parsing a flow sequence, did not find expected ',' or ']'"]),
  BadDocument(text: "name: a\n\tport: 1", problems: ["2:1: not YAML: while scanning a plain scalar, found a tab character that violates indentation"]),
  BadDocument(text: "name: a\n---\nname: b", problems: ["2:1: expected the end of the file, found a second document"]),
  BadDocument(text: "? [a]\n: b", problems: ["1:3: expected a key, found a list"]),
  BadDocument(text: "name: &x a", problems: ["1:7: expected a value; anchors (`&name`) are not used in settings"]),
  BadDocument(text: "name: *x", problems: ["1:7: expected a value; aliases (`*name`) are not used in settings"]),
])
func tellsProblems(_ c: BadDocument) {
  guard case .failure(let problems) = shop(c.text) else {
    Issue.record("accepted: \(c.text)")
    return
  }
  #expect(problems.problems.map(\.description) == c.problems.map { "shop.yaml:" + $0 })
}

@Test("what grows without end is refused early")
func bounds() {
  /// The first problem of `text`.
  func first(_ text: String, _ limits: SettingsLimits = SettingsLimits()) -> String? {
    if case .failure(let problems) = shop(text, limits: limits) { problems.problems.first?.description } else { nil }
  }
  // Nine lines of nested aliases stand for 10^9 values; the first anchor ends it.
  let laughs = "a0: &a0 [x]\n" + (1...9).map { "a\($0): &a\($0) [\(Array(repeating: "*a\($0 - 1)", count: 10).joined(separator: ","))]\n" }.joined()
  #expect(first(laughs) == "shop.yaml:1:5: expected a value; anchors (`&name`) are not used in settings")
  #expect(first(String(repeating: "[", count: 100)) == "shop.yaml:1:33: expected lists and mappings at most 32 deep")
  #expect(first(String(repeating: "[", count: 500_000)) != nil)
  #expect(first(String(repeating: "- ", count: 500_000)) != nil)
  #expect(first("name: a\ntags: [\(String(repeating: "x,", count: 300))]", SettingsLimits(nodesMax: 100))
    == "shop.yaml:2:198: expected at most 100 values in one file")
  #expect(first("name: aaaa", SettingsLimits(bytesMax: 9)) == "shop.yaml:1:1: expected at most 9 bytes, the file has 10")
  let many = shop("name: a\n" + (0..<100).map { "unknown-\($0): 1\n" }.joined(), limits: SettingsLimits(problemsMax: 10))
  guard case .failure(let problems) = many else {
    Issue.record("accepted 100 unknown keys")
    return
  }
  #expect(problems.problems.count == 11)
  #expect(problems.problems.last?.sentence == "and 90 more problems")
}

@Test("every beginning and every one-byte change of a document is read or refused, never trapped on")
func survivesDamage() {
  let text = "name: Corner\nport: 80\ntags: [a, 'b']\ndoors: {front: 1}\ncellar:\n  key: |\n    brass\n"
  let bytes = Array(text.utf8)
  for length in 0...bytes.count { _ = shop(String(decoding: bytes.prefix(length), as: UTF8.self)) }
  for index in bytes.indices {
    for byte in [0, 9, 10, 33, 34, 38, 39, 42, 45, 58, 63, 91, 93, 123, 125, 127, 255] as [UInt8] {
      var changed = bytes
      changed[index] = byte
      _ = shop(String(decoding: changed, as: UTF8.self))
    }
  }
}

@Test("the nearest word is found, and none where none is near", arguments: [
  ("adress", "address"), ("ADDRESS", "address"), ("dleay", "delay"), ("dely", "delay"), ("x", nil), ("portal", "port"), ("window", nil),
] as [(String, String?)])
func nearest(_ word: String, _ expected: String?) {
  #expect(NearestWord.of(word, among: ["address", "delay", "port"]) == expected)
}
