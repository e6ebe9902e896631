// One record: whose it is, how long it may be kept, and what it says (RFC 1035 §3.2.1).
import Bytes
public import World

/// A resource record. Its type is that of its data.
public struct ResourceRecord: Hashable, Sendable {
  /// The owner.
  public var name: Name
  public var `class`: RecordClass
  /// Unit: seconds. RFC 2181 §8: values with the highest bit set count as zero; `Message` reads them so.
  public var ttl: UInt32
  public var data: RecordData

  public var type: RecordType { data.type }

  public init(_ name: Name, class: RecordClass = .internet, ttl: UInt32, _ data: RecordData) {
    self.name = name
    self.class = `class`
    self.ttl = ttl
    self.data = data
  }
}

extension ResourceRecord {
  /// The record written as one line of a master file, `www.garnet.test. 300 IN A 192.0.2.1`; class and TTL may be left out.
  /// Offsets in errors count UTF-8 bytes.
  public init(_ text: String, origin: Name = .root, ttl: UInt32 = 3600) throws(SyntaxError) {
    let (records, problems) = MasterFileReader.records(Buffer(text), file: "", origin: origin, ttl: ttl)
    if let problem = problems.first {
      throw SyntaxError(expected: problem.expected, found: problem.found, at: problem.place.column - 1, rule: problem.rule)
    }
    guard records.count == 1 else {
      throw SyntaxError(expected: "one record", found: "\(records.count)", at: 0, rule: "RFC 1035 §5.1")
    }
    self = records[0]
  }
}
