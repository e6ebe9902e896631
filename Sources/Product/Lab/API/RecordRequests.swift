// `/records`: what the world's zones say. A change is published at all servers of its zone with the next serial; whoever asked before may still
// know the old answer, until its time to live is over.
// Read before: Running/WorldControls.swift.
import Bytes
import DNS
import HTTP
import Settings
import Trace
import World

extension LabAPI {
  /// `GET /records?name=&type=`.
  func records(_ request: APIRequest) throws -> APIAnswer {
    try request.checkQuery("name", "type")
    let (name, type) = (try request.value("name", .ownerName), try request.value("type", .recordType))
    let found = controls.records().filter { (name == nil || $0.name == name) && (type == nil || $0.type == type) }
    guard found.count <= limits.recordsMax else { throw APIFailure(.badRequest, "there are \(found.count) records: name one, or a type") }
    return Self.list(found)
  }

  /// `POST /records {"name", "type", "data", "ttl"}`: these records stand instead of those of that name and type.
  func setRecords(_ request: APIRequest) async throws -> APIAnswer {
    let maximum = limits.recordSetMax
    let (name, type, ttl, texts) = try await request.body { reader in
      let item = reader.item("data")
      if item == nil { reader.problem(at: "data", "expected key `data` with a text or a list of texts, which is missing") }
      let texts = item?.shape == .list ? reader.list("data", .text) : item?.value(.text).map { [$0] } ?? []
      if texts.isEmpty || texts.count > maximum { reader.problem(at: "data", "expected 1 to \(maximum) texts") }
      return (reader.required("name", .ownerName), reader.required("type", .recordType), reader.value("ttl", .integer(0...2_147_483_647), default: 60), texts)
    }
    var records: [ResourceRecord] = []
    for (index, text) in texts.enumerated() {
      let field = texts.count == 1 ? "data" : "data[\(index)]"
      guard !text.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 }) else { throw APIFailure(.badRequest, "expected one line", field: field) }
      let line = "\(name) \(ttl) IN \(type) \(type == .txt ? Self.quoted(text) : text)"
      let (read, problems) = MasterFileReader.records(Buffer(line), file: "data", origin: .root)
      guard problems.isEmpty, read.count == 1 else {
        throw APIFailure(.badRequest, problems.first.map { "expected \($0.expected)" + ($0.found.isEmpty ? "" : ", found \($0.found)") } ?? "expected one record", field: field)
      }
      records += read
    }
    do throws(WorldControls.RecordFailure) { try await controls.set(name, type, records) } catch { throw APIFailure(error, name) }
    return Self.list(records, .created)
  }

  /// `DELETE /records?name=&type=`.
  func removeRecords(_ request: APIRequest) async throws -> APIAnswer {
    try request.checkQuery("name", "type")
    guard let name = try request.value("name", .ownerName), let type = try request.value("type", .recordType) else {
      throw APIFailure(.badRequest, "expected name and type in the query", field: request.query["name"] == nil ? "name" : "type")
    }
    let found = controls.records().filter { $0.name == name && $0.type == type }
    if found.isEmpty { throw APIFailure(.notFound, "\(name) has no records of type \(type)", field: "name") }
    do throws(WorldControls.RecordFailure) { try await controls.set(name, type, []) } catch { throw APIFailure(error, name) }
    return Self.list(found)
  }

  private static func list(_ records: [ResourceRecord], _ status: Status = .ok) -> APIAnswer {
    .json(status) { object in
      object.array("records") { array in
        for record in records {
          array.object(nil) { item in
            item.value("name", record.name.description)
            item.value("type", record.type.description)
            item.value("ttl", record.ttl)
            item.value("data", record.data.description)
          }
        }
      }
    }
  }

  /// A text as the strings of a TXT record; one that comes in quotes is such strings already.
  // RFC 1035 §3.3.14, §5.1: strings of at most 255 bytes.
  private static func quoted(_ text: String) -> String {
    if text.hasPrefix("\"") { return text }
    let bytes = Array(text.utf8)
    return stride(from: 0, to: max(1, bytes.count), by: 255).map { start in
      let piece = bytes[start..<min(bytes.count, start + 255)]
      return "\"" + piece.map { byte in
        switch byte {
        case 0x22, 0x5C: "\\" + String(UnicodeScalar(byte))
        case 0x20...0x7E: String(UnicodeScalar(byte))
        default: "\\" + String(repeating: "0", count: 3 - String(byte).count) + String(byte)
        }
      }.joined() + "\""
    }.joined(separator: " ")
  }
}

extension APIFailure {
  fileprivate init(_ failure: WorldControls.RecordFailure, _ name: Name) {
    self.init(.badRequest, "\(failure)", field: "name")
  }
}

extension SettingsForm where Value == Name {
  /// A domain's name, with or without the dot at its end.
  static var ownerName: Self { Self(expected: "a domain's name such as www.garnet.test", standIn: .root) { $0.isEmpty ? nil : try? Name($0) } }
}

extension SettingsForm where Value == RecordType {
  static var recordType: Self { Self(expected: "a type of record such as A or TXT", standIn: .a) { RecordType($0) } }
}
