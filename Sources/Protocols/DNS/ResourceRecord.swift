// One record: whose it is, how long it may be kept, and what it says (RFC 1035 §3.2.1).

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
