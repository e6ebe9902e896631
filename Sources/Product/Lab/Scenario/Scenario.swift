// A scripted run in the simulator, as plain values: hosts, links, what happens when, what is expected in the end.
// Not here: the text form (ScenarioReader), the run itself.
import Settings
package import World

/// A scenario.
package struct Scenario: Sendable, Equatable {
  /// The file it came from, for messages.
  package var file: String
  package var hosts: [Host] = []
  /// The one seed of everything left to chance; the command line's wins.
  package var seed: UInt64?
  /// Whether the built-in world's hosts, zones and sites are there too.
  package var base: Ground?
  package var links: [LinkDescription] = []
  package var zones: [Zone] = []
  package var steps: [Step] = []
  package var expectations: [Expectation] = []
  /// Where hosts are named: hosts may stand anywhere, also in a world read later, so that `check` comes last.
  package var mentions: [Mention] = []

  package init(file: String) { self.file = file }

  /// The world a scenario stands in.
  package enum Ground: Sendable, Equatable {
    case builtIn
    /// A world's file, relative to the scenario's.
    case file(String)
  }

  /// A host of the scenario's own.
  package struct Host: Sendable, Equatable {
    package var name: String
    package var addresses: [Address]
  }

  /// A zone of the scenario's own: who serves it and its master file's lines.
  package struct Zone: Sendable, Equatable {
    package var origin: String
    package var servers: [String]
    package var records: String
    /// Where its records begin, so that an error in a record can be told by its place in the scenario.
    package var firstLine: Int
    package var firstColumn = 1
  }

  /// A place where a host is named.
  package struct Mention: Sendable, Equatable {
    package var name: String
    package var line: Int
    package var column: Int
  }

  /// Throws at the first name that no host of `names` has.
  package func check(names: [String]) throws(ScenarioError) {
    for mention in mentions where !names.contains(mention.name) {
      let near = NearestWord.of(mention.name, among: names)
      throw ScenarioError(
        file: file, line: mention.line, column: mention.column,
        sentence: "expected the name of a host, found `\(mention.name)`" + (near.map { "; did you mean `\($0)`?" } ?? ""))
    }
  }

  /// Something done at a time.
  package struct Step: Sendable, Equatable {
    /// Since the start of the run.
    package var time: Duration
    package var deed: Deed
    package var line: Int
  }

  package enum Deed: Sendable, Equatable {
    /// `user asks resolver www.home.test A`, telling the network of a client of its own by `for 203.0.113.0/24`
    case ask(host: String, server: String, name: String, type: String, subnet: AddressPrefix? = nil)
    /// `user gets http://www.home.test/` or `user posts http://www.home.test/form "a=1&b=2"`, with what `Fetching` says besides
    case get(host: String, url: String, how: Fetching = Fetching())
    /// `user loads http://www.home.test/ over 4 connections`: the page and everything it embeds
    case load(host: String, url: String, by: Loading, how: Fetching = Fetching())
    /// `user chooses http://www.home.test/`: measures each of its addresses and gets the page from the quickest
    case choose(host: String, url: String)
    /// `user plays http://video.home.test/manifest.mpd by rate`: a clip in pieces, each in the quality that the rule chooses
    case play(host: String, url: String, rule: PlayerRule)
    /// `user gets ftp://ftp.home.test/notes.txt`, or `user visits ftp.home.test "list; get notes.txt"`: one session with a file server
    case visit(host: String, FileVisit)
    /// `user sends writer@home.test reader@away.test "Stones" "Hello" password red-ink`: a letter, through one's own server or straight to another
    case send(host: String, Letter)
    /// `user reads reader@away.test blue-ink by pop3 "LIST; RETR 1"`: one session with a mailbox
    case read(host: String, MailboxVisit)
    /// `user publishes alice "www A 1h 192.0.2.80; bob EDKEY 1h key(bob)" at dht1`: a zone of the GNU Name System
    case publish(host: String, store: String, zone: String, records: String)
    /// `user resolves www.bob.alice A at dht1 calling mallory alice`: a name of the GNU Name System
    case resolve(host: String, store: String, name: String, type: String, petnames: [String: String])
    /// `user updates home.test at ns1 "add www 60 A 192.0.2.81; delete old" signed lab.key`: a dynamic update
    case update(host: String, server: String, ZoneChange)
    /// `user copies home.test at ns1 since 7 signed lab.key`: a zone transfer
    case copy(host: String, server: String, ZoneCopying)
    /// `rogue floods ns-a as user big.home.test TXT 100 times every 5ms`: questions that claim to come from another host
    case flood(host: String, Flood)
    /// `rogue forges "www.home.test 60 A 203.0.113.66" of ns-a to resolver 100 times at port 5353`: answers that claim to come from a server
    case forge(host: String, Forgery)
    /// `net access filters sources`: what claims to come from elsewhere does not leave that net any more
    case filter(net: String)
    /// `rogue lowers tls of user`: from now on somebody on the way strikes version 1.3 out of what the other host offers
    case lower(host: String, victim: String)
    /// `rogue takes cookies of user`: a copy of what the other host remembers
    case takeCookies(host: String, owner: String)
    /// `user types www 80 "GET / HTTP/1.0\r\n\r\n" for 2s`: these bytes over TCP, then silence, then the end; `line by line`: as a hand does,
    /// which reads what comes in between; `every 20ms`: as a program does that has a line ready so often; nil: all at once
    case type(host: String, server: String, port: UInt16, text: String, silence: Duration, pace: Duration? = nil)
    /// `user says srv 6789 tcp "hello"`
    case say(host: String, server: String, port: UInt16, carrier: Carrier, text: String)
    /// `user pings srv 12000 10 times`
    case ping(host: String, server: String, port: UInt16, times: Int)
    /// `pc runs ring "8 nodes; find 11 from 3"`, `pc runs swarm "20 peers"`: a model, in its own time
    case run(host: String, ScenarioRun.Model)
    /// `pc fetches moon.bin by tracker`, `seed shares moon.bin over utp`, `rogue poses as 8 nodes near moon.bin`
    case swarm(host: String, file: String, SwarmPart, SwarmDeed)
    /// `pc smuggles "TEXT" repeated 9 to t.rogue.test through resolver`: a text in the names of questions about a zone whose server is in the plot
    case smuggle(host: String, server: String, zone: String, text: String)
    /// `srv opens 7000 at 127.0.0.1`: the uppercase service over TCP at one address, or at `0.0.0.0`
    case open(host: String, port: UInt16, address: Address)
    /// `srv closes 7000`: what `opens` began
    case close(host: String, port: UInt16)
    /// `srv filters tcp 7000 except pc`: the host's packet filter lets nobody else through to that port
    case shut(host: String, carrier: Carrier, port: UInt16, exceptions: [String])
    /// `link resolver ns-a loss 100%`
    case change(LinkDescription)
    /// `host ns-a down`, `host ns-a up`
    case host(String, isUp: Bool)
    /// `site www.home.test edits /page.html "new text"`
    case edit(site: String, path: String, text: String)
    /// `zone home.test sets www 60 A 192.0.2.81`: these records of this name and type, instead of those before
    case set(zone: String, owner: String, type: String, record: String)
    /// `zone home.test edits www 60 A 192.0.2.81`: the same by hand at the first server, with the serial forgotten
    case editZone(zone: String, owner: String, type: String, record: String)
  }

  /// How a page is loaded with what it embeds.
  package enum Loading: Sendable, Equatable {
    /// `over N connections`: so many at a time, each for one object.
    case connections(Int)
    /// `kept`: all over one connection, one request after the other.
    case kept
    /// `pipelined`: all over one connection, without waiting for answers.
    case pipelined
  }

  package enum Carrier: String, Sendable, Equatable, CaseIterable { case tcp, udp }

  /// What must hold at the end.
  package struct Expectation: Sendable, Equatable {
    package var fact: Fact
    package var line: Int
  }

  package enum Fact: Sendable, Equatable {
    /// `answer www.home.test 60 A 192.0.2.80 within 3s`: the last question was answered by this record; the time to live is not compared when nil.
    case answer(name: String, timeToLive: Int?, type: String, data: String, within: Duration?)
    /// `rcode NXDOMAIN within 3s`: the last question was answered by this code.
    case responseCode(String, within: Duration?)
    /// `status 304 within 2s`: the last page's status.
    case status(Int, within: Duration?)
    /// `said "HELLO" within 1s`: what the last socket program said.
    case said(String, within: Duration?)
    /// `failure within 30s`: the last deed failed.
    case failure(within: Duration?)
    /// `trace resolver → ns-a ×2, resolver → ns-b ×1`: so many messages went from one host to the other, over all the run.
    case messages([Count])
  }

  /// So many messages from one host to another.
  package struct Count: Sendable, Equatable {
    package var source: String
    package var target: String
    package var times: Int
  }
}

/// What is wrong with a scenario, and where. Line and column count from 1.
package struct ScenarioError: Error, Sendable, Equatable, CustomStringConvertible {
  package var file: String
  package var line: Int
  package var column: Int
  package var sentence: String

  package var description: String { "\(file):\(line):\(column): \(sentence)" }
}
