// Entrances of what makes the web remember: cookies, jars, forms, credentials, and the small grammars they share.
import Accounts
import Bytes
import HTTP
import WebServer
import World

let stateEntrances: [Entrance] = [
  Entrance("http-cookie") { bytes in
    let cookies = Cookies(parsing: bytes)
    must(cookies.all.count <= 1_000, "cookies are bounded")
    for cookie in cookies.all { must(cookie.name.count + cookie.value.count <= bytes.count, "a cookie is a part of its field") }
    // What was read reads back.
    var field = Buffer()
    for cookie in cookies.all {
      if !field.isEmpty { field.append("; ") }
      field.append(cookie.name)
      field.append("=")
      field.append(cookie.value)
    }
    must(Cookies(parsing: field) == cookies, "cookies read back")
  },
  Entrance("http-set-cookie") { bytes in
    let now = Instant.simulationStart
    for rules in [CookieRules.rfc6265, .rfc6265bis] {
      guard let set = SetCookie(parsing: bytes, rules: rules) else { continue }
      if let text = set.text {
        guard let again = SetCookie(parsing: text, rules: rules) else { fatalError("broken promise: a cookie reads back: \(text)") }
        must(again.cookie == set.cookie && again.isSecure == set.isSecure && again.isHTTPOnly == set.isHTTPOnly, "a cookie reads back from its text")
        must(text.firstIndex(of: 0x0D) == nil && text.firstIndex(of: 0x0A) == nil, "a cookie is one line")
      }
    }
    // Lines of one response after the other, at changing places; then the jar goes through its file.
    var limits = CookieLimits()
    limits.cookiesMax = 6
    limits.cookiesPerDomainMax = 4
    var jar = CookieJar(limits: limits)
    let origins = [
      CookieOrigin(host: "a.home.test", target: "/x/y?z", isSecure: false), CookieOrigin(host: "home.test", target: "/", isSecure: true),
      CookieOrigin(host: "192.0.2.1", target: "", isSecure: false),
    ]
    for (number, line) in bytes.array.split(separator: 0x0A).prefix(64).enumerated() {
      jar.store(Buffer(line), from: origins[number % 3], at: now.advanced(by: .seconds(number)))
      must(jar.cookies.count <= 6, "a jar is bounded")
    }
    let later = now.advanced(by: .seconds(100))
    var read = CookieJar(limits: limits)
    _ = origins.map { jar.cookies(for: $0, at: later) }
    read.read(jar.text, at: later)
    for origin in origins {
      let sent = jar.field(for: origin, at: later)
      let plain = jar.cookies.allSatisfy { $0.cookie.name.firstIndex(of: 0x09) == nil && $0.path.firstIndex(of: 0x09) == nil }
      if plain, jar.cookies.count == read.cookies.count { must(read.field(for: origin, at: later) == sent, "a jar reads back from its file") }
    }
    for stored in jar.cookies where stored.cookie.name.text.lowercased().hasPrefix("__host-") {
      must(stored.isSecure && stored.isHostOnly && stored.path == "/", "a prefix holds what it promises")
    }
    var direct = CookieJar(limits: limits)
    direct.read(bytes, at: now)
    must(direct.cookies.count <= 6, "a jar from a file is bounded")
  },
  Entrance("http-form") { bytes in
    var limits = FormLimits()
    limits.fieldsMax = 20
    guard let form = try? FormFields(parsing: bytes, limits: limits) else { return }
    must(form.all.count <= 20, "fields are bounded")
    must((try? FormFields(parsing: form.encoded, limits: limits)) == form, "a form reads back")
    if let session = form["record"] { _ = SessionID(Buffer(session)) }
  },
  Entrance("http-multipart") { bytes in
    // The first line is the Content-Type, or else the boundary is `B`.
    let boundary = "B"
    let whole = multipartStory(of: [bytes], boundary)
    must(whole == multipartStory(of: bytes.pieces, boundary), "the cuts change nothing")
    if bytes.count < 300 { must(whole == multipartStory(of: bytes.singles, boundary), "the cuts change nothing, byte by byte") }
    _ = MultipartReader(contentType: bytes)
    if let value = ParameterizedValue(parsing: bytes) { must(value.parameters.count <= 16 && !value.word.isEmpty, "parameters are bounded") }
  },
  Entrance("http-credentials") { bytes in
    if let credentials = BasicCredentials(parsing: bytes) {
      must(!credentials.user.contains(":"), "a user has no colon")
      must(BasicCredentials(parsing: Buffer(credentials.text)) == credentials, "credentials read back")
    }
    if let plain = Base64.bytes(bytes.array) { must(Base64.bytes(Base64.text(plain).utf8) == plain, "base64 reads back") }
    must(Base64.bytes(Base64.text(bytes.array).utf8) == bytes.array, "bytes read back from base64")
    if bytes.count < 400, let hash = PasswordHash(bytes.text) { must(PasswordHash(hash.description) == hash, "a hash reads back") }
    if let path = try? SafePath(bytes), let area = PathArea("/staff") {
      must(area.contains(path) == (path.segments.first == "staff"), "an area is found however its path is written")
    }
  },
]

/// What a reader tells of these pieces, the data of each part joined.
private func multipartStory(of pieces: [Buffer], _ boundary: String) -> [String] {
  var limits = FormLimits()
  limits.partsMax = 5
  limits.partHeadBytesMax = 120
  limits.partFieldsMax = 4
  limits.preambleBytesMax = 20
  guard var reader = MultipartReader(boundary: Buffer(boundary), limits: limits) else { return [] }
  var story: [String] = []
  var data = Buffer()
  do throws(Refusal) {
    for piece in pieces {
      reader.push(piece)
      while let event = try reader.next() {
        switch event {
        case .part(let head): story.append("part \(head)")
        case .data(let bytes):
          must(!bytes.isEmpty, "data is something")
          data.append(bytes)
        case .partEnd: story.append("data \(data.takeAll())")
        case .end: story.append("end")
        }
      }
    }
    try reader.finish()
  } catch {
    // Where an error is noticed depends on the cuts, and what came before it is worth nothing.
    return ["refused"]
  }
  must(story.count <= 11, "parts are bounded")
  return story
}
