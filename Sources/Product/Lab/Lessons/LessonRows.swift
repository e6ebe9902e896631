// The messages of a run as rows, each with its number: what the terminal lists and what a wrong answer points at.
package import Trace
import World

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
    let facts = TraceFacts(store, start: .simulationStart) { world.host(at: $0)?.name }
    var rows: [(time: Instant, row: LessonRow)] = []
    for dialogue in facts.dialogues {
      let exchange = dialogue.exchange
      let (client, server) = (facts.client(exchange), facts.server(exchange))
      for passage in dialogue.passages() {
        let isToServer = passage.direction == .toServer
        let title = exchange.explanation(of: passage.event, by: explain)?.title ?? passage.event.plainTitle
        rows.append((
          passage.time,
          LessonRow(
            sequence: passage.event.sequence, time: (passage.time - .simulationStart).offsetText, from: isToServer ? client : server,
            to: isToServer ? server : client, dialect: exchange.best.info.dialect.rawValue, title: title, isLost: TraceFacts.Passed(passage: passage, dialogue: dialogue, connection: 0).isLost)
        ))
      }
    }
    return rows.sorted { ($0.time, $0.row.sequence) < ($1.time, $1.row.sequence) }.map(\.row)
  }

  /// The ladder of the run.
  package func ladder(in world: WorldDescription, explain: ExplainMessage?, rowsMax: Int) -> Ladder {
    let facts = TraceFacts(store, start: .simulationStart) { world.host(at: $0)?.name }
    return Ladder(facts.dialogues, names: { world.host(at: $0)?.name }, explain: explain, rowsMax: rowsMax)
  }
}
