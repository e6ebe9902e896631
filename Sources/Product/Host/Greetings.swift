// A site that greets in the reader's language, once as it should be and in two ways that put wrong pages into other people's caches.
// It is here to be studied beside a proxy. Not here: the cache (WebServer/Cache).
import Bytes
package import HTTP
package import WebServer
package import World

/// The greeting site.
package struct Greetings: Application {
  package init() {}

  /// The languages, the first for whoever likes none of them.
  private static let words = [
    ("en", "Good morning"), ("de", "Guten Morgen"), ("fr", "Bonjour"), ("nl", "Goedemorgen"), ("pt", "Bom dia"), ("sv", "God morgon"),
  ]

  package func answer(_ request: RequestHead, at now: Instant) -> ApplicationAnswer {
    guard request.method == .get || request.method == .head else {
      return .response(.text(.methodNotAllowed, "Only GET and HEAD.\n", afterwards: request.hasBody ? .close : .keepOpen))
    }
    switch request.path.text {
    // RFC 9110 §12.5.5: says what it chose by.
    case "/": return .response(greeting(request, varies: "Accept-Language"))
    // Chooses by a field and does not say so.
    case "/careless": return .response(greeting(request, varies: nil))
    // Believes a field that no cache counts as part of the address.
    case "/gullible": return .response(link(to: request.text(of: "X-Host") ?? request.host))
    case "/strict": return .response(link(to: request.host))
    default: return .response(.text(.notFound, "There are /, /careless, /gullible and /strict.\n"))
    }
  }

  private func greeting(_ request: RequestHead, varies: String?) -> Response {
    let wanted = request.fields.joined(.acceptLanguage).flatMap { QualityList(parsing: $0).best(of: Self.words.map(\.0)) }
    let (language, words) = Self.words.first { $0.0 == wanted } ?? Self.words[0]
    var response = Response.text(.ok, words + ".\n")
    response.fields.append(.contentLanguage, language)
    if let varies { response.fields.append(.vary, varies) }
    return kept(response)
  }

  /// A page with a link to its own site.
  private func link(to host: String) -> Response {
    let safe = host.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-" || $0 == ":") }
    return kept(.text(.ok, "Log in at http://\(safe)/login\n"))
  }

  private func kept(_ response: Response) -> Response {
    var response = response
    response.fields.append(.cacheControl, "max-age=60")
    return response
  }
}
