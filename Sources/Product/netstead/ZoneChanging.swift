// `netstead dns update` and `netstead dns ZONE AXFR`: changes a zone at its server, and copies one.
// Not here: asking about names (DNSCommand.swift), the messages (DNS/Changes, DNS/Transfers).
import Bytes
import DNS
import Host
import World

/// What `netstead dns` does with whole zones.
struct ZoneChanging {
  let key: String?
  let session: ToolSession

  /// `update ZONE add NAME TTL TYPE DATA`, `… delete NAME [TYPE [DATA]]`, `… replace NAME TTL TYPE DATA`, with `@SERVER` anywhere.
  func update(_ words: [String], server: (String?) async throws -> Endpoint) async throws {
    let named = words.first { $0.hasPrefix("@") }.map { String($0.dropFirst()) }
    let plain = words.dropFirst().filter { !$0.hasPrefix("@") }
    guard plain.count >= 3 else { throw ToolFailure(.usage, "expected update ZONE add, delete or replace, and NAME") }
    let zone = try name(plain[0], below: .root)
    let update = ZoneUpdate(zone: zone, changes: try changes(plain[1], Array(plain.dropFirst(2)), zone))
    let endpoint = try await server(named)
    let outcome = await session.client.change(update, endpoint, key: try transactionKey(), id: .random(in: 0...UInt16.max))
    try session.finish()
    switch outcome {
    case .answered(let answer):
      let code = answer.message.responseCode
      guard code == .noError else { throw ToolFailure(code == .refused ? .unauthenticated : .refused, "\(zone): \(code)") }
    case .timedOut: throw ToolFailure(.unreachable, "no answer from \(endpoint) in time")
    case .unreachable(let why): throw ToolFailure(.unreachable, why)
    }
  }

  private func changes(_ verb: String, _ words: [String], _ zone: Name) throws -> [ZoneUpdate.Change] {
    let owner = try name(words[0], below: zone)
    switch verb {
    case "add", "replace":
      guard words.count >= 4, let ttl = UInt32(words[1]), let type = RecordType(words[2]) else {
        throw ToolFailure(.usage, "expected NAME TTL TYPE DATA after \(verb)")
      }
      let record = ResourceRecord(owner, ttl: ttl, try data(type, words.dropFirst(3), zone))
      return (verb == "replace" ? [.deleteSet(owner, type)] : []) + [.add(record)]
    case "delete":
      guard words.count > 1 else { return [.deleteName(owner)] }
      guard let type = RecordType(words[1]) else { throw ToolFailure(.usage, "`\(words[1])` is no record type") }
      return words.count == 2 ? [.deleteSet(owner, type)] : [.delete(owner, try data(type, words.dropFirst(2), zone))]
    default: throw ToolFailure(.usage, "expected add, delete or replace, found `\(verb)`")
    }
  }

  private func data(_ type: RecordType, _ words: ArraySlice<String>, _ zone: Name) throws -> RecordData {
    do throws(SyntaxError) { return try RecordData(type, words.joined(separator: " "), origin: zone) } catch { throw ToolFailure(.usage, "\(error)") }
  }

  /// A name as in a master file: without a final dot it continues with the zone's, unless it already ends in that.
  private func name(_ text: String, below zone: Name) throws -> Name {
    do throws(SyntaxError) {
      if text == "@" { return zone }
      let whole = try Name(text)
      if text.hasSuffix(".") || whole.isSubdomain(of: zone) { return whole }
      return try Name("\(text).\(zone)")
    } catch { throw ToolFailure(.usage, "`\(text)` is no domain name: \(error)") }
  }

  /// Shows a whole zone, as a master file has it.
  func copy(_ zone: Name, from server: Endpoint) async throws {
    let transfer: ZoneTransfer
    let key = try transactionKey()
    do throws(NameClient.TransferProblem) {
      transfer = try await session.client.copy(TransferQuestion(zone), server, key: key, id: .random(in: 0...UInt16.max))
    } catch {
      try session.finish()
      switch error {
      case .network(let error): throw ToolFailure(.unreachable, "\(error)")
      case .transfer(.refused(let code)): throw ToolFailure(.refused, "\(zone): \(code)")
      case .transfer(let failure): throw ToolFailure(.brokenPeer, "\(failure)")
      }
    }
    if case .whole(let records) = transfer { for record in records { Terminal.say(JSONText.line(record)) } }
    try session.finish()
  }

  private func transactionKey() throws -> TransactionKey? {
    guard let key else { return nil }
    let parts = key.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let algorithm = TransactionAlgorithm(rawValue: parts[0]), let name = try? Name(parts[1]),
      let secret = Base64.bytes(parts[2].utf8), !secret.isEmpty
    else { throw ToolFailure(.usage, "expected a key such as hmac-sha256:lab.key:BASE64 after --key") }
    return TransactionKey(name, algorithm, secret: secret)
  }
}
