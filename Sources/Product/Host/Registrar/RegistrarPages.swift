// The registrar's pages in HTML. Everything that came from outside is escaped.
// Not here: what happens when a form is sent (Registrar.swift).
import DNS
import HTTP
import Trace

/// Pages of the registrar.
enum RegistrarPages {
  static func front(_ zone: Name) -> String {
    let ending = safe(String("\(zone)".dropLast()))
    let servers = """
      <p><label>Servers, one a line, each with its addresses if it lies inside the name<br>
      <textarea name="servers" rows="4" cols="60" placeholder="ns1.jade.\(ending) 198.51.100.11 2001:db8:100::11"></textarea></label>
      <p><label>DS records, one a line, if the name is signed<br><textarea name="ds" rows="2" cols="60"></textarea></label>
      """
    let name = "<label>Name <input name=\"name\" size=\"20\" autocomplete=\"off\" required></label> .\(ending)"
    let code = "<p><label>Code <input name=\"code\" size=\"36\" autocomplete=\"off\" required></label>"
    return page(
      "Registrar of \(ending)",
      """
      <h1>Names below \(ending)</h1>
      <p>Whoever registers a name says which servers know it. The registrar tells the server of <code>\(ending)</code>, by a message that changes its zone.
      <h2>Register</h2>
      <form id="register" action="/register" method="post"><p>\(name)
      \(servers)
      <p><button>Register</button></form>
      <h2>Change the servers</h2>
      <form id="change" action="/change" method="post"><p>\(name)
      \(code)
      \(servers)
      <p><button>Change</button></form>
      <h2>Give it up</h2>
      <form id="release" action="/release" method="post"><p>\(name)
      \(code)
      <p><button>Give up</button></form>

      """)
  }

  static func registered(_ name: Name, _ records: [ResourceRecord], code: String?) -> String {
    var body = "<h1 id=\"done\">\(safe("\(name)")) is yours</h1>\n<p>The zone above says now:\n<pre id=\"records\">"
    body += records.map { safe("\($0.name) \($0.ttl) \($0.type) \($0.data)") }.joined(separator: "\n") + "</pre>\n"
    if let code { body += "<p>With this code you change it later. It is not shown again: <code id=\"code\">\(safe(code))</code>\n" }
    return page("Registered", body + "<p>Whoever asked for the name before may not see it until their resolver has forgotten that there was none.\n" + back)
  }

  static func released(_ name: Name) -> String { page("Given up", "<h1 id=\"done\">\(safe("\(name)")) is free</h1>\n" + back) }

  static func failure(_ status: Status, _ sentences: [String]) -> String {
    page("\(status)", "<h1>\(status)</h1>\n<ul id=\"problems\">\n" + sentences.map { "<li>\(safe($0))\n" }.joined() + "</ul>\n" + back)
  }

  private static let back = "<p><a href=\"/\">Back to the form</a>\n"
  private static func safe(_ text: String) -> String { Markup.escaped(text) }

  private static func page(_ title: String, _ body: String) -> String {
    """
    <!doctype html>
    <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>\(title)</title>
    <style>:root{color-scheme:light dark}body{font:1.05rem/1.5 serif;max-width:46rem;margin:2rem auto;padding:0 1rem}\
    textarea,input,button{font:inherit;max-width:100%}pre{overflow-x:auto}code{overflow-wrap:anywhere}</style>
    \(body)</html>

    """
  }
}
