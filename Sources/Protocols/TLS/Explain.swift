// What passed on the wire explained, piece by piece, for the console and `netstead trace --explain`. A piece is read by itself: what was chosen in an
// earlier one is not known here. Read before: WireReader.swift.
public import Bytes
public import Trace

/// What a piece of the wire shows to somebody without keys; nil: it does not begin like a record of TLS.
public func explain(_ bytes: Buffer) -> Explanation? {
  var reader = WireReader()
  // One direction is as good as the other: a piece is one side's.
  let records = reader.take(bytes, .toServer)
  guard !records.isEmpty else { return nil }
  var fields: [Field] = []
  var start = 0
  for record in records {
    fields.append(record.field(from: start))
    start += record.bytes.count
  }
  var titles = records.map(\.title)
  if start < bytes.count {
    fields.append(Field("rest", "\(bytes.count - start) bytes", start..<bytes.count, meaning: "The beginning of a record that is not whole here.", source: "RFC 8446 §5.1"))
    titles.append("\(bytes.count - start) bytes of the next record")
  }
  return Explanation(title: titles.joined(separator: "; "), fields: fields, problem: reader.isLost ? "what follows is no TLS" : nil)
}
