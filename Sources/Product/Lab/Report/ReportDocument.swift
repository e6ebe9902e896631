// A page of HTML that needs nothing else: what reports of lessons and of test runs look like.
import Trace

/// Writes such a page. What goes in is markup: texts are escaped by whoever puts them there.
enum ReportDocument {
  static func html(title: String, _ body: String) -> String {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(Markup.escaped(title))</title>
    <style>
    body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #14202e; }
    table { border-collapse: collapse; width: 100%; } th, td { text-align: start; padding: .4rem .6rem; border-bottom: 1px solid #d6dde5; vertical-align: top; }
    .right { color: #0b6b3a; } .wrong { color: #a3161f; } code { overflow-wrap: anywhere; } .scroll { overflow-x: auto; }
    .ladder text { fill: #14202e; } .ladder line { stroke: #43617f; } .ladder rect { fill: #f2f5f8; stroke: #d6dde5; }
    </style>
    </head>
    <body>
    \(body)
    </body>
    </html>

    """
  }

  /// Rows of a name and a text.
  static func rows(_ facts: [(name: String, text: String)]) -> String {
    facts.map { "<tr><th scope=\"row\">\(Markup.escaped($0.name))</th><td><code>\(Markup.escaped($0.text))</code></td></tr>\n" }.joined()
  }
}
