// What a world's file says of clocks that are wrong. Among a host's settings, and below `clocks` for a host that stands in a world already:
//
//   clocks:
//     HOST: {offset: -2s, drift: 50ppm}
//
// `offset` is how far it is ahead at the start (with a minus: behind), `drift` how much it gains while a million parts of time pass (with a minus:
// loses). They hold in virtual time: on real sockets every host has the machine's clock.
// Not here: what such a clock says (World/HostClock.swift), handing it to a host (Running/ScenarioRun.swift).
import Settings
import World

extension HostClock {
  /// Reads `{offset: …, drift: …}`.
  init(_ reader: SettingsReader) {
    self.init(offset: reader.value("offset", .clockOffset, default: .zero), drift: reader.value("drift", .clockDrift, default: 0))
  }
}

extension WorldReader {
  /// `HOST: {drift: 50ppm}`: the clock of a host that stands in the world, anew.
  func readClock(_ entry: SettingsEntry) {
    checkHost(entry)
    guard let clock = entry.value.mapping({ HostClock($0) }), let index = world.hosts.firstIndex(where: { $0.name == entry.name }) else { return }
    world.hosts[index].clock = clock
  }
}

extension SettingsForm where Value == Duration {
  /// How far a clock is ahead: a duration, or one with a minus before it.
  fileprivate static var clockOffset: Self {
    let days = HostClock.offsetMax.components.seconds / 86_400
    return Self(expected: "an offset such as 2s or -1h30m, at most \(days)d either way", standIn: .zero) { text in
      let isBehind = text.hasPrefix("-")
      guard let size = SettingsForm.duration.read(isBehind ? String(text.dropFirst()) : text), size <= HostClock.offsetMax else { return nil }
      return isBehind ? .zero - size : size
    }
  }
}

extension SettingsForm where Value == Int {
  /// How fast a clock gains: `50ppm`, `-20 ppm`.
  fileprivate static var clockDrift: Self {
    Self(expected: "a drift such as 50ppm or -20ppm, at most \(HostClock.driftMax)ppm either way", standIn: 0) { text in
      guard text.hasSuffix("ppm") else { return nil }
      let number = text.dropLast(3)
      return SettingsForm.integer(-HostClock.driftMax...HostClock.driftMax).read(String(number.hasSuffix(" ") ? number.dropLast() : number))
    }
  }
}
