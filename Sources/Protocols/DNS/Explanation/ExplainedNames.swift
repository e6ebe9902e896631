// Names explained label by label, with the pointers that compression puts for their endings.
import Trace
import World

extension Explainer {
  /// The next name, and a field with a part for each label and pointer that stands here.
  mutating func name(_ title: String, _ meaning: String, _ source: String) throws(SyntaxError) -> (value: Name, field: Field) {
    let start = reader.offset
    var read = try field(title, source, { (r) throws(SyntaxError) in try r.name() }) { ("\($0)", meaning) }
    read.field.children = parts(from: start, to: reader.offset, of: read.value)
    return read
  }

  /// The labels and the pointer between `start` and `end`, which were read as `name` before.
  private func parts(from start: Int, to end: Int, of name: Name) -> [Field] {
    var parts: [Field] = []
    var index = start
    var depth = 0
    while index < end {
      let byte = reader.bytes[index]
      if byte >= 0xC0, index + 1 < end {
        let target = Int(byte & 0x3F) << 8 | Int(reader.bytes[index + 1])
        let rest = name.droppingLabels(depth) ?? .root
        parts.append(
          Field(
            "Pointer", "pointer to byte \(target)", range(index..<(index + 2)),
            meaning: "The name goes on where byte \(target) of the message is: \(rest)", source: "RFC 1035 §4.1.4"))
        index += 2
      } else if byte == 0 {
        parts.append(Field("Root", "0", range(index..<(index + 1)), meaning: "A label without letters: the name ends here.", source: "RFC 1035 §3.1"))
        index += 1
      } else {
        let after = Swift.min(end, index + 1 + Int(byte))
        let label = RecordData.quoted(Array(reader.bytes[(index + 1)..<after]))
        parts.append(
          Field("Label", label, range(index..<after), meaning: "A byte that says \(byte), and so many bytes of label.", source: "RFC 1035 §3.1"))
        index = after
        depth += 1
      }
    }
    return parts
  }
}
