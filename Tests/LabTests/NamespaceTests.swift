// The lab's namespace for real, through the executable: exit codes, addresses, name resolution, and that nothing leads out of it.
// Where the machine forbids namespaces each test says so and does nothing; the fallback's tests run everywhere.
@testable import Lab
import TestKit
import Testing

@Suite("The namespace", .serialized)
struct NamespaceTests {
  /// The executable that was built beside the tests; nil, and one printed line, when it cannot have a namespace here.
  private func program(needsNamespace: Bool = true, for test: String = #function) throws -> ProgramRunner? {
    if needsNamespace, case .forbidden(let why, _) = NamespaceProbe.probe() {
      skipped(test, because: why)
      return nil
    }
    let found: ProgramRunner = try #require(ProgramRunner(repositoryRoot + "/.build/debug/netstead", for: test), "the executable was not built")
    return found
  }

  /// A runtime folder of its own for `body`, so that no lab of the user is met.
  private func withFolder(_ body: ([String: String]) async throws -> Void) async throws {
    let path = "/tmp/netstead-test-\(UInt32.random(in: 0...UInt32.max))"
    guard let sh = ProgramRunner("sh") else { return }
    defer { _ = sh.runBlocking(["-c", "rm -rf \"$1\"", "sh", path]) }
    try await body(["NETSTEAD_RUNTIME": path])
  }

  @Test("exit codes are passed through", arguments: [
    (["true"], 0), (["sh", "-c", "exit 7"], 7), (["sh", "-c", "kill -TERM $$"], 143), (["no-such-program"], 127),
  ] as [([String], Int32)])
  func exitCodes(_ command: [String], _ code: Int32) async throws {
    guard let netstead = try program() else { return }
    try await withFolder { environment in
      let outcome = await netstead.run(["lab", "exec", "--"] + command, environment: environment)
      #expect(outcome.status == code, "\(outcome.errorText)")
      #expect(outcome.text.isEmpty)
    }
  }

  @Test("inside there are the world's addresses, its resolver, and no way out")
  func inside() async throws {
    guard let netstead = try program() else { return }
    try await withFolder { environment in
      let script = """
        cat /proc/net/fib_trie | grep -c '198.51.100.10$'
        cat /proc/net/route | wc -l
        grep -c 'lo$' /proc/net/if_inet6
        cat /etc/resolv.conf | head -1
        grep ^hosts /etc/nsswitch.conf
        id -u
        (exec 3<>/dev/udp/8.8.8.8/53) 2>/dev/null && echo leaks || echo sealed
        echo $NETSTEAD_LAB
        """
      let outcome = await netstead.run(["lab", "exec", "--", "bash", "-c", script], environment: environment)
      let lines = outcome.text.split(separator: "\n").map(String.init)
      // The routing table of the namespace has its heading only: no network, no default route.
      // Beside the world's own hosts there are old-tls.fail.test and no-starttls.fail.test, which have addresses of their own.
      let hosts = try WorldTests.builtIn().hosts.count + 2
      #expect(lines.dropFirst() == ["1", "\(hosts + 1)", "nameserver 203.0.113.53", "hosts: files dns", "0", "sealed", "namespace"], "\(outcome.errorText)")
      #expect(lines.first.flatMap { Int($0) } ?? 0 > 0)
    }
  }

  @Test("a network is furnished only when it is another than the one we came from")
  func refusesForeignNetworks() throws {
    for (mark, network) in [("-", "net:[1]"), ("net:[1],,", "net:[1]"), ("net:[1],3,8000", "net:[1]"), ("net:[1],,", nil), (",,", "net:[1]"), ("", "net:[1]")] {
      #expect(throws: Reexecution.NotInside.self) { _ = try Reexecution.inheritance(in: mark, network: network) }
    }
    #expect(try Reexecution.inheritance(in: "net:[1],,", network: "net:[2]") == Reexecution.Inheritance())
    #expect(try Reexecution.inheritance(in: "net:[1],3,8000", network: "net:[2]") == Reexecution.Inheritance(console: 3, consolePort: 8_000))
  }

  @Test("a lab in a lab is the same lab")
  func nested() async throws {
    guard let netstead = try program() else { return }
    try await withFolder { environment in
      let outcome = await netstead.run(
        ["lab", "exec", "--", netstead.path, "lab", "exec", "--", netstead.path, "dns", "-q", "www.garnet.test"], environment: environment)
      #expect(outcome.text == "198.51.100.10\n", "\(outcome.errorText)")
      #expect(outcome.errorText.isEmpty)
    }
  }

  @Test("the command speaks as the client, over both families, and a running lab is joined")
  func joins() async throws {
    guard let netstead = try program(), let sh = ProgramRunner("sh"), ProgramRunner.isInstalled("python3") else { return }
    try await withFolder { environment in
      // The lab in the background of a shell, which ends it when it ends itself; the commands in between join it.
      let script = """
        "$1" lab --console-port 0 2>/dev/null & lab=$!
        for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do [ -e "$NETSTEAD_RUNTIME/lab.json" ] && break; sleep 0.2; done
        "$1" lab exec -- python3 -c '
        import socket
        for server in ("192.0.2.1", "2001:db8:2::1"):
          s = socket.create_connection((server, 53), 5); print(s.getsockname()[0])
        print(socket.create_connection(("203.0.113.10", 0) if 0 else ("srv", 6790), 5).getpeername()[0])
        '
        "$1" lab exec -- "$1" lab exec -- echo twice
        "$1" lab env | grep -c NETSTEAD_HOST
        "$1" lab 2>/dev/null; echo second $?
        kill -INT $lab; wait $lab; echo first $?
        [ -e "$NETSTEAD_RUNTIME/lab.json" ] || echo gone
        """
      let hosts = try WorldTests.builtIn().hosts.count
      let outcome = await sh.run(["-c", script, "sh", netstead.path], environment: environment, timeout: .seconds(60))
      #expect(outcome.text.split(separator: "\n") == [
        "203.0.113.10", "2001:db8:113::10", "2001:db8:100::80", "twice", "\(hosts)", "second 1", "first 0", "gone",
      ], "\(outcome.errorText)")
    }
  }

  @Test("without namespaces the lab is on loopback addresses, and our own tools find their way")
  func fallback() async throws {
    guard let netstead = try program(needsNamespace: false) else { return }
    try await withFolder { environment in
      let script = """
        "$0" dns -q www.garnet.test; "$0" http http://www.garnet.test/notes.txt | head -1; echo hi | "$0" nc srv 6789 | tr -d '\\r'; echo $NETSTEAD_RESOLVER
        """
      let outcome = await netstead.run(
        ["lab", "exec", "--no-namespace", "--", "sh", "-c", script, netstead.path], environment: environment, timeout: .seconds(60))
      if outcome.errorText.contains("is in use") { return skipped("fallback", because: "another lab has the ports") }
      #expect(outcome.text.split(separator: "\n") == ["127.51.100.10", "Things to try on this site", "HI", "127.0.113.53:8053"], "\(outcome.errorText)")
    }
  }

  @Test("usage is 2, a missing name 1, a world that is printed is the built-in one")
  func contract() async throws {
    guard let netstead = try program(needsNamespace: false) else { return }
    for arguments in [["bogus"], ["nc"], ["dns"], ["lab", "exec"], ["nc", "host", "70000"], ["http", "ftp://x/"]] {
      let outcome = await netstead.run(arguments)
      #expect(outcome.status == 2, "\(arguments): \(outcome.status)")
      #expect(outcome.text.isEmpty)
    }
    let help = await netstead.run(["help", "http"])
    #expect(help.status == 0)
    #expect(help.text.split(separator: "\n", omittingEmptySubsequences: false).count <= 60)
    #expect(await netstead.run(["lab", "--print-world"]).text == DefaultWorld.text)
    #expect(await netstead.run(["lab", "env"], environment: ["NETSTEAD_RUNTIME": "/tmp/netstead-none-\(UInt32.random(in: 0...UInt32.max))"]).status == 1)
  }

  @Test("which setting forbids namespaces is told by name")
  func explains() {
    func reason(_ files: [String: String]) -> String {
      if case .forbidden(let because, _) = NamespaceProbe.explain({ files[$0] }) { because } else { "" }
    }
    #expect(reason(["/proc/sys/user/max_user_namespaces": "0"]).contains("user.max_user_namespaces"))
    #expect(reason(["/proc/sys/kernel/unprivileged_userns_clone": "0"]).contains("unprivileged_userns_clone"))
    #expect(reason(["/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1"]).contains("apparmor"))
    #expect(reason(["/proc/sys/user/max_user_namespaces": "1000"]).contains("filter"))
  }
}
