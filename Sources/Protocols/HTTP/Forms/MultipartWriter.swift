// Writes a multipart form: for clients. Not here: reading one (MultipartReader.swift).
public import Bytes

/// One part of a form to be sent.
public struct FormPart: Sendable, Hashable {
  public var name: String
  public var content: Buffer
  /// Makes the part a file.
  public var fileName: String?
  /// Of a file; nil: `application/octet-stream`.
  public var contentType: String?

  public init(_ name: String, _ content: Buffer, fileName: String? = nil, contentType: String? = nil) {
    self.name = name
    self.content = content
    self.fileName = fileName
    self.contentType = contentType
  }
}

/// Writes multipart forms.
// RFC 7578 §4
public enum MultipartWriter {
  /// The Content-Type that goes with `boundary`.
  public static func contentType(boundary: String) -> String { "multipart/form-data; boundary=\(boundary)" }

  /// The content. `boundary` must stand in none of the parts: the caller draws it from chance, and long.
  public static func body(_ parts: [FormPart], boundary: String) -> Buffer {
    var out = Buffer()
    for part in parts {
      out.append("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(quoted(part.name))\"")
      if let name = part.fileName {
        out.append("; filename=\"\(quoted(name))\"\r\nContent-Type: \(plain(part.contentType ?? MediaType.unknown))")
      } else if let type = part.contentType {
        out.append("\r\nContent-Type: \(plain(type))")
      }
      out.append("\r\n\r\n")
      out.append(part.content)
      out.append("\r\n")
    }
    out.append("--\(boundary)--\r\n")
    return out
  }

  // HTML §4.10.22.8: what would end the name or the line is written with percent signs.
  private static func quoted(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { out, scalar in
      switch scalar {
      case "\"": out += "%22"
      case "\r": out += "%0D"
      case "\n": out += "%0A"
      default: out.unicodeScalars.append(scalar)
      }
    }
  }

  private static func plain(_ type: String) -> String { String(String.UnicodeScalarView(type.unicodeScalars.filter { $0.value >= 0x20 && $0.value < 0x7F })) }
}
