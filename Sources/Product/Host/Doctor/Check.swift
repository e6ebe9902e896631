// One thing that the doctor looked at. Not here: what is looked at (HostDoctor.swift), how it is printed (netstead/DoctorCommand).

/// A check: what should be, what is, and what to do about it.
package struct Check: Sendable, Hashable {
  package enum State: String, Sendable { case ok, warn, fail, off }

  /// Names the check for programs, such as `mail.relay`.
  package var id: String
  package var state: State
  package var want: String
  package var have: String
  /// A sentence that says what to do; empty where nothing is.
  package var fix: String

  package init(_ id: String, _ state: State, want: String, have: String, fix: String = "") {
    self.id = id
    self.state = state
    self.want = want
    self.have = have
    self.fix = state == .ok || state == .off ? "" : fix
  }

  /// Good or not.
  package init(_ id: String, _ isGood: Bool, else state: State = .fail, want: String, have: String, fix: String) {
    self.init(id, isGood ? .ok : state, want: want, have: have, fix: fix)
  }
}
