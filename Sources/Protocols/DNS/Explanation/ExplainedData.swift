// The data of records explained piece by piece.
import Bytes
import Trace
import World

extension Explainer {
  /// Adds the pieces between here and the reader's end.
  mutating func explainData(_ type: RecordType, _ class: RecordClass, _ children: inout [Field]) throws(SyntaxError) {
    let source = Meanings.source(of: type)
    switch type {
    case .a where `class` == .internet:
      children.append(try field("Address", source, { (r) throws(SyntaxError) in try r.uint32("four bytes of an IPv4 address", source) }) {
        ("\(Address.v4($0))", "The IPv4 address of the host.")
      }.field)
    case .aaaa where `class` == .internet:
      children.append(try field("Address", source, { (r) throws(SyntaxError) in
        (try r.uint64("sixteen bytes of an IPv6 address", source), try r.uint64("sixteen bytes of an IPv6 address", source))
      }) { ("\(Address.v6($0.0, $0.1))", "The IPv6 address of the host.") }.field)
    case .srv where `class` != .internet:
      try explainBytes(&children)
    default:
      let pieces = Meanings.pieces(of: type)
      guard pieces != nil || type == .tsig else { return try explainBytes(&children) }
      let before = (reader, children)
      do throws(SyntaxError) {
        if type == .tsig { try explainSignature(&children) }
        for (piece, meaning) in pieces ?? [] { try explain(piece, meaning, source, &children) }
        try reader.finish("the data of the \(type) record", source)
      } catch {
        // Data of a type that readers keep as bytes is not damaged when it is not laid out as it should be.
        guard type.layout != nil || type == .tsig, !type.mayHoldCompressedNames else { throw error }
        (reader, children) = before
        try explainBytes(&children)
      }
    }
  }

  private mutating func explainBytes(_ children: inout [Field]) throws(SyntaxError) {
    guard reader.remaining > 0 else { return }
    children.append(try field("Bytes", "RFC 3597 §3", { (r) throws(SyntaxError) in try r.take(r.remaining, "the data", "RFC 3597 §3") }) {
      (Hexadecimal.text($0), "Bytes of a type that is not taken apart here.")
    }.field)
  }

  private mutating func explain(_ piece: RecordPiece, _ meaning: String, _ source: String, _ children: inout [Field]) throws(SyntaxError) {
    let label = piece.label.prefix(1).uppercased() + piece.label.dropFirst()
    switch piece {
    case .name:
      children.append(try name(label, meaning, source).field)
    case .strings:
      repeat {
        children.append(try field(label, source, { (r) throws(SyntaxError) in try r.characterString(piece.label) }) { (RecordData.quoted($0), meaning) }.field)
      } while reader.remaining > 0
    case .hex, .base64, .text:
      guard reader.remaining > 0 else { return }
      children.append(try field(label, source, { (r) throws(SyntaxError) in try r.text(of: piece) }) { ($0, meaning) }.field)
    case .uint8, .uint16, .uint32, .string:
      children.append(try field(label, source, { (r) throws(SyntaxError) in try r.text(of: piece) }) { ($0, meaning) }.field)
    }
  }
}
