// A lesson as plain values, its drawn values already in their places: what is done, what is asked, what can go wrong and what helps.
// Not here: its YAML form (LessonReader), running it (LessonRun), judging answers (LessonGrading).
package import Settings
import World

/// One lesson for one learner.
package struct Lesson: Sendable, Equatable {
  /// `H2`. It names the lesson everywhere.
  package var id: String
  /// Counts up when anything a key depends on changes.
  package var version: Int
  package var title: String
  /// `Sockets`, `HTTP`, `DNS`: what it stands under.
  package var chapter: String
  /// What it is about, and what to look for.
  package var text: String
  package var minutes: Int
  package var mode: Mode
  /// The hosts it takes from the world, the learner's own first.
  package var hosts: [String]
  package var draws: [DrawnValue]
  package var changes: WorldChange
  package var steps: [LessonStep]
  package var faults: [LessonVariant]
  package var guards: [LessonVariant]
  package var questions: [LessonQuestion]

  package enum Mode: String, Sendable, CaseIterable {
    /// In the simulator: repeats exactly.
    case virtual
    /// On real sockets.
    case paced
  }

  /// The runs it takes: itself, each fault, each guard, by their names.
  package var variants: [LessonVariant] { [LessonVariant(id: "", title: title, steps: steps)] + faults + guards }
}

/// What a lesson adds to its world.
package struct WorldChange: Sendable, Equatable {
  /// Files of sites and file servers.
  package var files: [(site: String, file: SiteFile)] = []
  /// Records of zones, as lines of master files.
  package var records: [(zone: String, text: String)] = []
  /// Times to live of zones. Unit: seconds.
  package var timesToLive: [(zone: String, seconds: Int)] = []
  /// Zones of the lesson's own.
  package var zones: [ZoneDescription] = []
  package var links: [LinkDescription] = []
  /// Users of sites, of mail domains, of file servers.
  package var members: [LessonMember] = []
  /// What the files of file servers may hold together. Unit: bytes.
  package var rooms: [(server: String, bytes: Int)] = []
  /// How many segments the clips of video sites have.
  package var clips: [(site: String, segmentCount: Int)] = []
  package var mail: [LessonMail] = []
  /// Files that peers share.
  package var swarms: [SwarmDescription] = []
  /// Parts of a world's file that are added: hosts, zones, sites and whatever else there is.
  package var more: More?

  /// A text, and where it stands.
  package struct More: Sendable, Equatable {
    package var text: String
    package var file: String
    package var place: TextPlace
  }

  package init() {}

  package static func == (a: WorldChange, b: WorldChange) -> Bool {
    a.links == b.links && a.zones == b.zones && a.members == b.members && a.files.elementsEqual(b.files) { $0 == $1 } && a.records.elementsEqual(b.records) { $0 == $1 }
      && a.timesToLive.elementsEqual(b.timesToLive) { $0 == $1 } && a.clips.elementsEqual(b.clips) { $0 == $1 }
      && a.rooms.elementsEqual(b.rooms) { $0 == $1 } && a.mail == b.mail && a.swarms == b.swarms && a.more == b.more
  }
}

/// Somebody whom a site, a mail domain or a file server knows by name and password.
package struct LessonMember: Sendable, Equatable {
  package var site: String
  package var user: String
  package var password: String
  /// Of a site: below this path every request needs a user; nil: nothing more is closed than was.
  package var area: String?
}

/// Something to do, and what to see in it.
package struct LessonStep: Sendable, Equatable {
  /// As the file says it: `pc gets http://www.garnet.test/`.
  package var command: String
  package var text: String
  /// The deeds it becomes, with their times.
  package var deeds: [Scenario.Step]
  /// The hosts it names, with the place of the command.
  package var mentions: [Scenario.Mention]
}

/// A run of its own: a fault, or a guard against one.
package struct LessonVariant: Sendable, Equatable {
  /// Empty: the lesson as it is.
  package var id: String
  package var title: String
  package var text = ""
  /// For a guard: the fault it is against.
  package var against: String?
  package var steps: [LessonStep]
  /// What the world has otherwise in this run.
  package var changes = WorldChange()

  /// How a learner names its messages: `no-host`, `main`.
  package var name: String { id.isEmpty ? "main" : id }
}

/// A question.
package struct LessonQuestion: Sendable, Equatable {
  package var id: String
  package var ask: String
  package var kind: Kind
  /// The answer, from the learner's own trace.
  package var key: Expression
  /// The messages to read; nil: those the key came from.
  package var read: Expression?
  /// What a wrong answer is told besides.
  package var hint: String
  package var tolerance: Tolerance
  /// For durations: what the answer is counted in.
  package var unit: String
  /// For choices: what can be chosen.
  package var options: [String]
  package var points: Int
  /// The variant whose trace it is about; empty: the lesson itself.
  package var variant: String

  package enum Kind: String, Sendable, CaseIterable {
    case number, text, choice
    /// Several texts, in any order.
    case set
    /// Several texts, in this order.
    case order
    /// Asked before the run: a number, or a choice when there are options.
    case predict
    /// The number of a message.
    case mark
    /// Bytes of a message, in hexadecimal digits.
    case fill
  }

  /// How far a number may be off.
  package enum Tolerance: Sendable, Equatable {
    case absolute(Double)
    /// Of the key. From 0 to 1.
    case share(Double)
  }
}

/// How large lessons may be.
package struct LessonLimits: Sendable, Equatable {
  /// Most of each: drawn values, steps, faults, guards, questions. Past it: the file is refused.
  package var itemsMax = 64
  /// Most deeds in one run, repeats included. Past it: the file is refused.
  package var deedsMax = 400
  /// Longest run. Unit: virtual time. Past it: the file is refused.
  package var timeMax = Duration.seconds(40 * 86_400)
  /// Largest file that `size` makes. Unit: bytes. Past it: the file is refused.
  package var fileBytesMax = 2_097_152

  package init() {}
}
