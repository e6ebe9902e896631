// Reads the text form of a scenario: one statement a line, words between spaces, `#` begins a remark.
//
//   world   built-in | FILE
//   hosts   NAME ADDRESS [ADDRESS …]  NAME ADDRESS …
//   seed    NUMBER
//   zone    ORIGIN HOST [HOST …]           followed by indented lines of a master file
//   link    HOST HOST [delay T] [jitter T] [loss N%] [duplicated N%] [reordered N%] [rate R] [queue S] [packet S] [cut] [whole]
//   at T    HOST asks HOST NAME [TYPE] [for NETWORK] | HOST says HOST PORT tcp|udp "TEXT" | HOST pings HOST PORT [N times]
//           | HOST gets URL [method M] [FETCHING]… | HOST posts URL "NAME=VALUE&…" [in parts] [FETCHING]…
//           | HOST loads URL [over N connections|kept|pipelined] [FETCHING]… | HOST takes cookies of HOST | HOST lowers tls of HOST
//           | HOST chooses URL | HOST plays URL by rate|buffer
//           | HOST gets|lists ftp://HOST/PATH [VISITING]… | HOST puts "TEXT" ftp://HOST/PATH [VISITING]… | HOST visits HOST "STEP; STEP" [VISITING]…
//           | HOST sends FROM TO[,TO] "SUBJECT" "TEXT" [LETTER]… | HOST reads ADDRESS PASSWORD by pop3|imap "STEP; STEP"
//           | HOST runs ring "STEP; STEP" | HOST runs swarm|streams|server|races "SETTING; SETTING"
//           | HOST smuggles "TEXT" [repeated N] to ZONE through HOST
//           | HOST opens PORT at ADDRESS | HOST closes PORT | HOST filters tcp|udp PORT [except HOST…]
//           | HOST shares FILE [spoilt] [PART]… | HOST fetches FILE [for T] [PART]… | HOST poses as N nodes near FILE
//           | HOST publishes ZONE "LABEL TYPE LIFE DATA; …" at NODE | HOST resolves NAME [TYPE] at NODE [calling ZONE NAME]…
//           | HOST types HOST PORT "TEXT" [line by line [every T]] [for T] | link … | host NAME up|down | site NAME edits PATH "TEXT"
//           | zone ORIGIN sets|edits NAME TTL TYPE DATA… | HOST updates ZONE at HOST "add NAME TTL TYPE DATA; delete NAME [TYPE]" [signed KEY]
//           | HOST copies ZONE at HOST [since SERIAL] [signed KEY] | net NAME filters sources
//           | HOST floods HOST as HOST NAME [TYPE] [N times] [every T] | HOST forges "NAME TTL TYPE DATA" of HOST to HOST [N times] [at port N]
//           where FETCHING is with "FIELD: VALUE" | with cookies [apart] | again [by date|by tag] | as USER PASSWORD | through HOST | from URL |
//           unchecked | at least VERSION | at most VERSION, of TLS
//           and VISITING is as USER PASSWORD | actively | by PASV | from N; a STEP is list [FOLDER] | cd FOLDER | get FILE [from N] |
//           put FILE N [from N] | say COMMAND
//           and PART, of a peer, is by tracker|dht | over tcp|utp | guarded
//           and LETTER is password P | at HOST | envelope ADDRESS|none | hello NAME | named "NAME" | with "FIELD: VALUE" | html | repeated N |
//           attaching NAME TYPE "TEXT"|N; a mailbox's STEP is a command, wait T, and with POP3 take | clear, with IMAP idle T;
//           what a ring and a swarm understand, Ring/RingScript.swift and SwarmModel/SwarmScript.swift say
//   expect  answer NAME [TTL] TYPE DATA… | rcode CODE | status N | said "TEXT" | failure      each with [within T]
//   expect  trace HOST → HOST ×N, …                                                            `->` and `x` also do
//
// Read next: Scenario.swift, the values this becomes.
import Settings
import World

extension Scenario {
  /// Most bytes of a scenario. Unit: bytes. Past it: the scenario is refused.
  package static let bytesMax = 1_048_576

  /// Reads `text`, which came from `file`.
  package init(file: String, text: String) throws(ScenarioError) {
    guard text.utf8.count <= Scenario.bytesMax else {
      throw ScenarioError(file: file, line: 1, column: 1, sentence: "expected at most \(Scenario.bytesMax) bytes, the file has \(text.utf8.count)")
    }
    var reader = ScenarioReader(file: file)
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      try reader.read(line: String(line), number: index + 1)
    }
    self = try reader.finished()
  }
}

/// The words of one line, taken from the front.
struct ScenarioLine {
  struct Word: Equatable {
    var text: String
    var column: Int
    var isQuoted = false
  }

  let file: String
  let number: Int
  private(set) var words: [Word]
  private var endColumn: Int

  init(_ text: String, file: String, number: Int) throws(ScenarioError) {
    self.file = file
    self.number = number
    words = []
    var column = 0
    var current: Word?
    var isInQuotes = false
    var isEscaped = false
    scan: for character in text {
      column += 1
      switch character {
      case _ where isEscaped:
        current?.text.append(["n": "\n", "r": "\r", "t": "\t"][character] ?? character)
        isEscaped = false
      case "\\" where isInQuotes:
        isEscaped = true
      case "\"":
        isInQuotes.toggle()
        if isInQuotes { current = Word(text: current?.text ?? "", column: current?.column ?? column, isQuoted: true) }
      case "#" where !isInQuotes && current == nil:
        break scan
      case " " where !isInQuotes, "\t" where !isInQuotes, "\r" where !isInQuotes:
        if let word = current { words.append(word) }
        current = nil
      default:
        if current == nil { current = Word(text: "", column: column) }
        current?.text.append(character)
      }
    }
    if let word = current { words.append(word) }
    endColumn = column + 1
    if isInQuotes { throw ScenarioError(file: file, line: number, column: current?.column ?? column, sentence: "expected a closing quote") }
  }

  var isEmpty: Bool { words.isEmpty }

  func failure(_ expected: String) -> ScenarioError {
    let found = words.first.map { "`\($0.text)`" } ?? "the end of the line"
    return ScenarioError(file: file, line: number, column: words.first?.column ?? endColumn, sentence: "expected \(expected), found \(found)")
  }

  func failure(at word: Word, _ sentence: String) -> ScenarioError {
    ScenarioError(file: file, line: number, column: word.column, sentence: sentence)
  }

  mutating func take(_ expected: String) throws(ScenarioError) -> Word {
    guard !words.isEmpty else { throw failure(expected) }
    return words.removeFirst()
  }

  /// Takes the next word if it is this one.
  mutating func take(if word: String) -> Bool {
    guard let first = words.first, !first.isQuoted, first.text == word else { return false }
    words.removeFirst()
    return true
  }

  /// Takes the next word in this form.
  mutating func take<Value>(_ form: SettingsForm<Value>) throws(ScenarioError) -> Value {
    guard let first = words.first, let value = form.read(first.text) else { throw failure(form.expected) }
    words.removeFirst()
    return value
  }

  /// Takes the next word if it has this form.
  mutating func take<Value>(ifIn form: SettingsForm<Value>) -> Value? {
    guard let first = words.first, let value = form.read(first.text) else { return nil }
    words.removeFirst()
    return value
  }

  func end() throws(ScenarioError) {
    if !words.isEmpty { throw failure("nothing more on this line") }
  }
}

/// Builds a scenario line by line.
struct ScenarioReader {
  private(set) var scenario: Scenario
  /// Whether indented lines belong to the zone begun last.
  private var isInZone = false

  init(file: String) { scenario = Scenario(file: file) }

  mutating func read(line text: String, number: Int) throws(ScenarioError) {
    if isInZone, let first = text.first, first == " " || first == "\t", let last = scenario.zones.indices.last {
      if scenario.zones[last].records.isEmpty {
        scenario.zones[last].firstLine = number
        scenario.zones[last].firstColumn = 1 + text.prefix { $0 == " " || $0 == "\t" }.count
      }
      // One line in, one line out, so that places agree.
      scenario.zones[last].records += text.drop { $0 == " " || $0 == "\t" } + "\n"
      return
    }
    var line = try ScenarioLine(text, file: scenario.file, number: number)
    guard !line.isEmpty else {
      if isInZone, let last = scenario.zones.indices.last, !scenario.zones[last].records.isEmpty { scenario.zones[last].records += "\n" }
      return
    }
    isInZone = false
    let statement = try line.take("a statement")
    switch statement.text {
    case "world": scenario.base = try line.take("`built-in` or a file").text.asGround
    case "seed": scenario.seed = UInt64(try line.take(.integer(0...Int.max)))
    case "hosts": return try readHosts(&line)
    case "zone": try readZone(&line, number)
    case "link": scenario.links.append(try readLink(&line))
    case "at": try readStep(&line, number)
    case "expect": try readExpectation(&line, number)
    default:
      let near = NearestWord.of(statement.text, among: ["world", "seed", "hosts", "zone", "link", "at", "expect"])
      throw line.failure(
        at: statement, "expected world, hosts, seed, zone, link, at or expect, found `\(statement.text)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
    }
    try line.end()
  }

  func finished() throws(ScenarioError) -> Scenario {
    // Names of a world read elsewhere are checked when it is known.
    if scenario.base == nil { try scenario.check(names: scenario.hosts.map(\.name)) }
    return scenario
  }

  // MARK: Statements

  private mutating func readHosts(_ line: inout ScenarioLine) throws(ScenarioError) {
    while !line.isEmpty {
      let name = try line.take("a host's name")
      guard DomainName.isValid(name.text), Address(name.text) == nil else {
        throw line.failure(at: name, "expected a host's name in small letters, found `\(name.text)`")
      }
      guard !scenario.hosts.contains(where: { $0.name == name.text }) else { throw line.failure(at: name, "host `\(name.text)` stands twice") }
      var host = Scenario.Host(name: name.text, addresses: [try line.take(.address)])
      while let more = line.take(ifIn: .address) { host.addresses.append(more) }
      scenario.hosts.append(host)
    }
  }

  private mutating func readZone(_ line: inout ScenarioLine, _ number: Int) throws(ScenarioError) {
    let origin = try line.take("a zone's name")
    guard origin.text == "." || DomainName.isValid(origin.text) else {
      throw line.failure(at: origin, "expected a zone's name in small letters without a dot at the end, found `\(origin.text)`")
    }
    var servers: [String] = []
    repeat { servers.append(try host(&line)) } while !line.isEmpty
    scenario.zones.append(Scenario.Zone(origin: origin.text, servers: servers, records: "", firstLine: number + 1))
    isInZone = true
  }

  private mutating func readLink(_ line: inout ScenarioLine) throws(ScenarioError) -> LinkDescription {
    var link = LinkDescription(first: try host(&line), second: try host(&line), change: LinkChange())
    if line.isEmpty { throw line.failure("what the link does: delay, jitter, loss, duplicated, reordered, rate, queue, packet, cut or whole") }
    while !line.isEmpty {
      let quality = try line.take("what the link does")
      switch quality.text {
      case "delay": link.change.delay = try line.take(.duration)
      case "jitter": link.change.jitter = try line.take(.duration)
      case "loss": link.change.loss = try line.take(.share)
      case "duplicated": link.change.duplicated = try line.take(.share)
      case "reordered": link.change.reordered = try line.take(.share)
      case "rate":
        let rate: Int = try line.take(.rate)
        (link.change.rateDown, link.change.rateUp) = (rate, rate)
      case "queue": link.change.queueBytesMax = try line.take(.size)
      case "packet": link.change.packetBytesMax = try line.take(.size)
      case "cut": link.change.isCut = true
      case "whole": link.change.isCut = false
      default:
        throw line.failure(
          at: quality, "expected delay, jitter, loss, duplicated, reordered, rate, queue, packet, cut or whole, found `\(quality.text)`")
      }
    }
    return link
  }

  private mutating func readStep(_ line: inout ScenarioLine, _ number: Int) throws(ScenarioError) {
    try readDeed(of: &line, at: try line.take(.duration), number)
  }

  /// What follows the time of a step.
  private mutating func readDeed(of line: inout ScenarioLine, at time: Duration, _ number: Int) throws(ScenarioError) {
    if line.take(if: "link") {
      let link = try readLink(&line)
      return scenario.steps.append(Scenario.Step(time: time, deed: .change(link), line: number))
    }
    if line.take(if: "host") {
      let name = try host(&line)
      let state = try line.take("`up` or `down`")
      guard state.text == "up" || state.text == "down" else { throw line.failure(at: state, "expected `up` or `down`, found `\(state.text)`") }
      return scenario.steps.append(Scenario.Step(time: time, deed: .host(name, isUp: state.text == "up"), line: number))
    }
    if line.take(if: "site") { return scenario.steps.append(Scenario.Step(time: time, deed: try readEdit(&line), line: number)) }
    if line.take(if: "net") {
      let net = try line.take("a net's name").text
      guard line.take(if: "filters"), line.take(if: "sources") else { throw line.failure("`filters sources`") }
      return scenario.steps.append(Scenario.Step(time: time, deed: .filter(net: net), line: number))
    }
    if line.take(if: "zone") { return scenario.steps.append(Scenario.Step(time: time, deed: try readRecordChange(&line), line: number)) }
    scenario.steps.append(Scenario.Step(time: time, deed: try readDeed(&line), line: number))
  }

  private mutating func readDeed(_ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Deed {
    let actor = try host(&line)
    let verb = try line.take(Self.verbs)
    switch verb.text {
    case "asks": return try readQuestion(by: actor, &line)
    case "gets":
      if let word = line.words.first, word.text.hasPrefix("ftp://") {
        let url = try line.take("an address").text
        return .visit(host: actor, try readFileVisit(url, at: word, &line) { .get($0, from: $1) })
      }
      return .get(host: actor, url: try readURL(&line), how: try readFetching(&line))
    case "lists":
      let word = try line.take("an address such as ftp://ftp.home.test/")
      return .visit(host: actor, try readFileVisit(word.text, at: word, &line) { path, _ in .list(path) })
    case "puts":
      let text = try line.take("a text in quotes").text
      let word = try line.take("an address such as ftp://ftp.home.test/notes.txt")
      return .visit(host: actor, try readFileVisit(word.text, at: word, &line) { .put($0, .text(text), from: $1) })
    case "visits": return .visit(host: actor, try readFileVisit(&line))
    case "posts":
      let url = try readURL(&line)
      return .get(host: actor, url: url, how: try readFetching(&line, posting: try line.take("a form such as \"a=1&b=2\"").text))
    case "loads":
      let url = try readURL(&line)
      let loading = try readLoading(&line)
      return .load(host: actor, url: url, by: loading, how: try readFetching(&line))
    case "chooses": return .choose(host: actor, url: try readURL(&line))
    case "plays":
      let url = try readURL(&line)
      guard line.take(if: "by") else { throw line.failure("`by rate` or `by buffer`") }
      return .play(host: actor, url: url, rule: try line.take(.choice(standIn: .rate)))
    case "sends": return .send(host: actor, try readLetter(&line))
    case "reads": return .read(host: actor, try readMailboxVisit(&line))
    case "publishes": return try readPublishing(by: actor, &line)
    case "resolves": return try readResolving(by: actor, &line)
    case "takes":
      guard line.take(if: "cookies"), line.take(if: "of") else { throw line.failure("`cookies of` and a host's name") }
      return .takeCookies(host: actor, owner: try host(&line))
    case "lowers":
      guard line.take(if: "tls"), line.take(if: "of") else { throw line.failure("`tls of` and a host's name") }
      return .lower(host: actor, victim: try host(&line))
    case "smuggles": return try readSmuggling(by: actor, &line)
    case "opens": return try readOpening(by: actor, &line)
    case "closes": return .close(host: actor, port: UInt16(try line.take(.integer(1...65_535))))
    case "filters": return try readFilter(by: actor, &line)
    case "types":
      let server = try place(&line)
      let port = UInt16(try line.take(.integer(1...65_535)))
      let text = try line.take("a text in quotes").text
      let isByLine = line.take(if: "line")
      if isByLine { guard line.take(if: "by"), line.take(if: "line") else { throw line.failure("`line by line`") } }
      let pace: Duration = isByLine && line.take(if: "every") ? try line.take(.duration) : .milliseconds(500)
      let silence: Duration = line.take(if: "for") ? try line.take(.duration) : .seconds(1)
      return .type(host: actor, server: server, port: port, text: text, silence: silence, pace: isByLine ? pace : nil)
    case "says":
      let server = try place(&line)
      let port = UInt16(try line.take(.integer(1...65_535)))
      let carrier: Scenario.Carrier = try line.take(.choice(standIn: .tcp))
      return .say(host: actor, server: server, port: port, carrier: carrier, text: try line.take("a text in quotes").text)
    case "floods": return try readFlood(by: actor, &line)
    case "forges": return try readForgery(by: actor, &line)
    case "updates": return try readZoneChange(by: actor, &line)
    case "copies": return try readZoneCopying(by: actor, &line)
    case "runs": return .run(host: actor, try readModel(&line))
    case "shares", "fetches": return try readSwarmDeed(by: actor, verb.text, &line)
    case "poses": return try readPosing(by: actor, &line)
    case "pings":
      let server = try host(&line)
      let port = UInt16(try line.take(.integer(1...65_535)))
      guard let times = line.take(ifIn: .integer(1...10_000)) else { return .ping(host: actor, server: server, port: port, times: 1) }
      guard line.take(if: "times") else { throw line.failure("`times`") }
      return .ping(host: actor, server: server, port: port, times: times)
    default:
      throw line.failure(at: verb, "expected \(Self.verbs), found `\(verb.text)`")
    }
  }

  /// What a host can do.
  private static var verbs: String { "asks, gets, posts, puts, lists, loads, chooses, plays, visits, sends, reads, takes, lowers, says, types, runs, shares, fetches, poses, pings, smuggles, opens, closes, filters, updates, copies, floods, forges, publishes or resolves" }

  private func readLoading(_ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Loading {
    if line.take(if: "kept") { return .kept }
    if line.take(if: "pipelined") { return .pipelined }
    guard line.take(if: "over") else { return .connections(1) }
    let connections: Int = try line.take(.integer(1...16))
    guard line.take(if: "connections") || line.take(if: "connection") else { throw line.failure("`connections`") }
    return .connections(connections)
  }

  /// `HOST NAME [TYPE] [for NETWORK]`
  private mutating func readQuestion(by actor: String, _ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Deed {
    let server = try host(&line)
    let name = try line.take("the name asked for").text
    let type = line.isEmpty || line.words.first?.text == "for" ? "A" : try line.take("a record type").text.uppercased()
    let subnet: AddressPrefix? = line.take(if: "for") ? try line.take(.prefix) : nil
    return .ask(host: actor, server: server, name: name, type: type, subnet: subnet)
  }

  /// `smuggles "TEXT" [repeated N] to ZONE through HOST`
  private mutating func readSmuggling(by actor: String, _ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Deed {
    let text = try line.take("a text in quotes").text
    let times: Int = line.take(if: "repeated") ? try line.take(.integer(1...100)) : 1
    guard line.take(if: "to") else { throw line.failure("`to` and a zone") }
    let zone = try line.take("a zone").text
    guard line.take(if: "through") else { throw line.failure("`through` and a resolver") }
    return .smuggle(host: actor, server: try place(&line), zone: zone, text: String(repeating: text, count: times))
  }

  /// `NAME edits PATH "TEXT"`
  private func readEdit(_ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Deed {
    let site = try line.take("a site's name").text
    guard line.take(if: "edits") else { throw line.failure("`edits`") }
    let path = try line.take("a path")
    guard path.text.hasPrefix("/") else { throw line.failure(at: path, "expected a path that begins with `/`, found `\(path.text)`") }
    return .edit(site: site, path: path.text, text: try line.take("a text in quotes").text)
  }

  /// `ORIGIN sets NAME TTL TYPE DATA…`
  private func readRecordChange(_ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Deed {
    let origin = try line.take("a zone's name").text
    let isByHand = line.take(if: "edits")
    if !isByHand { guard line.take(if: "sets") else { throw line.failure("`sets` or `edits`") } }
    let owner = try line.take("whose record it is").text
    let timeToLive: Int = try line.take(.integer(0...2_147_483_647))
    let type = try line.take("a record type").text.uppercased()
    var data: [String] = []
    while !line.isEmpty {
      let word = try line.take("the record's data")
      data.append(word.isQuoted ? "\"\(word.text)\"" : word.text)
    }
    if data.isEmpty { throw line.failure("the record's data") }
    let record = "\(owner) \(timeToLive) \(type) \(data.joined(separator: " "))"
    return isByHand ? .editZone(zone: origin, owner: owner, type: type, record: record) : .set(zone: origin, owner: owner, type: type, record: record)
  }

  /// Adds one deed from elsewhere: `text` is what follows the time.
  mutating func add(deed text: String, at time: Duration, number: Int) throws(ScenarioError) {
    var line = try ScenarioLine(text, file: scenario.file, number: number)
    try readDeed(of: &line, at: time, number)
    try line.end()
  }

  mutating func host(_ line: inout ScenarioLine) throws(ScenarioError) -> String {
    let word = try line.take("a host's name")
    scenario.mentions.append(Scenario.Mention(name: word.text, line: line.number, column: word.column))
    return word.text
  }

  // MARK: Expectations

  private mutating func readExpectation(_ line: inout ScenarioLine, _ number: Int) throws(ScenarioError) {
    let what = try line.take("answer, rcode, status, said, failure or trace")
    let fact: Scenario.Fact
    switch what.text {
    case "answer": fact = try readAnswer(&line)
    case "rcode": fact = .responseCode(try line.take("a response code").text.uppercased(), within: try within(&line))
    case "status": fact = .status(try line.take(.integer(100...599)), within: try within(&line))
    case "said": fact = .said(try line.take("a text in quotes").text, within: try within(&line))
    case "failure": fact = .failure(within: try within(&line))
    case "trace": fact = .messages(try readCounts(&line))
    default: throw line.failure(at: what, "expected answer, rcode, status, said, failure or trace, found `\(what.text)`")
    }
    scenario.expectations.append(Scenario.Expectation(fact: fact, line: number))
  }

  private func within(_ line: inout ScenarioLine) throws(ScenarioError) -> Duration? {
    guard line.take(if: "within") else { return nil }
    return try line.take(.duration)
  }

  private func readAnswer(_ line: inout ScenarioLine) throws(ScenarioError) -> Scenario.Fact {
    let name = try line.take("the answer's name").text
    let timeToLive: Int? = line.take(ifIn: .integer(0...2_147_483_647))
    let type = try line.take("a record type").text.uppercased()
    var data: [String] = []
    while let next = line.words.first, next.text != "within" || next.isQuoted {
      let word = try line.take("the record's data")
      data.append(word.isQuoted ? "\"\(word.text)\"" : word.text)
    }
    if data.isEmpty { throw line.failure("the record's data") }
    return .answer(name: name, timeToLive: timeToLive, type: type, data: data.joined(separator: " "), within: try within(&line))
  }

  private mutating func readCounts(_ line: inout ScenarioLine) throws(ScenarioError) -> [Scenario.Count] {
    var counts: [Scenario.Count] = []
    repeat {
      let source = try host(&line)
      let arrow = try line.take("`→`")
      guard arrow.text == "→" || arrow.text == "->" else { throw line.failure(at: arrow, "expected `→`, found `\(arrow.text)`") }
      let target = try host(&line)
      let times = try line.take("a number of messages such as `×2`")
      let digits = times.text.drop { $0 == "×" || $0 == "x" }.prefix { $0 != "," }
      guard digits.count < times.text.count, let number = Int(digits), number >= 0, times.text.hasSuffix(",") != line.isEmpty else {
        throw line.failure(at: times, "expected a number of messages such as `×2`, and a comma between two, found `\(times.text)`")
      }
      counts.append(Scenario.Count(source: source, target: target, times: number))
    } while !line.isEmpty
    return counts
  }
}

extension String {
  /// The world this word names.
  fileprivate var asGround: Scenario.Ground { self == "built-in" ? .builtIn : .file(self) }
}
