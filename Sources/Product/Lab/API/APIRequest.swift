// A request to the world's API and its answer as values: path, query, a body of JSON read strictly; what is wrong as a sentence with the path of
// the field it is about. Not here: what is asked for (LabAPI.swift).
import Bytes
import HTTP
import Settings
import Synchronization
import Trace
import WebServer
import World

/// A request.
final class APIRequest: Sendable {
  let exchange: WebServer.Exchange
  let method: String
  /// Decoded, without empty parts.
  let path: [String]
  let query: FormFields
  private let limits: LabAPI.Limits
  /// The body as it came, once it was read.
  private let read = Mutex("")

  init(_ exchange: WebServer.Exchange, _ limits: LabAPI.Limits) {
    self.exchange = exchange
    self.limits = limits
    method = exchange.request.methodText
    path = exchange.request.path.text.split(separator: "/").map { PercentText.decoded(Buffer(String($0)))?.text ?? String($0) }
    query = exchange.request.query.flatMap { try? FormFields(parsing: $0) } ?? FormFields()
  }

  /// As it came, with the query.
  var target: String { exchange.request.target.text }
  /// Calls `action` when nobody waits for the answer any more.
  @Sendable func whenAbandoned(_ action: @escaping @Sendable () -> Void) { exchange.whenAbandoned(action) }

  /// Whether it changes the world.
  var isOrder: Bool { method != "GET" && method != "HEAD" }
  var bodyText: String { read.withLock { $0 } }

  /// Throws for names in the query that are none of `known`, which would be overlooked.
  func checkQuery(_ known: String...) throws {
    for field in query.all where !known.contains(field.name) {
      let near = NearestWord.of(field.name, among: known)
      throw APIFailure(
        .badRequest, "unknown word `\(field.name)` in the query" + (near.map { "; did you mean `\($0)`?" } ?? "; known: \(known.joined(separator: ", "))"), field: field.name)
    }
  }

  /// A value of the query; nil: it is not there.
  func value<Value>(_ name: String, _ form: SettingsForm<Value>) throws -> Value? {
    guard let text = query[name] else { return nil }
    guard let value = form.read(text) else { throw APIFailure(.badRequest, "expected \(form.expected), found `\(text)`", field: name) }
    return value
  }

  /// How long to wait for something to happen.
  func wait() throws -> Duration {
    let wait = try value("wait", .duration) ?? .zero
    guard wait <= limits.waitMax else { throw APIFailure(.badRequest, "expected at most \(limits.waitMax.components.seconds)s", field: "wait") }
    return wait
  }

  /// The body, which `form` reads.
  // JSON is YAML, so that the reader of settings tells every error with its place.
  func body<Value>(_ form: (SettingsReader) -> Value) async throws -> Value {
    // RFC 9110 §8.3; a page of somebody else's cannot send this type without asking first.
    guard let type = exchange.request.value(of: .contentType), ParameterizedValue(parsing: type)?.word == "application/json" else {
      throw APIFailure(.unsupportedMediaType, "expected Content-Type: application/json")
    }
    let text: String
    do { text = try await exchange.body(bytesMax: limits.bodyBytesMax).text } catch is BodyTooLarge {
      throw APIFailure(.contentTooLarge, "expected a body of at most \(limits.bodyBytesMax) bytes")
    }
    read.withLock { $0 = text }
    guard text.first(where: { !$0.isWhitespace }) == "{" else { throw APIFailure(.badRequest, "expected a JSON object") }
    let document: SettingsDocument
    do throws(SettingsProblems) {
      document = try SettingsDocument(file: "body", text: text, limits: SettingsLimits(bytesMax: limits.bodyBytesMax, depthMax: 8, nodesMax: 1_000))
    } catch { throw APIFailure(.badRequest, "expected JSON: \(error)") }
    do throws(SettingsProblems) { return try document.read(form) } catch {
      // The first that is about a field says more than one about the whole.
      let told = error.problems.map { (sentence: $0.sentence, field: document.path(to: $0.place)) }
      guard let problem = told.first(where: { $0.field != nil }) ?? told.first else { throw APIFailure(.badRequest, "\(error)") }
      throw APIFailure(.badRequest, problem.sentence, field: problem.field)
    }
  }
}

/// An answer.
struct APIAnswer: Sendable {
  var status = Status.ok
  var contentType = "application/json"
  var body = Buffer()
  var allowed: [String] = []

  /// One JSON object.
  static func json(_ status: Status = .ok, _ write: (inout JSONWriter) -> Void) -> APIAnswer {
    var writer = JSONWriter()
    writer.object(nil, write)
    writer.endLine()
    return APIAnswer(status: status, body: writer.bytes)
  }

  var response: Response {
    var fields = FieldLines()
    fields.append(.contentType, contentType)
    fields.append(.cacheControl, "no-store")
    if !allowed.isEmpty { fields.append(.allow, allowed.joined(separator: ", ")) }
    return Response(status, fields: fields, body: .bytes(body))
  }
}

/// Why a request is not obeyed.
struct APIFailure: Error {
  var status: Status
  var sentence: String
  /// The path of the field it is about; nil: it is about no one of them.
  var field: String?
  var allowed: [String] = []

  init(_ status: Status, _ sentence: String, field: String? = nil) {
    self.status = status
    self.sentence = sentence
    self.field = field
  }

  var answer: APIAnswer {
    var answer = APIAnswer.json(status) { object in
      object.object("error") { error in
        error.value("sentence", sentence)
        if let field { error.value("field", field) }
      }
    }
    answer.allowed = allowed
    return answer
  }
}

extension Duration {
  /// As the API reads durations: `2s`, `300ms`, in the largest unit that is exact.
  var settingsText: String {
    let (seconds, attoseconds) = components
    if attoseconds == 0 { return "\(seconds)s" }
    let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    return nanoseconds % 1_000_000 == 0 ? "\(nanoseconds / 1_000_000)ms" : "\(nanoseconds)ns"
  }
}
