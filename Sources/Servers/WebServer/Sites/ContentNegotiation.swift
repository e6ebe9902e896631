// Which coding of a file a client gets, where precompressed siblings stand beside it. Nothing is compressed here.
import Bytes
import HTTP

/// The choice among a file and its precompressed siblings.
enum ContentNegotiation {
  /// The sibling that the client likes best, or the file itself.
  static func choose(among file: ServedFile, for request: RequestHead) -> ServedFile {
    guard let accepted = request.fields.joined(.acceptEncoding) else { return file }
    let list = QualityList(parsing: accepted)
    guard let best = list.best(of: file.siblings.compactMap { $0.coding?.name }) else { return file }
    // RFC 9110 §12.5.3: identity counts only where it is named; a client that likes it more gets it.
    if let plain = list.elements.first(where: { $0.name == "identity" }), plain.quality > list.quality(of: best) ?? 0 { return file }
    return file.siblings.first { $0.coding?.name == best } ?? file
  }
}
