// Which coding of a file a client gets, where precompressed siblings stand beside it. Nothing is compressed here.
import Bytes
import HTTP

/// The choice among a file and its precompressed siblings.
enum ContentNegotiation {
  /// The sibling that the client likes best, or the file itself.
  static func choose(among file: ServedFile, for request: RequestHead) -> ServedFile {
    guard let accepted = request.fields.joined(.acceptEncoding) else { return file }
    let weights = weights(in: accepted.text)
    let others = weights["*"] ?? 0
    var best = file
    var bestWeight = 0
    for sibling in file.siblings {
      guard let name = sibling.coding?.name else { continue }
      let weight = weights[name] ?? others
      if weight > bestWeight {
        best = sibling
        bestWeight = weight
      }
    }
    // RFC 9110 §12.5.3: identity counts only where it is named; a client that likes it more gets it.
    return bestWeight >= (weights["identity"] ?? 0) ? best : file
  }

  /// Each coding with its weight. Unit: thousandths. What is not in the grammar has none.
  // RFC 9110 §12.4.2 weight
  static func weights(in list: String) -> [String: Int] {
    var weights: [String: Int] = [:]
    for element in list.split(separator: ",").prefix(32) {
      let parts = element.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
      guard let coding = parts.first, !coding.isEmpty else { continue }
      var weight = 1_000
      for parameter in parts.dropFirst() where parameter.hasPrefix("q=") { weight = thousandths(parameter.dropFirst(2)) }
      weights[coding == "x-gzip" ? "gzip" : coding] = weight
    }
    return weights
  }

  private static func thousandths(_ text: Substring) -> Int {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard let whole = parts.first, whole == "0" || whole == "1", parts.count <= 2 else { return 0 }
    let digits = parts.count == 2 ? parts[1] : ""
    guard digits.utf8.count <= 3, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return 0 }
    let fraction = Int(digits + String(repeating: "0", count: 3 - digits.utf8.count)) ?? 0
    return min(1_000, whole == "1" ? 1_000 : fraction)
  }
}
