// Records and answers for tests in a few characters: one record a line, `owner TTL type data`, names absolute.
// Not here: master files (DNSTests); this reads only what these tests write.
import Bytes
import DNS
import Testing
import Trace
import World

@testable import NameServer

/// What is wrong with a test's text.
struct TextProblem: Error { var line: String }

/// The records in `text`; empty lines are skipped, a class `IN` is allowed.
func records(_ text: String) throws -> [ResourceRecord] {
  try text.split(separator: "\n").compactMap { line in
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init).filter { $0.uppercased() != "IN" }
    return words.isEmpty ? nil : try record(words, line: String(line))
  }
}

private func record(_ words: [String], line: String) throws -> ResourceRecord {
  guard words.count >= 4, let ttl = UInt32(words[1]) else { throw TextProblem(line: line) }
  let rest = Array(words.dropFirst(3))
  let numbers = rest.compactMap { UInt32($0) }
  let data: RecordData
  switch words[2].uppercased() {
  case "A", "AAAA":
    guard let address = Address(rest[0]) else { throw TextProblem(line: line) }
    data = RecordData(address)
  case "NS": data = .ns(try Name(rest[0]))
  case "CNAME": data = .cname(try Name(rest[0]))
  case "DNAME": data = .dname(try Name(rest[0]))
  case "PTR": data = .ptr(try Name(rest[0]))
  case "TXT": data = .txt([Array(rest.joined(separator: " ").filter { $0 != "\"" }.utf8)])
  case "MX": data = .mx(preference: UInt16(numbers[0]), exchange: try Name(rest[1]))
  case "SRV": data = .srv(priority: UInt16(numbers[0]), weight: UInt16(numbers[1]), port: UInt16(numbers[2]), target: try Name(rest[3]))
  case "DS": data = .unknown(.ds, [1, 2, 3, 4])
  case "SOA":
    guard numbers.count == 5 else { throw TextProblem(line: line) }
    data = .soa(StartOfAuthority(
      primary: try Name(rest[0]), mailbox: try Name(rest[1]), serial: numbers[0], refresh: numbers[1], retry: numbers[2],
      expire: numbers[3], minimum: numbers[4]))
  default: throw TextProblem(line: line)
  }
  return ResourceRecord(try Name(words[0]), ttl: ttl, data)
}

/// A responder for these zones, each one text.
func responder(_ zones: [String], _ completeness: Authority.Completeness = .minimal, limits: NameServer.Limits = NameServer.Limits()) throws
  -> AuthorityResponder
{
  AuthorityResponder(AuthoritySource(
    Authority(zones: try zones.map { try Zone(records: records($0)) }, completeness: completeness, limits: limits)))
}

extension AuthorityResponder {
  /// The answer's bytes; empty: none.
  func answer(bytes query: [UInt8], over carriage: ConversationInfo.Carriage = .udp, memory: Int = 65_535) -> [UInt8] {
    let reply = UnsafeMutableRawBufferPointer.allocate(byteCount: memory, alignment: 8)
    defer { reply.deallocate() }
    let count = query.withUnsafeBytes { answer($0, over: carriage, into: reply) }
    return Array(reply[0..<count])
  }

  /// The answer to a question, read by the library's reader.
  func ask(
    _ name: String, _ type: RecordType, over carriage: ConversationInfo.Carriage = .udp, edns: EDNS? = nil,
    class: RecordClass = .internet
  ) throws -> Message {
    let query = Message.query(try Name(name), type, class: `class`, id: 0x1234, recursionDesired: false, edns: edns)
    return try Message(reading: Buffer(answer(bytes: query.wire().array, over: carriage)))
  }
}
