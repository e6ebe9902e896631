// A ladder as Mermaid text, to be pasted into documents and issues.
import World

extension Ladder {
  /// A `sequenceDiagram`.
  public var mermaid: String {
    var text = "sequenceDiagram\n"
    for (index, lane) in lanes.enumerated() { text += "  participant h\(index) as \(Self.plain(lane.name))\n" }
    for row in rows {
      let time = (row.time - start).offsetText
      switch row.content {
      case .arrow(let arrow):
        let line =
          switch arrow.fate {
          case .arrived: "->>"
          case .lost: "-x"
          case .repeated: "-->>"
          }
        let word =
          switch arrow.fate {
          case .arrived: ""
          case .lost: "lost: "
          case .repeated: "repeat: "
          }
        text += "  h\(arrow.from)\(line)h\(arrow.to): \(time) \(word)\(Self.plain(arrow.label))\(arrow.isEncrypted ? " (TLS)" : "")\n"
      case .remark(let remark):
        text += "  Note over h\(remark.lane): \(time) \(Self.plain(remark.text))\n"
      }
    }
    return text
  }

  /// Text without what Mermaid or a page around it would read as more than text.
  private static func plain(_ text: String) -> String {
    var plain = ""
    for scalar in Transcript.clean(text).unicodeScalars {
      switch scalar {
      case "#", ";", "<", ">", "&", "\"", "{", "}", "`", "%": plain += "#\(scalar.value);"
      default: plain.unicodeScalars.append(scalar)
      }
    }
    return plain
  }
}
