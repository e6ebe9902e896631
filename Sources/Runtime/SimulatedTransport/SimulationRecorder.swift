// Hosts record what they say by their own clocks, which may be wrong; a trace that shows who did what before whom needs one time for all.
// Read before: SimulatedInternet.swift.
import Bytes
import Trace
import World

/// Hands everything on to another recorder, with the simulation's time in the place of the host's.
final class SimulationRecorder: Recorder {
  private let recorder: any Recorder
  // Whoever records may be kept by a host of it.
  private weak let internet: SimulatedInternet?

  init(_ recorder: any Recorder, of internet: SimulatedInternet) {
    self.recorder = recorder
    self.internet = internet
  }

  var isOn: Bool { recorder.isOn }

  func open(_ info: ConversationInfo, at time: Instant) -> ConversationID { recorder.open(info, at: internet?.now ?? time) }

  func carryOn(_ conversation: ConversationID, because cause: ConversationID, at time: Instant) {
    recorder.carryOn(conversation, because: cause, at: internet?.now ?? time)
  }

  func record(_ kind: Event.Kind, in conversation: ConversationID, at time: Instant, bytes: RawSpan, length: Int, text: String) {
    recorder.record(kind, in: conversation, at: internet?.now ?? time, bytes: bytes, length: length, text: text)
  }

  func keep(tlsSecret line: String) { recorder.keep(tlsSecret: line) }
}
