// The messages of a run as rows, each with its number: what the terminal lists and what a wrong answer points at.
package import Trace
package import World

/// One message in a list.
package struct LessonRow: Sendable, Equatable {
  package var sequence: UInt64
  /// `+0.036`: since the run began. Unit: seconds.
  package var time: String
  package var from: String
  package var to: String
  package var dialect: String
  package var title: String
  package var isLost: Bool
}

extension LessonRun.Leg {
  /// Every message in the order of their times.
  package func rows(in world: WorldDescription, explain: @escaping ExplainMessage) -> [LessonRow] {
    let facts = facts(in: world)
    var rows: [(time: Instant, row: LessonRow)] = []
    for dialogue in facts.dialogues {
      let exchange = dialogue.exchange
      let (client, server) = (facts.client(exchange), facts.server(exchange))
      for passage in dialogue.passages() + dialogue.passages(wire: true) {
        let isToServer = passage.direction == .toServer
        let title = exchange.explanation(of: passage.event, by: explain)?.title ?? passage.event.plainTitle
        rows.append((
          passage.time,
          LessonRow(
            sequence: passage.event.sequence, time: (passage.time - .simulationStart).offsetText, from: isToServer ? client : server,
            to: isToServer ? server : client, dialect: passage.event.kind.isWire ? "tls" : exchange.best.info.dialect.rawValue, title: title, isLost: TraceFacts.Passed(passage: passage, dialogue: dialogue, connection: 0).isLost)
        ))
      }
    }
    return rows.sorted { ($0.time, $0.row.sequence) < ($1.time, $1.row.sequence) }.map(\.row)
  }

  /// When a message left and when it arrived, as far as its ends recorded it.
  package func times(of sequence: UInt64, in world: WorldDescription) -> (left: Instant?, arrived: Instant?) {
    let passages = facts(in: world).dialogues.lazy.flatMap { $0.passages() + $0.passages(wire: true) }
    let passage = passages.first { $0.event.sequence == sequence || $0.mirror?.sequence == sequence }
    return (passage?.sent, passage?.received)
  }

  private func facts(in world: WorldDescription) -> TraceFacts {
    TraceFacts(store, start: .simulationStart, openedBy: hosts) { world.name(at: $0) }
  }

  /// The ladder of the run.
  package func ladder(in world: WorldDescription, explain: ExplainMessage?, rowsMax: Int) -> Ladder {
    Ladder(facts(in: world).dialogues, names: { world.name(at: $0) }, explain: explain, rowsMax: rowsMax)
  }
}
