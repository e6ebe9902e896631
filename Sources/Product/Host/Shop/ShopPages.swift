// The shop's pages in HTML. Everything that came from outside is escaped.
// Not here: what happens when a form is sent (Shop.swift).
import Bytes
import HTTP
import Storage
import Trace
import WebServer
import World

/// Pages of the shop.
enum ShopPages {
  static func front(
    _ session: Session, stock: [Article], users: Bool, pictures: [BlobName], received: String, given: String?
  ) -> String {
    let greeting = session.user.map { "Welcome back, \(safe($0))." } ?? (given == nil ? "Welcome back, visitor \(session.number)." : "Welcome, visitor \(session.number).")
    var body = "<h1>Garnet's shop</h1>\n<p id=\"greeting\">\(greeting)</p>\n"
    body += "<form action=\"/search\" method=\"get\"><input name=\"q\" aria-label=\"Words\"> <button>Search</button></form>\n"
    body += articles(stock)
    body += basket(Basket(session))
    if users { body += account(session) }
    body += gallery(pictures)
    body += cookies(received: received, given: given)
    return page("Garnet's shop", body + "<p><a href=\"/sessions\">The server's table of sessions</a> · <a href=\"/staff\">For staff</a></p>\n")
  }

  static func search(_ words: String, _ found: [Article]) -> String {
    page(
      "Search", "<h1>Search</h1>\n<p>The words were part of the address: <code>?q=\(safe(words))</code>. \(found.count) found.</p>\n\(articles(found))<p><a href=\"/\">Back</a></p>\n")
  }

  /// The server's rows beside what the browser keeps.
  static func table(_ rows: [(key: Buffer, session: Session)], of count: Int, own: Buffer, received: String, given: String?) -> String {
    var body = "<h1>Two memories</h1>\n" + cookies(received: received, given: given)
    body += "<h2>The server keeps a row for each session</h2>\n<table id=\"sessions\">\n<tr><th>No.<th>SHA-256 of the name<th>Began<th>Last seen<th>User<th>Basket\n"
    for (key, session) in rows {
      let basket = Basket(session).lines.map { "\($0.pieces) × \($0.article.name)" }.joined(separator: ", ")
      let cells = [
        "\(session.number)", "<code>\(digits(key))…</code>", date(session.created), date(session.lastSeen), safe(session.user ?? "–"), basket.isEmpty ? "–" : basket,
      ]
      body += "<tr\(key == own ? " class=\"own\"" : "")><td>" + cells.joined(separator: "<td>") + "\n"
    }
    body += "</table>\n"
    if count > rows.count { body += "<p>\(count - rows.count) more are not shown.</p>\n" }
    body += "<p>Your row is marked. The table holds hashes of the names only: who steals it can open no session with it. Who steals a cookie can.</p>\n"
    return page("Sessions", body + "<p><a href=\"/\">Back</a></p>\n")
  }

  static func failure(_ status: Status, _ sentence: String) -> String {
    page("\(status)", "<h1>\(status)</h1>\n<p>\(safe(sentence))</p>\n<p><a href=\"/\">Back to the shop</a></p>\n")
  }

  // MARK: Parts

  private static func articles(_ articles: [Article]) -> String {
    var rows = ""
    for article in articles {
      rows += """
        <tr><td><span class="stone" style="background:\(article.colour)"></span><td>\(article.title)<td>\(money(article.price))\
        <td><form action="/basket" method="post"><input type="hidden" name="article" value="\(article.name)">\
        <input type="hidden" name="pieces" value="1"><button id="buy-\(article.name)">Into the basket</button></form>

        """
    }
    return "<table>\n\(rows)</table>\n"
  }

  private static func basket(_ basket: Basket) -> String {
    guard !basket.lines.isEmpty else { return "<h2>Your basket</h2>\n<p id=\"basket\">is empty.</p>\n" }
    var rows = ""
    for (article, pieces) in basket.lines {
      rows += """
        <tr><td>\(pieces) × \(article.title)<td>\(money(article.price * pieces))\
        <td><form action="/basket" method="post"><input type="hidden" name="article" value="\(article.name)">\
        <input type="hidden" name="pieces" value="-1"><button>One less</button></form>

        """
    }
    return "<h2>Your basket</h2>\n<table id=\"basket\">\n\(rows)<tr><th>Together<th>\(money(basket.total))<td>\n</table>\n"
  }

  private static func account(_ session: Session) -> String {
    if session.user != nil { return "<form action=\"/logout\" method=\"post\"><button>Log out</button></form>\n" }
    return """
      <h2>Log in</h2>
      <form action="/login" method="post"><input name="user" aria-label="Name" autocomplete="username"> \
      <input name="password" type="password" aria-label="Password" autocomplete="current-password"> <button>Log in</button></form>

      """
  }

  private static func gallery(_ pictures: [BlobName]) -> String {
    let images = pictures.map { "<img src=\"/pictures/\($0)\" alt=\"A visitor's picture\" width=\"96\" height=\"96\">\n" }.joined()
    return """
      <h2>Show us your stone</h2>
      <form action="/pictures" method="post" enctype="multipart/form-data"><input name="picture" type="file" accept="image/*" aria-label="Picture"> <button>Send</button></form>
      \(images)
      """
  }

  private static func cookies(received: String, given: String?) -> String {
    var body = "<h2>Your browser keeps a cookie</h2>\n"
    body += received.isEmpty ? "<p id=\"received\">It sent none with this request.</p>\n" : "<p>It sent <code id=\"received\">Cookie: \(safe(received))</code></p>\n"
    if let given { body += "<p>It is asked to remember <code id=\"given\">Set-Cookie: \(safe(given))</code></p>\n" }
    return body
  }

  private static func safe(_ text: String) -> String { Markup.escaped(text) }
  private static func money(_ cents: Int) -> String { "€\u{A0}\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)" }
  private static func date(_ instant: Instant) -> String { DateText.bytes(of: instant).text }

  /// The first four bytes in hexadecimal.
  private static func digits(_ key: Buffer) -> String { Hexadecimal.text(key[0..<4].array) }

  private static func page(_ title: String, _ body: String) -> String {
    """
    <!doctype html>
    <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>\(title)</title>
    <style>body{font:1.05rem/1.5 serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fdfbfa}h1,h2,a{color:#8a1538}\
    td,th{text-align:left;padding:.2rem 1rem .2rem 0}form{display:inline}code{background:#f3e9ec;padding:0 .2rem;overflow-wrap:anywhere}\
    .stone{display:inline-block;width:1.4rem;height:1.4rem;border-radius:40% 60% 50% 45%}.own{background:#f7dbe4}</style>
    \(body)</html>

    """
  }
}
