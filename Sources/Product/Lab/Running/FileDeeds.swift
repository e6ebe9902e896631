// Visits to file servers in a scenario: one session each, with the production client.
// Not here: what a scenario may say of them (Scenario/FileVisit.swift), the client (FileServer/Client).
import Bytes
import DNS
import FTP
import FileServer
import Host
import SimulatedTransport
import Synchronization
import Transport
import World

extension ScenarioRun {
  /// Logs in, does the steps one after the other, and says goodbye. What it comes to is the code of the last reply.
  func visit(_ client: SimulatedNetwork, _ visit: Scenario.FileVisit, as host: String) async -> Result.Outcome {
    let parts = visit.server.split(separator: ":", maxSplits: 1)
    let port = parts.count > 1 ? UInt16(parts[1]) ?? 21 : 21
    do throws(FileClientFailure) {
      guard let address = await address(of: String(parts.first ?? ""), client, as: host) else { return .failed("no address for \(visit.server)") }
      var options = FileClient.Options()
      options.mode = visit.isActive ? .active : .passive
      options.usesExtended = !visit.usesOldCommands
      options.trace = trace(host)
      let session = try await FileClient.connect(to: Endpoint(address, port), over: client, options)
      let outcome: Result.Outcome
      do throws(FileClientFailure) {
        try await session.logIn(user: visit.credentials?.user ?? "anonymous", password: visit.credentials?.password ?? "\(host)@")
        var code = 230
        for step in visit.steps { code = try await perform(step, in: session) }
        outcome = .page(code)
      } catch { outcome = Self.outcome(of: error) }
      await session.quit()
      return outcome
    } catch { return Self.outcome(of: error) }
  }

  /// Asks the resolver that is near; names of one word stand in the world's own zone.
  func address(of name: String, _ client: SimulatedNetwork, as host: String) async -> Address? {
    if let address = Address(name) { return address }
    guard let resolver = world.resolver(near: world.host(host))?.addresses.first else { return world.host(name)?.addresses.first }
    guard let asked = try? Name(name.contains(".") ? name : "\(name).\(world.domain)") else { return nil }
    let names = NameClient(client, timeout: .seconds(10), trace: trace(host))
    guard case .answered(let answer) = await names.ask(.query(asked, .a, id: nextID()), Endpoint(resolver, 53)) else { return nil }
    return answer.message.answers.compactMap { $0.data.address }.first
  }

  private func perform(_ step: Scenario.FileVisit.Step, in session: FileClient) async throws(FileClientFailure) -> Int {
    switch step {
    case .list(let path): _ = try await session.list(path.isEmpty ? nil : Buffer(path))
    case .enter(let path): return try await session.require(Command(.cwd, Buffer(path))).code
    case .get(let path, let offset): _ = try await session.get(Buffer(path), from: Int64(offset)) { _ in }
    case .put(let path, let content, let offset): try await session.put(.bytes(Self.bytes(of: content)), to: Buffer(path), from: Int64(offset))
    case .say(let text):
      let command: Command
      do throws(SyntaxError) { command = try Command(reading: Buffer(text)) } catch { throw .local("\(error)") }
      return try await session.perform(command).code
    }
    return 226
  }

  private static func bytes(of content: Scenario.FileVisit.Content) -> Buffer {
    switch content {
    case .text(let text): Buffer(text)
    // Letters in rows, so that what passes can be read.
    case .letters(let count): Buffer((0..<count).map { $0 % 64 == 63 ? UInt8(ascii: "\n") : UInt8(ascii: "a") + UInt8(truncatingIfNeeded: $0 / 64 % 26) })
    }
  }

  private static func outcome(of failure: FileClientFailure) -> Result.Outcome {
    switch failure {
    case .refused(_, let reply), .login(let reply): .page(reply.code)
    default: .failed("\(failure)")
    }
  }
}
