// `netstead up` as a primary and as a secondary, with other people's programs at the other end: nsupdate and knsupdate change zones, dig copies them,
// NSD is our secondary and our primary. And a host that is killed again and again while it is changed. Not here: Knot (KnotPeerTests).
import Bytes
import DNS
import Foundation
import NameServer
import TestKit
import Testing
import Transport
import World

@Suite("zones changed and copied by others", .serialized)
struct NameRolesPeerTests {
  static let secret = "c2VjcmV0IGZvciB0aGUgbGFib3JhdG9yeSBvbmx5IQ=="
  static let key = "hmac-sha256:lab.key:\(secret)"

  static func freePort() -> Int { Int.random(in: 20_000..<30_000) }

  /// A host at a port of its own, with what `dns` says beside its key.
  struct Home {
    let port: Int
    let arguments: [String]
    let folder: String
    let environment: [String: String]

    init(_ environment: [String: String], _ folder: String, port: Int = freePort(), domain: String = "home.test", dns: String) throws {
      (self.port, self.folder, self.environment) = (port, folder, environment)
      let file = folder + "/\(domain).yaml"
      let keys = "  keys:\n    - {name: lab.key, secret: \"\(secret)\"}\n    - {name: other.key, algorithm: hmac-sha512, secret: \"\(secret)\"}\n"
      try "domain: \(domain)\nports: {dns: \(port), http: 0, https: 0, console: 0}\ndns:\n\(keys)\(dns)\n".write(toFile: file, atomically: true, encoding: .utf8)
      arguments = ["up", "--settings", file, "--data", folder + "/data-\(domain)"]
    }

    func start() throws -> Background { try Background(arguments, environment: environment, in: folder, until: "stop by") }
  }

  static let updates = "  update-by: [key lab.key]\n  transfer-to: [127.0.0.1 key lab.key, 127.0.0.9]"

  static func dig(_ port: Int, _ words: [String], _ dig: ProgramRunner) async -> String {
    await dig.run(["@127.0.0.1", "-p", "\(port)", "+norec", "+time=2", "+tries=1"] + words).text
  }

  /// Asks until the answer has `word`, for a bounded time; the last answer.
  static func wait(_ port: Int, _ words: [String], until word: String, _ program: ProgramRunner) async throws -> String {
    var answer = ""
    for _ in 0..<100 {
      answer = await dig(port, words, program)
      if answer.contains(word) { return answer }
      try await Task.sleep(for: .milliseconds(200))
    }
    return answer
  }

  @Test("nsupdate changes a zone with the key, over UDP and TCP, and not without; its prerequisites are heard; all of it is there after a restart")
  func updates() async throws {
    guard let dig = ProgramRunner("dig"), let nsupdate = ProgramRunner("nsupdate") else { return }
    try await withRuntimeFolder { environment, folder in
      let home = try Home(environment, folder, dns: Self.updates)
      let host = try home.start()
      func change(_ lines: String, _ arguments: [String]) async -> ProgramOutcome {
        await nsupdate.run(arguments, input: Array("server 127.0.0.1 \(home.port)\nzone home.test\n\(lines)\nsend\n".utf8))
      }
      for (name, arguments) in [("udp", ["-y", Self.key]), ("tcp", ["-v", "-y", Self.key])] {
        let changed = await change("update add \(name).home.test 60 A 192.0.2.7", arguments)
        #expect(changed.status == 0, "\(changed.text)\(changed.errorText)\(host.said)")
        #expect(await Self.dig(home.port, ["\(name).home.test", "+short"], dig) == "192.0.2.7\n")
      }
      for (arguments, word) in [
        ([], "REFUSED"), (["-y", "hmac-sha512:other.key:\(Self.secret)"], "REFUSED"), (["-y", "hmac-sha256:no.key:\(Self.secret)"], "BADKEY"),
        (["-y", "hmac-sha256:lab.key:d3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmcgd3Jvbmc="], "BADSIG"),
      ] {
        let refused = await change("update add bad.home.test 60 A 192.0.2.7", arguments)
        #expect(refused.status != 0 && (refused.text + refused.errorText).contains(word), "\(arguments) \(refused.text)\(refused.errorText)")
      }
      let unmet = await change("prereq nxdomain udp.home.test\nupdate delete udp.home.test", ["-y", Self.key])
      #expect(unmet.status != 0 && unmet.errorText.contains("YXDOMAIN"), "\(unmet.errorText)")
      let deleted = await change("prereq yxdomain tcp.home.test\nupdate delete tcp.home.test\nupdate add mail.home.test 60 MX 5 udp.home.test.", ["-y", Self.key])
      #expect(deleted.status == 0, "\(deleted.errorText)")
      #expect(host.stop() == 0)
      let again = try home.start()
      #expect(await Self.dig(home.port, ["udp.home.test", "+short"], dig) == "192.0.2.7\n")
      #expect(await Self.dig(home.port, ["mail.home.test", "MX", "+short"], dig) == "5 udp.home.test.\n")
      #expect(await Self.dig(home.port, ["tcp.home.test"], dig).contains("NXDOMAIN"))
      #expect(await Self.dig(home.port, ["bad.home.test"], dig).contains("NXDOMAIN"))
      // A signed plain question has a signed answer, which dig checks.
      #expect(await Self.dig(home.port, ["-y", Self.key, "udp.home.test"], dig).contains("TSIG"))
      #expect(again.stop() == 0)
    }
  }

  @Test("knsupdate does the same")
  func knot() async throws {
    guard let dig = ProgramRunner("dig"), let knsupdate = ProgramRunner("knsupdate") else { return }
    try await withRuntimeFolder { environment, folder in
      let home = try Home(environment, folder, dns: Self.updates)
      let host = try home.start()
      let lines = "server 127.0.0.1 \(home.port)\nzone home.test\nadd knot.home.test 60 TXT \"from knot\"\nsend\n"
      let changed = await knsupdate.run(["-y", Self.key], input: Array(lines.utf8))
      #expect(changed.status == 0, "\(changed.text)\(changed.errorText)")
      #expect(await Self.dig(home.port, ["knot.home.test", "TXT", "+short"], dig) == "\"from knot\"\n")
      #expect(host.stop() == 0)
    }
  }

  @Test("dig copies the zone with the key and from an address, what changed in steps, and nothing without either")
  func transfers() async throws {
    guard let dig = ProgramRunner("dig"), let nsupdate = ProgramRunner("nsupdate") else { return }
    try await withRuntimeFolder { environment, folder in
      let home = try Home(environment, folder, dns: Self.updates)
      let host = try home.start()
      let serial = await Self.dig(home.port, ["home.test", "SOA", "+short"], dig).split(separator: " ")[2]
      var lines = "server 127.0.0.1 \(home.port)\nzone home.test\n"
      // More than one message of 16,384 bytes.
      for number in 0..<900 { lines += "update add h\(number).home.test 60 TXT \"\(String(repeating: "x", count: 40))\"\n" }
      #expect(await nsupdate.run(["-v", "-y", Self.key], input: Array((lines + "send\n").utf8)).status == 0)
      let whole = await Self.dig(home.port, ["-y", Self.key, "home.test", "AXFR"], dig)
      #expect(whole.contains("h899.home.test.") && whole.contains("XFR size: ") && !whole.contains("ailed"), "\(whole.suffix(400))")
      #expect(await Self.dig(home.port, ["-b", "127.0.0.9", "home.test", "AXFR"], dig).contains("h899.home.test."))
      #expect(await Self.dig(home.port, ["home.test", "AXFR"], dig).contains("Transfer failed"))
      let steps = await Self.dig(home.port, ["-y", Self.key, "home.test", "IXFR=\(serial)"], dig)
      #expect(steps.contains("h899.home.test.") && !steps.contains("www.home.test."), "\(steps.prefix(400))")
      #expect(host.stop() == 0)
    }
  }

  @Test("our own commands change and copy a zone, and say why not")
  func commands() async throws {
    let netstead = try executable()
    try await withRuntimeFolder { environment, folder in
      let home = try Home(environment, folder, dns: Self.updates)
      let host = try home.start()
      func run(_ words: [String]) async -> ProgramOutcome { await netstead.run(["dns"] + words + ["@127.0.0.1:\(home.port)"], environment: environment) }
      func update(_ words: [String], key: String = Self.key) async -> Int32? { await run(["update", "home.test"] + words + ["--key", key]).status }
      #expect(await run(["127.0.0.1", "--short"]).text == "home.test.\n", "the pointer of an address of the zone")
      #expect(await update(["add", "new", "60", "A", "192.0.2.9"]) == 0)
      #expect(await update(["replace", "new.home.test", "60", "A", "192.0.2.10"]) == 0)
      #expect(await update(["add", "text", "60", "TXT", "\"two words\""]) == 0)
      #expect(await update(["delete", "text"]) == 0)
      #expect(await update(["add", "new", "60", "A", "192.0.2"]) == 2)
      #expect(await run(["update", "home.test", "delete", "new"]).status == 6, "unsigned")
      #expect(await update(["delete", "new"], key: "hmac-sha256:no.key:\(Self.secret)") == 4)
      let copied = await run(["home.test", "AXFR", "--key", Self.key])
      #expect(copied.status == 0 && copied.text.contains("new.home.test.\t60\tIN\tA\t192.0.2.10") && !copied.text.contains("text.home.test."), "\(copied.text)\(copied.errorText)")
      let refused = await run(["home.test", "AXFR"])
      #expect(refused.status == 1 && refused.errorText.contains("REFUSED"), "\(refused.errorText)")
      #expect(host.stop() == 0)
    }
  }

  @Test("what others changed stays when they may not any more, after a reload and after a restart")
  func rightsTaken() async throws {
    guard let dig = ProgramRunner("dig"), let nsupdate = ProgramRunner("nsupdate") else { return }
    try await withRuntimeFolder { environment, folder in
      let home = try Home(environment, folder, dns: Self.updates)
      let host = try home.start()
      let lines = "server 127.0.0.1 \(home.port)\nzone home.test\nupdate add kept.home.test 60 A 192.0.2.7\nsend\n"
      #expect(await nsupdate.run(["-y", Self.key], input: Array(lines.utf8)).status == 0)
      let closed = try Home(environment, folder, port: home.port, dns: "")
      let reload = await (try executable()).run(["reload", "--data", folder + "/data-home.test"], environment: environment)
      #expect(reload.status == 0, "\(reload.errorText)")
      #expect(await Self.dig(home.port, ["kept.home.test", "+short"], dig) == "192.0.2.7\n")
      #expect(await nsupdate.run(["-y", Self.key], input: Array(lines.utf8)).errorText.contains("REFUSED"))
      #expect(host.stop() == 0)
      let again = try closed.start()
      #expect(await Self.dig(home.port, ["kept.home.test", "+short"], dig) == "192.0.2.7\n")
      #expect(again.stop() == 0)
    }
  }

  /// NSD in a folder of its own.
  private final class NSD {
    private let process = Process()

    init?(_ folder: String, port: Int, zone: String) throws {
      guard ProgramRunner("nsd") != nil else { return nil }
      let configuration = """
        server:
          ip-address: 127.0.0.1@\(port)
          username: ""
          zonesdir: "\(folder)"
          pidfile: ""
          database: ""
          xfrdfile: "\(folder)/xfrd.state"
          xfrdir: "\(folder)"
          zonelistfile: "\(folder)/zone.list"
          server-count: 1
          refuse-any: no
        remote-control:
          control-enable: no
        key:
          name: lab.key
          algorithm: hmac-sha256
          secret: "\(secret)"
        zone:
          name: home.test
          zonefile: "\(folder)/home.zone"
        \(zone)
        """
      try configuration.write(toFile: folder + "/nsd.conf", atomically: true, encoding: .utf8)
      process.executableURL = URL(fileURLWithPath: "/usr/sbin/nsd")
      process.arguments = ["-d", "-c", folder + "/nsd.conf"]
      process.standardError = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      try process.run()
    }

    /// Kills it and those it started.
    func stop() {
      guard process.isRunning else { return }
      for one in [process.processIdentifier] + Self.children(of: process.processIdentifier) { kill(one, SIGKILL) }
      process.waitUntilExit()
    }

    private static func children(of process: Int32) -> [Int32] {
      let text = (try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)) ?? ""
      let own = text.split(separator: " ").compactMap { Int32($0) }
      return own + own.flatMap { children(of: $0) }
    }

    deinit { stop() }
  }

  @Test("NSD copies our zone, is told of a change, and serves it when we are gone")
  func primary() async throws {
    guard let dig = ProgramRunner("dig"), let nsupdate = ProgramRunner("nsupdate") else { return }
    try await withRuntimeFolder { environment, folder in
      let theirs = Self.freePort()
      let home = try Home(environment, folder, dns: Self.updates + "\n  notify: [\"127.0.0.1:\(theirs) key lab.key\"]")
      let host = try home.start()
      guard let nsd = try NSD(folder, port: theirs, zone: "  request-xfr: 127.0.0.1@\(home.port) lab.key\n  allow-notify: 127.0.0.1 lab.key\n") else { return }
      defer { nsd.stop() }
      let copied = try await Self.wait(theirs, ["www.home.test"], until: "127.0.0.1\n", dig)
      #expect(copied.contains("status: NOERROR") && copied.contains("flags: qr aa"), "\(copied)")
      let lines = "server 127.0.0.1 \(home.port)\nzone home.test\nupdate add told.home.test 60 A 192.0.2.7\nsend\n"
      #expect(await nsupdate.run(["-y", Self.key], input: Array(lines.utf8)).status == 0)
      // Its own refresh is after an hour: what it has now, it was told of.
      #expect(try await Self.wait(theirs, ["told.home.test"], until: "192.0.2.7", dig).contains("192.0.2.7"))
      #expect(host.end(by: SIGKILL) != 0)
      #expect(await Self.dig(theirs, ["told.home.test", "+short"], dig) == "192.0.2.7\n")
    }
  }

  @Test("we copy NSD's zone, and go on when it is killed")
  func secondary() async throws {
    guard let dig = ProgramRunner("dig") else { return }
    try await withRuntimeFolder { environment, folder in
      let theirs = Self.freePort()
      let home = try Home(
        environment, folder, domain: "other.test", dns: "  zones:\n    - {origin: home.test, primary: [\"127.0.0.1:\(theirs) key lab.key\"], transfer-to: [127.0.0.1]}")
      func zone(_ serial: Int, _ more: String) throws {
        try "$ORIGIN home.test.\n$TTL 60\n@ SOA ns1 h \(serial) 1 1 600 30\n@ NS ns1\nns1 A 127.0.0.1\n\(more)\n".write(
          toFile: folder + "/home.zone", atomically: true, encoding: .utf8)
      }
      try zone(1, "www A 192.0.2.1")
      let provide = "  provide-xfr: 127.0.0.1 lab.key\n  notify: 127.0.0.1@\(home.port) lab.key\n"
      guard let first = try NSD(folder, port: theirs, zone: provide) else { return }
      let host = try home.start()
      #expect(try await Self.wait(home.port, ["www.home.test"], until: "192.0.2.1", dig).contains("flags: qr aa"))
      first.stop()
      #expect(await Self.dig(home.port, ["www.home.test", "+short"], dig) == "192.0.2.1\n")
      try zone(2, "www A 192.0.2.2")
      let second = try NSD(folder, port: theirs, zone: provide)
      #expect(try await Self.wait(home.port, ["www.home.test"], until: "192.0.2.2", dig).contains("192.0.2.2"))
      second?.stop()
      #expect(host.end(by: SIGKILL) != 0)
      // A start without the primary serves what was copied last.
      let again = try home.start()
      #expect(await Self.dig(home.port, ["www.home.test", "+short"], dig) == "192.0.2.2\n")
      #expect(await Self.dig(home.port, ["home.test", "AXFR"], dig).contains("www.home.test."))
      #expect(again.stop() == 0)
    }
  }

  /// How often the host is killed.
  private static let kills = 100

  @Test("killed 100 times while it is changed: nothing acknowledged is lost", .timeLimit(.minutes(8)))
  func killed() async throws {
    let network = SocketNetwork(loops: 1)
    let upstream = NetworkUpstream(network, trace: nil)
    let secret = try #require(Base64.bytes(Self.secret.utf8))
    let key = TransactionKey(try Name("lab.key"), secret: secret)
    try await withRuntimeFolder { environment, folder in
      let home = try Home(environment, folder, dns: Self.updates)
      let server = Endpoint(.loopback, UInt16(home.port))
      var acknowledged: [Int] = []
      var number = 0
      for _ in 0..<Self.kills {
        let host = try home.start()
        let process = host.processIdentifier
        let moment = Task {
          try await Task.sleep(for: .milliseconds(Int.random(in: 10...150)))
          kill(process, SIGKILL)
        }
        // Over UDP, the next one when the one before is answered; it ends when nobody answers any more.
        while host.isRunning {
          number += 1
          let update = ZoneUpdate(
            zone: try Name("home.test"), changes: [.add(try ResourceRecord("n\(number).home.test. 60 A 192.0.2.7"))])
          let outcome = await upstream.exchange(
            update.message(id: UInt16(truncatingIfNeeded: number)), with: server, signedWith: key, until: network.clock.now + .milliseconds(200))
          if case .answered(let message, _) = outcome, message.responseCode == .noError { acknowledged.append(number) }
        }
        _ = try await moment.value
        _ = host.end(by: SIGKILL)
      }
      let host = try home.start()
      var lost: [Int] = []
      for number in acknowledged {
        let outcome = await upstream.exchange(
          Message.query(try Name("n\(number).home.test"), .a, id: 1, recursionDesired: false), with: server, signedWith: nil, until: network.clock.now + .seconds(5))
        guard case .answered(let message, _) = outcome, message.answers.count == 1 else {
          lost.append(number)
          continue
        }
      }
      #expect(lost == [], "acknowledged, and gone")
      #expect(acknowledged.count > Self.kills, "only \(acknowledged.count) updates were acknowledged")
      #expect(host.stop() == 0)
    }
    await network.shutDown()
  }
}
