// What the shop sells, what is in a basket, and which pictures are pictures.
import Bytes
import WebServer

/// One thing the shop sells.
struct Article: Sendable, Hashable {
  /// As in forms and in the basket.
  var name: String
  var title: String
  /// Unit: cents.
  var price: Int
  var colour: String
}

/// Everything the shop sells.
enum Stock {
  static let articles = [
    Article(name: "garnet", title: "Garnet, dark red", price: 1_900, colour: "#a01e45"),
    Article(name: "amber", title: "Amber with a gnat in it", price: 2_450, colour: "#c77f0a"),
    Article(name: "jade", title: "Jade, polished", price: 3_100, colour: "#1f7a54"),
    Article(name: "onyx", title: "Onyx, black as night", price: 1_250, colour: "#1b1b1f"),
  ]

  /// Those whose title has every word.
  static func articles(matching words: String) -> [Article] {
    let wanted = words.lowercased().split { !$0.isLetter && !$0.isNumber }
    return articles.filter { article in wanted.allSatisfy { article.title.lowercased().contains($0) } }
  }
}

/// What a visitor wants to buy. Kept in the session as `garnet*2 jade*1`.
struct Basket: Sendable, Hashable {
  private(set) var lines: [(article: Article, pieces: Int)] = []
  private static let key = "basket"

  init(_ session: Session) {
    for line in (session[Self.key] ?? "").split(separator: " ") {
      let parts = line.split(separator: "*")
      guard parts.count == 2, let pieces = Int(parts[1]), let article = Stock.articles.first(where: { $0.name == parts[0] }) else { continue }
      lines.append((article, pieces))
    }
  }

  /// More pieces of an article, or fewer; none takes it out.
  mutating func add(_ pieces: Int, of article: Article, max: Int) {
    let before = lines.first { $0.article == article }?.pieces ?? 0
    let after = min(max, before + pieces)
    if after <= 0 {
      lines.removeAll { $0.article == article }
    } else if let index = lines.firstIndex(where: { $0.article == article }) {
      lines[index].pieces = after
    } else {
      lines.append((article, after))
    }
  }

  func store(in session: inout Session) {
    session[Self.key] = lines.isEmpty ? nil : lines.map { "\($0.article.name)*\($0.pieces)" }.joined(separator: " ")
  }

  /// Unit: cents.
  var total: Int { lines.reduce(0) { $0 + $1.article.price * $1.pieces } }

  static func == (a: Basket, b: Basket) -> Bool { a.lines.elementsEqual(b.lines) { $0 == $1 } }

  func hash(into hasher: inout Hasher) {
    for line in lines {
      hasher.combine(line.article)
      hasher.combine(line.pieces)
    }
  }
}

/// Tells pictures by their first bytes.
enum PictureKind {
  static func ending(of beginning: Buffer) -> String? {
    let bytes = beginning.array
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) { return "png" }
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return "jpg" }
    if bytes.starts(with: "GIF87a".utf8) || bytes.starts(with: "GIF89a".utf8) { return "gif" }
    if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) { return "webp" }
    return nil
  }
}
