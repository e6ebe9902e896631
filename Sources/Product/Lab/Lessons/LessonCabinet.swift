// Runs kept for the console: carrying a lesson out takes a moment, and a page asks for it again and again.
// Not here: what a page shows (Console). One lesson is carried out at a time, however many ask.
import Synchronization

/// The newest runs of built-in lessons.
package final class LessonCabinet: Sendable {
  private let world: WorldDescription
  private let course: CourseKey
  private let kept = Mutex<[(key: String, run: LessonRun)]>([])

  /// Most runs kept. Unit: runs; each holds the traces of a lesson and its variants. Past it: the one longest unused is forgotten.
  private static var runsMax: Int { 4 }

  package init(world: WorldDescription, course: CourseKey) {
    self.world = world
    self.course = course
  }

  /// The lesson carried out for `learner`; nil: there is no such lesson, or it cannot run in this world.
  package func run(_ id: String, for learner: String) -> LessonRun? {
    guard let file = try? BuiltInLessons.file(id) else { return nil }
    let key = file.id + " " + learner
    // The lock is held while a lesson runs, so that nobody's haste makes it run twice, or many at once.
    return kept.withLock { kept in
      if let index = kept.firstIndex(where: { $0.key == key }) {
        let entry = kept.remove(at: index)
        kept.append(entry)
        return entry.run
      }
      let seed = LessonSeed(course, learner: learner, lesson: file.id, version: file.version)
      guard let lesson = try? file.lesson(for: seed), let run = try? LessonRun(lesson, seed: seed, in: world) else { return nil }
      kept.append((key, run))
      if kept.count > Self.runsMax { kept.removeFirst() }
      return run
    }
  }
}
