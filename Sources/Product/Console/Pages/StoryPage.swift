// A story: a conversation with its relatives as one ladder, and the list of them. Not here: who is related to whom (Trace/Story.swift).
import Trace
import World

/// `/conversation/ID/story`
struct StoryPage: Sendable {
  let frame: Frame
  private let story: Story
  private let ladder: Ladder

  init?(_ frame: Frame, id: ConversationID) {
    guard let story = frame.model.trace.story(of: id, eventsMax: Self.eventsMax) else { return nil }
    self.frame = frame
    self.story = story
    let model = frame.model
    ladder = Ladder(story.dialogues, names: { model.name(of: $0) }, explain: model.explain, rowsMax: Self.rowsMax)
  }

  /// Events read of each conversation, the newest, and rows drawn.
  private static var eventsMax: Int { 400 }
  private static var rowsMax: Int { 200 }

  var page: Page {
    let subject = story.subject
    let client = frame.clientName(subject)
    let server = frame.serverName(subject)
    let count = story.dialogues.count
    let left: HTML = story.leftOut == 0 ? "" : " \(Phrase.count(story.leftOut, "more relative")) left out."
    return frame.page(
      "Story of \(client) and \(server)", place: .conversations, live: true,
      """
      <nav class="crumbs" aria-label="Path"><a href="/conversations">Conversations</a> <span aria-hidden="true">/</span> <a href="/conversation/\(subject.id.number)" data-up>\(client) → \(server)</a> <span aria-hidden="true">/</span> <span>Story</span></nav>
      <div class="title"><div><h1>Story of \(client) <span aria-hidden="true">→</span><span class="visually-hidden">to</span> \(server)</h1>
      <p class="lead">\(frame.chip(subject.best.info.dialect, encrypted: subject.best.info.encrypted)) and all that was said because of it, or because of what it comes from: one story in \(Phrase.count(count, "conversation")).\(left)</p></div>
      <div class="tools"><a class="button quiet" href="/conversation/\(subject.id.number)/story.svg">SVG</a><a class="button quiet" href="/conversation/\(subject.id.number)/story.mmd">Mermaid</a></div></div>
      <div data-swap="story">
      \(LadderView(frame: frame, ladder: ladder).html(title: "Ladder of the story of \(client) and \(server)"))
      <section class="card flush" aria-labelledby="parts-title"><h2 id="parts-title">Its conversations</h2>
      <div class="scroll"><table class="list"><caption class="visually-hidden">The conversations of the story, in the order of their beginnings</caption><thead>\(Frame.rowHead)</thead><tbody>
      \(story.dialogues.map { frame.row($0.exchange) })</tbody></table></div></section>
      </div>
      """)
  }
}
