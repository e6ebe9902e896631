// An update of a zone as a message (RFC 2136): on which conditions, and what shall change.
// Not here: who may, and what becomes of it (NameServer/Changing).
import World

/// What one UPDATE message asks for. All of it happens, or nothing.
public struct ZoneUpdate: Hashable, Sendable {
  /// A condition (RFC 2136 §2.4).
  public enum Prerequisite: Hashable, Sendable {
    /// Some record stands at the name.
    case exists(Name)
    /// None does.
    case absent(Name)
    /// Some record of this type stands at the name.
    case setExists(Name, RecordType)
    case setAbsent(Name, RecordType)
    /// This record stands there; all of one name and type together are the whole set.
    case setHas(Name, RecordData)
  }

  /// A change (RFC 2136 §2.5).
  public enum Change: Hashable, Sendable {
    case add(ResourceRecord)
    case deleteSet(Name, RecordType)
    /// All sets of the name.
    case deleteName(Name)
    case delete(Name, RecordData)
  }

  public var zone: Name
  public var prerequisites: [Prerequisite]
  /// In their order: a later one meets what an earlier one left.
  public var changes: [Change]

  public init(zone: Name, prerequisites: [Prerequisite] = [], changes: [Change] = []) {
    self.zone = zone
    self.prerequisites = prerequisites
    self.changes = changes
  }

  /// Why a message is no update that can be obeyed: what is answered, and the reason in words.
  public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    public var code: ResponseCode
    public var reason: String

    public init(_ code: ResponseCode, _ reason: String) {
      self.code = code
      self.reason = reason
    }

    public var description: String { "\(code): \(reason)" }
  }
}

// Reading

extension ZoneUpdate {
  /// The zone that `message` is about: its only question. For who must know before reading the rest.
  public static func zone(of message: Message) throws(Refusal) -> Name {
    // RFC 2136 §3.1.1: one zone, named by its SOA record.
    guard message.questions.count == 1, let zone = message.questions.first, zone.type == .soa else {
      throw Refusal(.formatError, "expected one zone of type SOA (RFC 2136 §3.1.1)")
    }
    guard zone.class == .internet else { throw Refusal(.notAuthoritative, "no zone of class \(zone.class) (RFC 2136 §3.1.2)") }
    return zone.name
  }

  /// Reads an UPDATE message.
  public init(reading message: Message) throws(Refusal) {
    self.init(zone: try ZoneUpdate.zone(of: message))
    for record in message.answers { prerequisites.append(try prerequisite(record)) }
    for record in message.authorities { changes.append(try change(record)) }
  }

  /// RFC 2136 §3.2.5
  private func prerequisite(_ record: ResourceRecord) throws(Refusal) -> Prerequisite {
    guard record.ttl == 0 else { throw Refusal(.formatError, "a prerequisite with a time to live (RFC 2136 §3.2.5)") }
    try check(record.name)
    let isEmpty = record.data == .unknown(record.type, [])
    switch record.class {
    case .any where isEmpty: return record.type == .any ? .exists(record.name) : .setExists(record.name, try data(record.type))
    case .none where isEmpty: return record.type == .any ? .absent(record.name) : .setAbsent(record.name, try data(record.type))
    case .internet:
      _ = try data(record.type)
      return .setHas(record.name, record.data)
    default: throw Refusal(.formatError, "a prerequisite of class \(record.class), or with data it must not have (RFC 2136 §3.2.5)")
    }
  }

  /// RFC 2136 §3.4.1.3, the look at everything before anything is done.
  private func change(_ record: ResourceRecord) throws(Refusal) -> Change {
    try check(record.name)
    let isEmpty = record.data == .unknown(record.type, [])
    switch record.class {
    case .internet:
      _ = try data(record.type)
      return .add(record)
    case .any where isEmpty && record.ttl == 0:
      return record.type == .any ? .deleteName(record.name) : .deleteSet(record.name, try data(record.type))
    case .none where record.ttl == 0:
      _ = try data(record.type)
      guard let data = record.data.ofInternet else { throw Refusal(.formatError, "data that is none of a \(record.type) record (RFC 2136 §2.5.4)") }
      return .delete(record.name, data)
    default: throw Refusal(.formatError, "a change of class \(record.class), or with a time to live or data it must not have (RFC 2136 §3.4.1.3)")
    }
  }

  private func check(_ name: Name) throws(Refusal) {
    guard name.isSubdomain(of: zone) else { throw Refusal(.notInZone, "\(name) lies outside \(zone) (RFC 2136 §3.4.1.3)") }
  }

  private func data(_ type: RecordType) throws(Refusal) -> RecordType {
    guard type.isData else { throw Refusal(.formatError, "\(type) is not a type of data (RFC 2136 §3.4.1.3)") }
    return type
  }
}

// Writing

extension ZoneUpdate {
  /// The UPDATE message.
  public func message(id: UInt16) -> Message {
    var flags = Flags()
    flags.opcode = .update
    return Message(
      id: id, flags: flags, questions: [Question(zone, .soa)], answers: prerequisites.map(\.record), authorities: changes.map(\.record))
  }
}

extension ZoneUpdate.Prerequisite {
  /// RFC 2136 §2.4
  fileprivate var record: ResourceRecord {
    switch self {
    case .exists(let name): ResourceRecord(name, class: .any, ttl: 0, .unknown(.any, []))
    case .absent(let name): ResourceRecord(name, class: .none, ttl: 0, .unknown(.any, []))
    case .setExists(let name, let type): ResourceRecord(name, class: .any, ttl: 0, .unknown(type, []))
    case .setAbsent(let name, let type): ResourceRecord(name, class: .none, ttl: 0, .unknown(type, []))
    case .setHas(let name, let data): ResourceRecord(name, ttl: 0, data)
    }
  }
}

extension ZoneUpdate.Change {
  /// RFC 2136 §2.5
  fileprivate var record: ResourceRecord {
    switch self {
    case .add(let record): record
    case .deleteSet(let name, let type): ResourceRecord(name, class: .any, ttl: 0, .unknown(type, []))
    case .deleteName(let name): ResourceRecord(name, class: .any, ttl: 0, .unknown(.any, []))
    case .delete(let name, let data): ResourceRecord(name, class: .none, ttl: 0, data)
    }
  }
}

extension RecordData {
  /// The data as the class IN gives it its form: a deletion (class NONE) names a record of that class. Nil: it has not that form.
  var ofInternet: RecordData? {
    guard case .unknown(let type, let bytes) = self else { return self }
    return try? bytes.withUnsafeBytes { (bytes) throws(SyntaxError) in
      var reader = MessageReader(bytes)
      let data = try RecordData(type: type, class: .internet, from: &reader)
      try reader.finish("the data", "RFC 1035 §4.1.3")
      return data
    }
  }
}
