// What is wrong with a lesson in its world, told without running it: what its file says of the world can only be read when there is one.
// Not here: what is wrong with the file alone (LessonReader), changing the world (LessonRun).
import Settings
import World

extension LessonFile {
  /// What would keep the lesson from being carried out in `world`: in the parts of a world's file that it adds (`more`), in its files, records, links, and in
  /// the hosts that its steps name. Those of `more` and of steps have file, line and column. While the lesson's own changes have mistakes, those of its
  /// faults and guards are not looked at.
  package func problems(in world: WorldDescription) -> [String] {
    // Nobody's values: mistakes do not depend on whose they are.
    let seed = LessonSeed(.open, learner: "", lesson: id, version: version)
    guard let lesson = try? lesson(for: seed) else { return [] }
    var problems: [String] = []
    var changed = world
    do {
      try changed.change(by: lesson.changes, of: lesson, seed)
      for variant in lesson.variants {
        var own = changed
        do {
          try own.change(by: variant.changes, of: lesson, seed)
          problems += RaisedWorld.problems(of: own, folder: ".")
          var scenario = Scenario(file: document.file)
          scenario.mentions = variant.steps.flatMap(\.mentions)
          try scenario.check(names: own.hosts.map(\.name))
        } catch { problems.append("\(error)") }
      }
    } catch { problems.append("\(error)") }
    // What the lesson itself has wrong, each of its runs has.
    return problems.flatMap { $0.split(separator: "\n").map(String.init) }.reduce(into: []) { all, problem in if !all.contains(problem) { all.append(problem) } }
  }
}
