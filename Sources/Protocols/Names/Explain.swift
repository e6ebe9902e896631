// Blocks explained, field by field, for the console and `--explain`. Without a zone's key a block tells what a stranger sees; with key and
// label, what is inside.
public import Bytes
public import Trace
import World

/// What a block says to anybody, and when `zone` and `label` are given, what it holds.
public func explain(block bytes: Buffer, zone: ZoneKey? = nil, label: ZoneLabel? = nil) -> Explanation {
  Explainer(bytes: bytes.array).block(zone: zone, label: label)
}

private struct Explainer {
  let bytes: [UInt8]

  /// A field of `range`, as far as there are bytes.
  private func field(_ name: String, _ value: String? = nil, _ range: Range<Int>, _ meaning: String, _ source: String, _ children: [Field] = []) -> Field {
    let range = min(range.lowerBound, bytes.count)..<min(range.upperBound, bytes.count)
    return Field(name, value ?? Hexadecimal.text(bytes[range]), range, meaning: meaning, source: source, children: children)
  }

  private func number(_ range: Range<Int>) -> UInt64? { range.upperBound <= bytes.count ? bytes[range].reduce(0) { $0 << 8 | UInt64($1) } : nil }

  private func rest(_ problem: SyntaxError) -> Explanation {
    Explanation(
      title: "\(bytes.count) bytes", fields: bytes.isEmpty ? [] : [field("bytes", nil, 0..<bytes.count, "Not taken apart: \(problem).", problem.rule)],
      problem: problem.description)
  }

  func block(zone: ZoneKey?, label: ZoneLabel?) -> Explanation {
    let (fields, problem) = blockFields(zone: zone, label: label)
    guard bytes.count >= ZoneBlock.headSize else { return rest(SyntaxError(expected: "a block of at least \(ZoneBlock.headSize) bytes", found: "\(bytes.count)", at: 0, rule: "RFC 9498 §6.3")) }
    return Explanation(title: "block of \(bytes.count) bytes" + (label.map { " for `\($0)`" } ?? ""), fields: fields, problem: problem)
  }

  private func blockFields(zone: ZoneKey?, label: ZoneLabel?) -> (fields: [Field], problem: String?) {
    guard bytes.count >= ZoneBlock.headSize, let kind = number(4..<8), let time = number(104..<112) else {
      return (bytes.isEmpty ? [] : [field("bytes", nil, 0..<bytes.count, "Too short for a block.", "RFC 9498 §6.3")], "too short for a block")
    }
    let source = "RFC 9498 §6.3"
    var problem: String?
    var inside: [Field] = []
    do throws(SyntaxError) {
      let block = try ZoneBlock(reading: bytes)
      if !block.isGenuine { problem = "the signature is not by the block's key" }
      if let zone, let label {
        do throws(ZoneBlock.Refusal) {
          let set = try block.records(of: zone, under: label)
          inside = set.records.map { record in
            let flags = record.flags.isEmpty ? "" : " (\(record.flags))"
            let end = timeText(record.expiration)
            return Field("\(record.type)", "\(RecordData(record) ?? .other(record.data))\(flags)", 112..<bytes.count, meaning: "Until \(end). Sealed as one with the others.", source: "RFC 9498 §5")
          }
        } catch { problem = "\(error)" }
      }
    } catch { problem = error.description }
    let name = ZoneKind(rawValue: UInt32(truncatingIfNeeded: kind)).map { "\($0.recordType)" } ?? "\(kind)"
    return ([
      field("size", "\(number(0..<4) ?? 0)", 0..<4, "Bytes of the whole block.", source),
      field("zone type", name, 4..<8, kind == 65_556 ? "EdDSA signs, XSalsa20-Poly1305 seals." : "ECDSA over edwards25519 signs, AES-256 in counter mode seals.", "RFC 9498 §5.1"),
      field("zone key", nil, 8..<40, "The zone's key blinded for the label. For another label it is another one; only who knows zone and label can make it.", source),
      field("signature", nil, 40..<104, problem == nil ? "By the blinded key, over purpose, expiration and data: whoever stores the block can check it." : "By the blinded key, over purpose, expiration and data.", source),
      field("expiration", timeText(time), 104..<112, "From then on nobody keeps or believes the block.", source),
      field("data", "\(bytes.count - 112) bytes", 112..<bytes.count, "The records, sealed, and padded to a power of two so that the length tells little.", "RFC 9498 §6.2", inside),
    ], problem)
  }
}

/// A moment of GNS, in microseconds since 1970.
private func timeText(_ microseconds: UInt64) -> String {
  microseconds > UInt64(Int64.max / 1_000) ? "the year 2262 or later" : Instant(microseconds: microseconds).timestamp
}
