// The world's API on real sockets: what it answers to questions that are wrong, to names that are not its own, and what its orders change.
// Not here: other people's suites of tests through it (PeerTests/LabTestRunPeerTests.swift).
import Bytes
import DNS
import Foundation
import HTTP
import Host
import TestKit
import Testing
import Trace
import Transport
import WebServer
import World

@testable import Lab

@Suite("the world's API", .serialized)
struct LabAPITests {
  private static let world = """
    client: pc
    nets: {core: {prefixes: [192.0.2.0/24]}}
    hosts:
      ns: {addresses: [192.0.2.1]}
      mail: {addresses: [192.0.2.2]}
      pc: {role: client, addresses: [192.0.2.3]}
    zones:
      .: {served-by: [ns]}
      test: {served-by: [ns], records: "app A 192.0.2.2"}
    mail:
      letters.test: {host: mail, users: {}}
    """

  /// A running world and its API.
  struct Scene {
    var api: LabAPI
    var client: WebClient
    var address: String
    var servers: RaisedWorld
    var clock: any WorldClock
    var plan: AddressPlan

    func ask(_ method: HTTP.Method, _ target: String, _ body: String? = nil, type: String = "application/json", host: String? = nil) async throws
      -> (status: UInt16, body: String)
    {
      var ask = WebClient.Ask(try #require(WebAddress((host ?? address) + target)))
      ask.endpoint = Endpoint(address.dropFirst("http://".count))
      ask.method = method
      if let body {
        ask.fields = [(.contentType, type)]
        ask.body = Buffer(body)
      }
      let (fetched, content) = try await client.get(ask, bytesMax: 1 << 20)
      return (fetched.head.status.rawValue, content.text)
    }
  }

  private func withScene(_ body: (Scene) async throws -> Void) async throws {
    var world = try WorldDescription(file: "world", text: Self.world)
    let shift = ClockShift()
    let network = SocketNetwork(loops: 1, clock: SystemClock(aheadBy: shift))
    // Away from worlds that others may have on this loopback.
    let plan = AddressPlan(.loopback, place: 14)
    let networks = PacedNetworks(network, world: world, plan: plan, seed: 1)
    let failures = FailNames(addedTo: &world, clock: network.clock)
    #expect(failures != nil)
    let controls = WorldControls(world, plan: plan)
    let store = TraceStore()
    var means = RaisedWorld.Means(plan: plan, recorder: store, chance: SeededRandom(seed: 1), network: networks.network(of:))
    (means.controls, means.letters, means.failures) = (controls, LetterJournal(), failures)
    let servers = try await RaisedWorld.raise(world, with: means)
    let api = LabAPI(
      servers, controls: controls, letters: try #require(means.letters), faults: WorldFaults(networks), trace: store, worldClock: network.clock, shift: shift,
      realClock: SystemClock())
    // The API's connections do not feel the jumps.
    let own = SocketNetwork(loops: 1)
    let listener = try await WebService.start(network: own, endpoint: Endpoint(.loopback, 0), sites: api.sites)
    let client = WebClient(network: own) { _, _ in [.loopback] }
    do {
      try await body(Scene(api: api, client: client, address: "http://\(listener.endpoint)", servers: servers, clock: network.clock, plan: plan))
    } catch {
      await servers.stop(grace: .zero)
      throw error
    }
    await servers.stop(grace: .zero)
    await listener.close(grace: .zero)
    await network.shutDown()
    await own.shutDown()
  }

  /// A request and what it is answered with.
  struct Case {
    var method: HTTP.Method
    var target: String
    var body: String?
    var status: UInt16
    var says: String
  }

  private static let cases = [
    Case(method: .get, target: "/nowhere", body: nil, status: 404, says: "found /nowhere"),
    Case(method: .delete, target: "/clock", body: nil, status: 405, says: "expected GET, found DELETE"),
    Case(method: .get, target: "/messages?too=x", body: nil, status: 400, says: #""sentence":"unknown word `too` in the query; did you mean `to`?","field":"too""#),
    Case(method: .get, target: "/messages?wait=soon", body: nil, status: 400, says: #""field":"wait""#),
    Case(method: .get, target: "/messages?wait=2m", body: nil, status: 400, says: "at most 60s"),
    Case(method: .get, target: "/messages/7", body: nil, status: 404, says: "no message 7"),
    Case(method: .post, target: "/accounts", body: "[]", status: 400, says: "expected a JSON object"),
    Case(method: .post, target: "/accounts", body: "{\"address\": \"a@letters.test\"", status: 400, says: "expected JSON"),
    Case(method: .post, target: "/accounts", body: #"{"adress": "a@letters.test", "password": "x"}"#, status: 400, says: "did you mean `address`?\",\"field\":\"adress\""),
    Case(method: .post, target: "/accounts", body: #"{"address": "a@elsewhere.test", "password": "x"}"#, status: 400, says: "(fail.test, letters.test, no-starttls.fail.test, old-tls.fail.test), found a@elsewhere.test"),
    Case(method: .post, target: "/accounts", body: #"{"address": "ada@letters.test", "password": "x"}"#, status: 201, says: "ada@letters.test"),
    Case(method: .post, target: "/records", body: #"{"name": "a.test", "type": "NONE", "data": "x"}"#, status: 400, says: #""field":"type""#),
    Case(method: .post, target: "/records", body: #"{"name": "a.test", "type": "A", "data": ["192.0.2.9", "nine"]}"#, status: 400, says: #""field":"data[1]""#),
    Case(method: .post, target: "/records", body: #"{"name": "a.test", "type": "A", "data": "192.0.2.9\nb.test. A 192.0.2.1"}"#, status: 400, says: "expected one line"),
    Case(method: .post, target: "/records", body: #"{"name": "app.test", "type": "CNAME", "data": "ns.test."}"#, status: 400, says: "the zone would not be one any more"),
    Case(method: .delete, target: "/records?name=a.test", body: nil, status: 400, says: #""field":"type""#),
    Case(method: .post, target: "/faults", body: #"{"between": ["pc", "mial"], "cut": true}"#, status: 400, says: "did you mean `mail`?\",\"field\":\"between[1]\""),
    Case(method: .post, target: "/faults", body: #"{"host": "mail", "los": "3%"}"#, status: 400, says: "did you mean `loss`?\",\"field\":\"los\""),
    Case(method: .post, target: "/faults", body: #"{"host": "mail", "loss": "3"}"#, status: 400, says: "expected a share such as 5%"),
    Case(
      method: .post, target: "/faults", body: #"{"between": ["pc", "mail"], "delay": "1.5s", "loss": "7%", "duplicated": "0.25%"}"#, status: 201,
      says: #"{"id":1,"between":["pc","mail"],"delay":"1500ms","loss":"7%","duplicated":"0.25%"}"#),
    Case(method: .delete, target: "/faults/1", body: nil, status: 200, says: #"{"removed":1}"#),
    Case(method: .delete, target: "/faults/3", body: nil, status: 404, says: "no fault 3"),
    Case(method: .get, target: "/events?host=nobody", body: nil, status: 400, says: "no host `nobody`"),
    Case(method: .post, target: "/clock/advance", body: #"{"by": "0s"}"#, status: 400, says: "the clock never goes back"),
    Case(method: .post, target: "/clock/advance", body: #"{"by": "1000000h"}"#, status: 400, says: "20 years"),
  ]

  @Test("what is wrong is told in a sentence, with the field it is about")
  func answers() async throws {
    try await withScene { scene in
      for each in Self.cases {
        let answer = try await scene.ask(each.method, each.target, each.body)
        #expect(answer.status == each.status && answer.body.contains(each.says), "\(each.target) \(each.body ?? ""): \(answer)")
      }
      let form = try await scene.ask(.post, "/faults", "host=mail", type: "application/x-www-form-urlencoded")
      #expect(form.status == 415)
      let long = try await scene.ask(.post, "/faults", "{\"host\": \"" + String(repeating: "x", count: 70_000) + "\"}")
      #expect(long.status == 413)
      let foreign = try await scene.ask(.get, "/clock", host: "http://page.example")
      #expect(foreign.status == 421)
    }
  }

  @Test("records are published with the next serial, orders are kept with their bodies, the clock jumps")
  func orders() async throws {
    try await withScene { scene in
      func serial() async throws -> String { try await scene.ask(.get, "/records?name=test&type=SOA").body }
      let before = try await serial()
      let body = #"{"name": "app.test", "type": "A", "ttl": 5, "data": ["192.0.2.9", "192.0.2.10"]}"#
      #expect(try await scene.ask(.post, "/records", body).status == 201)
      #expect(try await serial() != before)
      let found = try await scene.ask(.get, "/records?name=app.test.")
      #expect(found.body == #"{"records":[{"name":"app.test.","type":"A","ttl":5,"data":"127.0.2.9"},{"name":"app.test.","type":"A","ttl":5,"data":"127.0.2.10"}]}"# + "\n")
      let start = scene.clock.now
      #expect(try await scene.ask(.post, "/clock/advance", #"{"by": "2h"}"#).body.contains("\"ahead\":\"7200s\""))
      #expect(scene.clock.now >= start + .seconds(7_200))
      #expect(try await scene.ask(.delete, "/records?name=app.test&type=A").status == 200)
      #expect(try await scene.ask(.get, "/records?name=app.test").body == "{\"records\":[]}\n")
      #expect(scene.api.orders.all.map { "\($0.method) \($0.target) \($0.body)" } == [
        "POST /records \(body)", #"POST /clock/advance {"by": "2h"}"#, "DELETE /records?name=app.test&type=A ",
      ])
    }
  }

  @Test("what a replay says is read back as it was written")
  func replay() throws {
    let replay = RunReplay(
      program: "1.0", seed: 18_446_744_073_709_551_615, speaker: "phone", folder: "/a b/\"c\"", command: ["sh", "-c", "exit 3 # \u{7F} 'ä'"], exitCode: 3,
      orders: [APIOrder(time: .milliseconds(1_042), method: "POST", target: "/faults?x=1", body: "{\"a\":\n\"\\\\\"}"), APIOrder(time: .zero, method: "DELETE", target: "/faults", body: "")])
    #expect(try RunReplay(file: "replay.yaml", text: replay.yaml.text) == replay)
  }

  // MARK: Names at which things go wrong

  /// A name and what its server answers.
  struct Question {
    var name: String
    var says: String
  }

  @Test("the zone fail.test fails as each of its names says")
  func failing() async throws {
    try await withScene { scene in
      let network = SocketNetwork(loops: 1)
      let server = Endpoint(try #require(Address("127.0.2.1")), scene.plan.port(53))
      let client = NameClient(network, timeout: .seconds(4), trace: nil)
      for question in [
        Question(name: "nxdomain", says: "NXDOMAIN 0"), Question(name: "nodata", says: "NOERROR 0"), Question(name: "servfail", says: "SERVFAIL 0"),
        Question(name: "refused", says: "REFUSED 0"), Question(name: "ttl-1", says: "NOERROR 1"), Question(name: "truncated", says: "NOERROR 1"),
        Question(name: "slow-2s", says: "NOERROR 1"), Question(name: "cname-loop", says: "NOERROR 2"), Question(name: "silent", says: "nothing"),
      ] {
        let start = scene.clock.now
        let outcome = await client.ask(.query(try Name(question.name + ".fail.test"), .a, id: 7), server)
        var says = "nothing"
        if case .answered(let answer) = outcome { says = "\(answer.message.responseCode) \(answer.message.answers.count)" }
        #expect(says == question.says, "\(question.name): \(outcome)")
        if question.name == "slow-2s" { #expect(scene.clock.now >= start + .seconds(2)) }
      }
      await network.shutDown()
    }
  }
}
