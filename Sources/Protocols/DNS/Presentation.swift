// A whole message as text, in the form that `dig` made known.
// Not here: records and their data (RecordDataText.swift), field-by-field explanations (Explanation/).
import Bytes

extension Message {
  /// The message for a human: header, EDNS, and the sections that are not empty, each under a heading that begins with `;;`.
  public var presentation: String {
    var lines = [
      ";; ->>HEADER<<- opcode: \(flags.opcode), status: \(responseCode), id: \(id)",
      ";; flags:\(flags.names.isEmpty ? "" : " " + flags.names); QUERY: \(questions.count), ANSWER: \(answers.count), "
        + "AUTHORITY: \(authorities.count), ADDITIONAL: \(additionals.count + (edns == nil ? 0 : 1))",
    ]
    if let edns { lines += ["", ";; OPT PSEUDOSECTION:"] + edns.presentation }
    if !questions.isEmpty {
      lines += ["", ";; QUESTION SECTION:"]
      lines += Message.columns(questions.map { [";\($0.name)", "", "\($0.class)", "\($0.type)", ""] })
    }
    for (title, records) in [("ANSWER", answers), ("AUTHORITY", authorities), ("ADDITIONAL", additionals)] where !records.isEmpty {
      lines += ["", ";; \(title) SECTION:"]
      lines += Message.columns(records.map { ["\($0.name)", "\($0.ttl)", "\($0.class)", "\($0.type)", "\($0.data)"] })
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The rows with every column but the last as wide as its widest cell.
  private static func columns(_ rows: [[String]]) -> [String] {
    let last = (rows.first?.count ?? 1) - 1
    let widths = (0..<Swift.max(0, last)).map { column in rows.map { $0[column].utf8.count }.max() ?? 0 }
    return rows.map { row in
      var line = ""
      for (column, width) in widths.enumerated() {
        line += row[column] + String(repeating: " ", count: width - row[column].utf8.count + (width == 0 ? 0 : 2))
      }
      line += row[last]
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}

extension EDNS {
  /// One line for the fixed part and one for each option.
  fileprivate var presentation: [String] {
    let bits = (dnssecOK ? ["do"] : []) + (flags & 0x7FFF == 0 ? [] : ["z 0x\(String(flags & 0x7FFF, radix: 16))"])
    let first = "; EDNS: version: \(version), flags:\(bits.isEmpty ? "" : " " + bits.joined(separator: " ")); udp: \(payloadSize)"
    return [first] + options.map { "; \($0.code): \($0.presentation)" }
  }
}

extension EDNSOption {
  /// The option's data for a human.
  var presentation: String {
    // The text is the peer's: quoted, so that it cannot steer a terminal.
    if let (code, _) = extendedError { return "\(code.rawValue) (\(code))\(data.count > 2 ? ": \(RecordData.quoted(Array(data.dropFirst(2))))" : "")" }
    if let clientSubnet { return "\(clientSubnet)" }
    switch code {
    case .nsid: return "\(Hexadecimal.text(data)) (\(RecordData.quoted(data)))"
    case .padding: return "\(data.count) bytes"
    case .cookie where data.count >= 8:
      return Hexadecimal.text(data.prefix(8)) + (data.count > 8 ? " " + Hexadecimal.text(data.dropFirst(8)) : "")
    default: return Hexadecimal.text(data)
    }
  }
}
