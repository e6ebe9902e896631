// The console as a function: a request goes in, a page comes out. What a page shows is in Pages/; live updates are in LiveFeed.swift.
// Not here: sockets and HTTP (ConsoleService), what the trace keeps (Trace/TraceStore).
import Bytes
import Trace
import World

/// Answers every path of the console except `/events`, which never ends.
package struct ConsoleSite: Sendable {
  package var model: ConsoleModel
  private let hosts: HostRule
  /// How peers stand, looked at for this request; nil: not asked for.
  package var peers: ConsolePeers?

  package init(_ model: ConsoleModel) {
    self.model = model
    hosts = HostRule(names: model.hosts.map(\.name))
  }

  /// Whether the console answers to the name `request` was sent to.
  package func allows(_ request: ConsoleRequest) -> Bool { hosts.allows(request.host) }

  /// Whether `request` asks for a page or file made of the whole trace, which takes longer than other clients of the same thread may wait.
  package func isExport(_ request: ConsoleRequest) -> Bool {
    let parts = request.path.split(separator: "/")
    return ["export.pcapng", "events.jsonl", "export.json"].contains(parts.first) || (parts.first == "conversation" && parts.count > 1)
  }

  /// The page for `request`, whatever it is.
  package func page(for request: ConsoleRequest) -> Page {
    guard allows(request) else {
      return plain(421, "This console answers to loopback names, addresses and the lab's own names, not to “\(request.host)”.\n")
    }
    guard request.method == "GET" || request.method == "HEAD" else {
      var page = plain(405, "The console only shows. Ask with GET.\n")
      page.fields = [("Allow", "GET, HEAD")]
      return page
    }
    if request.path.hasPrefix("/assets/") { return Asset.page(named: String(request.path.dropFirst(8))) ?? missing(request) }
    let parts = request.path.split(separator: "/").map(String.init)
    return view(parts, request) ?? export(parts, request) ?? missing(request)
  }

  /// The pages made for reading.
  private func view(_ parts: [String], _ request: ConsoleRequest) -> Page? {
    let frame = Frame(model: model, request: request)
    switch (parts.first, parts.count) {
    case (nil, 0): return OverviewPage(frame).page
    case ("conversations", 1): return ConversationsPage(frame).page
    case ("ladder", 1): return LadderPage(frame).page
    case ("hosts", 1): return HostsPage(frame).page
    case ("host", 2): return HostPage(frame, name: parts[1])?.page
    case ("conversation", 2): return number(parts[1]).flatMap { ConversationPage(frame, id: ConversationID($0)) }?.page
    case ("conversation", 3) where parts[2] == "story": return number(parts[1]).flatMap { StoryPage(frame, id: ConversationID($0)) }?.page
    case ("message", 2): return number(parts[1]).flatMap { MessagePage(frame, sequence: $0) }?.page
    case ("lessons", 1): return model.lessons.map { LessonsPage(frame: frame, lessons: $0).page }
    case ("lesson", 2): return model.lessons.flatMap { LessonPage(frame, $0, id: parts[1]) }?.page
    case ("lesson", 4): return lessonMessage(parts, request)
    case ("models", 1): return model.models.map { ModelsPage(frame: frame, models: $0).page }
    case ("model", 2): return model.models.flatMap { ModelPage(frame, $0, id: parts[1]) }?.page
    case ("peers", 1): return peers.map { PeersPage(frame: frame, peers: $0).page }
    case ("export", 1): return ExportPage(frame).page
    case ("help", 1): return HelpPage(frame).page
    default: return nil
    }
  }

  /// `/lesson/ID/message/SEQ`: a message of a lesson's own trace.
  private func lessonMessage(_ parts: [String], _ request: ConsoleRequest) -> Page? {
    guard parts[2] == "message", let sequence = number(parts[3]), let lessons = model.lessons else { return nil }
    let (learner, run) = (lessons.learner(request), request.value("run"))
    guard let view = lessons.view(parts[1], learner, run) else { return nil }
    var model = model
    model.trace = view.trace
    let place = LessonPlace(id: view.id, title: view.title, learner: learner, run: run)
    return MessagePage(Frame(model: model, request: request, lesson: place), sequence: sequence)?.page
  }

  /// The files made for other programs.
  private func export(_ parts: [String], _ request: ConsoleRequest) -> Page? {
    let export = Export(model: model)
    switch (parts.first, parts.count) {
    case ("export.pcapng", 1): return capture(request, export)
    case ("events.jsonl", 1):
      return export.events(ConversationFilter(request), after: number(request.value("after")) ?? 0, explained: request.value("explain") != "no")
    case ("export.json", 1): return export.summary()
    case ("conversation", 3):
      guard let id = number(parts[1]).map({ ConversationID($0) }) else { return nil }
      switch parts[2] {
      case "ladder.svg": return export.drawing(of: id)
      case "ladder.mmd": return export.mermaid(of: id)
      case "story.svg": return export.drawing(ofStory: id)
      case "story.mmd": return export.mermaid(ofStory: id)
      default: return nil
      }
    default: return nil
    }
  }

  private func capture(_ request: ConsoleRequest, _ export: Export) -> Page? {
    guard let id = number(request.value("conversation")) else { return export.capture(ConversationFilter(request)) }
    return export.capture(conversation: ConversationID(id))
  }

  private func number(_ text: String) -> UInt64? { text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ? UInt64(text) : nil }

  private func plain(_ status: Int, _ text: String) -> Page {
    Page(status: status, contentType: "text/plain; charset=utf-8", body: Buffer(text))
  }

  private func missing(_ request: ConsoleRequest) -> Page {
    var page = Frame(model: model, request: request).page(
      "Not here", place: nil,
      """
      <h1>Not here</h1>
      <p class="lead">There is nothing at <code>\(request.path)</code>. A conversation or message may have made room for newer ones.</p>
      <p><a class="button" href="/conversations">All conversations</a></p>
      """)
    page.status = 404
    return page
  }
}
