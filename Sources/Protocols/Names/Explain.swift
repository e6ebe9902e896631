// Messages and blocks explained, field by field, for the console and `--explain`. Without a zone's key a block tells what a stranger sees; with key and
// label, what is inside.
public import Bytes
public import Trace
public import World

/// What `bytes` say, as a message of the block store; nil: another dialect.
public func explain(_ bytes: Buffer, as dialect: Dialect) -> Explanation? { dialect == .blockStore ? Explainer(bytes: bytes.array).message() : nil }

/// What a block says to anybody, and when `zone` and `label` are given, what it holds.
public func explain(block bytes: Buffer, zone: ZoneKey? = nil, label: ZoneLabel? = nil) -> Explanation {
  Explainer(bytes: bytes.array).block(zone: zone, label: label)
}

private struct Explainer {
  let bytes: [UInt8]

  private static let own = "Netstead block store"

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

  // MARK: The store's messages

  func message() -> Explanation {
    let message: StoreMessage
    do throws(SyntaxError) { message = try StoreMessage(reading: Buffer(bytes)) } catch { return rest(error) }
    let meanings: [StoreMessage.Kind: String] = [
      .get: "What is kept under this key?", .put: "Keep this block under this key.", .found: "This is kept there.", .missing: "Nothing is kept there.",
      .stored: "The block is kept.", .refused: "The block is not kept: it is not genuine, too old, or not of this key.",
    ]
    var fields = [
      field("kind", "\(message.kind)", 0..<1, meanings[message.kind] ?? "", Self.own),
      field("hops", "\(message.hops)", 1..<2, "How many nodes have passed the request on to one nearer to the key.", Self.own),
      field("id", "\(message.id)", 2..<4, "Ties an answer to its request.", Self.own),
      field("query", nil, 4..<68, "The key: the hash of a zone's key blinded for a label. Neither can be told from it.", "RFC 9498 §6.1"),
    ]
    if !message.block.isEmpty {
      fields.append(
        field("block", "\(message.block.count) bytes", 68..<bytes.count, "Records of one label of one zone, sealed and signed.", "RFC 9498 §6.3", blockFields(at: 68, zone: nil, label: nil).fields))
    }
    return Explanation(title: "\(message.kind) \(Hexadecimal.text(message.query.bytes.prefix(4)))…", fields: fields)
  }

  // MARK: Blocks

  func block(zone: ZoneKey?, label: ZoneLabel?) -> Explanation {
    let (fields, problem) = blockFields(at: 0, zone: zone, label: label)
    guard bytes.count >= ZoneBlock.headSize else { return rest(SyntaxError(expected: "a block of at least \(ZoneBlock.headSize) bytes", found: "\(bytes.count)", at: 0, rule: "RFC 9498 §6.3")) }
    return Explanation(title: "block of \(bytes.count) bytes" + (label.map { " for `\($0)`" } ?? ""), fields: fields, problem: problem)
  }

  /// The fields of a block that begins at `start` and ends with the bytes.
  private func blockFields(at start: Int, zone: ZoneKey?, label: ZoneLabel?) -> (fields: [Field], problem: String?) {
    let part = Array(bytes[start...])
    guard part.count >= ZoneBlock.headSize, let kind = number((start + 4)..<(start + 8)), let time = number((start + 104)..<(start + 112)) else {
      return (part.isEmpty ? [] : [field("bytes", nil, start..<bytes.count, "Too short for a block.", "RFC 9498 §6.3")], "too short for a block")
    }
    let source = "RFC 9498 §6.3"
    var problem: String?
    var inside: [Field] = []
    do throws(SyntaxError) {
      let block = try ZoneBlock(reading: part)
      if !block.isGenuine { problem = "the signature is not by the block's key" }
      if let zone, let label {
        do throws(ZoneBlock.Refusal) {
          let set = try block.records(of: zone, under: label)
          inside = set.records.map { record in
            let flags = record.flags.isEmpty ? "" : " (\(record.flags))"
            let end = timeText(record.expiration)
            return Field("\(record.type)", "\(RecordData(record) ?? .other(record.data))\(flags)", (start + 112)..<bytes.count, meaning: "Until \(end). Sealed as one with the others.", source: "RFC 9498 §5")
          }
        } catch { problem = "\(error)" }
      }
    } catch { problem = error.description }
    let name = ZoneKind(rawValue: UInt32(truncatingIfNeeded: kind)).map { "\($0.recordType)" } ?? "\(kind)"
    return ([
      field("size", "\(number(start..<(start + 4)) ?? 0)", start..<(start + 4), "Bytes of the whole block.", source),
      field("zone type", name, (start + 4)..<(start + 8), kind == 65_556 ? "EdDSA signs, XSalsa20-Poly1305 seals." : "ECDSA over edwards25519 signs, AES-256 in counter mode seals.", "RFC 9498 §5.1"),
      field("zone key", nil, (start + 8)..<(start + 40), "The zone's key blinded for the label. For another label it is another one; only who knows zone and label can make it.", source),
      field("signature", nil, (start + 40)..<(start + 104), problem == nil ? "By the blinded key, over purpose, expiration and data: whoever stores the block can check it." : "By the blinded key, over purpose, expiration and data.", source),
      field("expiration", timeText(time), (start + 104)..<(start + 112), "From then on nobody keeps or believes the block.", source),
      field("data", "\(part.count - 112) bytes", (start + 112)..<bytes.count, "The records, sealed, and padded to a power of two so that the length tells little.", "RFC 9498 §6.2", inside),
    ], problem)
  }
}

/// A moment of GNS, in microseconds since 1970.
private func timeText(_ microseconds: UInt64) -> String {
  microseconds > UInt64(Int64.max / 1_000) ? "the year 2262 or later" : Instant(microseconds: microseconds).timestamp
}
