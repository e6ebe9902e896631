// One lesson carried out for one learner: the lesson's world raised in the simulator, once for the lesson itself and once for each fault and
// guard, and the facts each of these traces tells.
// Not here: what a run is (Running/ScenarioRun), judging answers (LessonGrading).
import Accounts
import Bytes
import DNS
import Host
import Settings
import Synchronization
package import Trace
import World

/// A lesson that has run.
package final class LessonRun: Sendable {
  /// Why a lesson cannot run.
  package enum Failure: Error, CustomStringConvertible {
    /// A lesson names a host, a site or a zone that its world does not have.
    case world(String)
    case scenario(ScenarioRun.Failure)
    case needsPace

    package var description: String {
      switch self {
      case .world(let sentence): sentence
      case .scenario(let failure): "\(failure)"
      case .needsPace: "this lesson runs on real sockets only"
      }
    }
  }

  /// One of its runs.
  package struct Leg: Sendable {
    package var variant: LessonVariant
    package var store: TraceStore
    /// The trace as facts.
    package var facts: LessonFact
    /// The numbers that both ends gave to the same message.
    package var mirrors: [UInt64: UInt64]
    /// What came of its deeds.
    package var outcomes: [LessonOutcome]
    /// The hosts the lesson takes.
    var hosts: Set<String>
  }

  package let lesson: Lesson
  package let seed: LessonSeed
  package let world: WorldDescription
  /// In the order of the lesson's variants.
  package let legs: [Leg]

  /// The host under which the simulator notes what links do.
  static let linkHost = "link"

  /// Runs `lesson` in `world`, which is the built-in one as a rule: all of its runs.
  package init(_ lesson: Lesson, seed: LessonSeed, in world: WorldDescription) throws(Failure) {
    guard lesson.mode == .virtual else { throw .needsPace }
    var changed = world
    try changed.change(by: lesson.changes, of: lesson, seed)
    self.lesson = lesson
    self.seed = seed
    self.world = changed
    var legs: [Leg] = []
    for variant in lesson.variants {
      var own = changed
      try own.change(by: variant.changes, of: lesson, seed)
      legs.append(try Self.leg(variant, of: lesson, seed, own))
    }
    self.legs = legs
  }

  /// The run a question is about.
  package func leg(_ variant: String) -> Leg? { legs.first { $0.variant.id == variant } }

  /// The last link of a chain of hashes over everything that was recorded: the same lesson, learner and program give the same.
  package var digest: String {
    var chain = HashChain()
    for leg in legs {
      chain.add(leg.variant.name.utf8)
      for event in leg.store.events(after: 0).events {
        var line = "\(event.sequence) \(event.time.nanoseconds) \(event.conversation.number) \(event.kind.rawValue) \(event.length) \(event.text)"
        if let because = event.because { line += " because of \(because.number)" }
        line += "\n"
        if event.kind == .opened, let info = leg.store.conversation(event.conversation)?.info {
          line += "\(info.host) \(info.role.rawValue) \(info.carrier.rawValue) \(info.dialect.rawValue) \(info.local) \(info.remote)\n"
        }
        chain.add(Array(line.utf8) + event.bytes.array)
      }
    }
    return chain.text
  }

  private static func leg(_ variant: LessonVariant, of lesson: Lesson, _ seed: LessonSeed, _ world: WorldDescription) throws(Failure) -> Leg {
    var scenario = Scenario(file: lesson.id)
    scenario.steps = variant.steps.flatMap(\.deeds)
    let limits = TraceStore.Limits(bytesMax: 16 << 20, eventsMax: 60_000, bytesPerEventMax: 64 << 10, eventsPerSecondMax: nil)
    let store = TraceStore(limits: limits)
    let packets = TraceStore(limits: limits)
    var choices = ScenarioRun.Choices()
    choices.hosts = Set(lesson.hosts)
    choices.showsSecrets = true
    let run = ScenarioRun(scenario, in: world, seed: seed.number, store: store, packets: packets, choices: choices)
    do throws(ScenarioRun.Failure) { _ = try run.run() } catch { throw .scenario(error) }
    let trace = TraceFacts(store, start: .simulationStart, openedBy: Set(lesson.hosts)) { world.name(at: $0) }
    let outcomes = run.outcomes(since: .simulationStart)
    var members = trace.members(packets: packets)
    members["step"] = .list(outcomes.map(\.fact))
    members["draw"] = .fact(LessonFact(.draws, Dictionary(lesson.draws.map { ($0.name.lowercased(), value(of: $0.value)) }) { $1 }))
    members["hosts"] = .fact(LessonFact(.hosts, Dictionary(world.hosts.map { ($0.name, .fact(fact(of: $0))) }) { $1 }))
    var mirrors: [UInt64: UInt64] = [:]
    for passage in trace.dialogues.flatMap({ $0.passages() + $0.passages(wire: true) }) {
      guard let mirror = passage.mirror else { continue }
      mirrors[mirror.sequence] = passage.event.sequence
    }
    return Leg(
      variant: variant, store: store, facts: LessonFact(.trace, members), mirrors: mirrors, outcomes: outcomes, hosts: Set(lesson.hosts))
  }

  /// A drawn text as a number or a duration when it is one.
  private static func value(of text: String) -> LessonValue {
    if let number = Double(text), number.isFinite { return .number(number) }
    if text.hasSuffix("ms"), let number = Double(text.dropLast(2)) { return .duration(number * 1e6) }
    if text.hasSuffix("s"), let number = Double(text.dropLast()) { return .duration(number * 1e9) }
    return .text(text)
  }

  private static func fact(of host: HostDescription) -> LessonFact {
    let v4 = host.addresses.first { if case .v4 = $0 { true } else { false } }
    return LessonFact(.host, [
      "name": .text(host.name), "address": (v4 ?? host.addresses.first).map { .text("\($0)") } ?? .nothing,
      "addresses": .list(host.addresses.map { .text("\($0)") }),
    ])
  }
}

extension WorldDescription {
  /// Changes it as a lesson, or one of its runs, has it.
  mutating func change(by changes: WorldChange, of lesson: Lesson, _ seed: LessonSeed) throws(LessonRun.Failure) {
    if let more = changes.more {
      do throws(SettingsProblems) { self = try adding(file: more.file, text: more.text, at: more.place) } catch { throw .world("\(error)") }
    }
    for name in lesson.hosts where host(name) == nil { throw .world("lesson \(lesson.id) takes host `\(name)`, which the world does not have") }
    for (site, file) in changes.files {
      if let index = files.firstIndex(where: { $0.host == site }) {
        files[index].content.removeAll { $0.path == file.path }
        files[index].content.append(file)
        continue
      }
      guard let index = sites.firstIndex(where: { $0.name == site }), case .files(var files) = sites[index].content else {
        throw .world("lesson \(lesson.id) puts a file on site `\(site)`, which the world does not have as files")
      }
      files.removeAll { $0.path == file.path }
      sites[index].content = .files(files + [file])
    }
    for zone in changes.zones {
      for server in zone.servers where host(server) == nil { throw .world("lesson \(lesson.id) has a zone at `\(server)`, which is no host of the world") }
    }
    zones += changes.zones
    for (zone, text) in changes.records {
      guard let index = zones.firstIndex(where: { $0.origin == zone }), case .text(let before) = zones[index].records else {
        throw .world("lesson \(lesson.id) puts records into zone `\(zone)`, which the world does not have as text")
      }
      zones[index].records = .text(before + (before.isEmpty || before.hasSuffix("\n") ? "" : "\n") + text)
    }
    for (zone, seconds) in changes.timesToLive {
      guard let index = zones.firstIndex(where: { $0.origin == zone }) else {
        throw .world("lesson \(lesson.id) changes zone `\(zone)`, which the world does not have")
      }
      zones[index].timeToLive = seconds
    }
    for (site, count) in changes.clips {
      guard let index = sites.firstIndex(where: { $0.name == site }), case .video = sites[index].content else {
        throw .world("lesson \(lesson.id) changes the clip of site `\(site)`, which the world does not have as a video")
      }
      sites[index].content = .video(segmentCount: count)
    }
    for (server, bytes) in changes.rooms {
      guard let index = files.firstIndex(where: { $0.host == server }) else {
        throw .world("lesson \(lesson.id) gives room to file server `\(server)`, which the world does not have")
      }
      files[index].room = bytes
    }
    var salts = seed.random(for: "salts")
    for member in changes.members {
      // As cheap as a hash can be: a lesson's passwords guard nothing, and its runs must not take long.
      guard let hash = PasswordHash(member.password, costLog: 1, using: &salts) else { continue }
      guard add(member, hash) else {
        throw .world("lesson \(lesson.id) makes somebody a member of `\(member.site)`, which is no site, mail domain or file server of the world")
      }
    }
    for mail in changes.mail { try mail.change(&self, of: lesson.id) }
    for link in changes.links {
      guard host(link.first) != nil, host(link.second) != nil else {
        throw .world("lesson \(lesson.id) changes a link between \(link.first) and \(link.second), which the world does not both have")
      }
    }
    links += changes.links
    swarms += changes.swarms
  }

  /// Lets somebody in; false: nowhere.
  private mutating func add(_ member: LessonMember, _ hash: PasswordHash) -> Bool {
    let user = SiteAccess.User(name: member.user, hash: hash)
    if let index = sites.firstIndex(where: { $0.name == member.site }) {
      sites[index].access.users.append(user)
      if let area = member.area { sites[index].access.protected.append(area) }
    } else if let index = mail.firstIndex(where: { $0.domain == member.site }) {
      // Whoever has a mailbox already gets another password.
      mail[index].settings.users.removeAll { $0.name == user.name }
      mail[index].settings.users.append(user)
    } else if let index = files.firstIndex(where: { $0.host == member.site }) {
      files[index].users.append(FileServerDescription.User(name: member.user, hash: hash, mayWrite: true))
    } else {
      return false
    }
    return true
  }
}
