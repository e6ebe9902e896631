// `netstead doctor`: what this machine lets the program do, and what would change that.
import ArgumentParser
import Bytes
import Lab
import Trace

/// Examines the machine.
struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Tell what this machine allows, and how to change it.",
    discussion: """
      Examples:
        netstead doctor
        netstead doctor --json
        netstead doctor -q || echo something needs care
      """)

  @OptionGroup(title: "Output") var json: JSONOption
  @OptionGroup(title: "Output") var quiet: QuietOption
  @OptionGroup(title: "Output") var colour: ColourOptions

  /// One check.
  private struct Row {
    enum State: String { case ok, warn, fail }
    var id: String
    var state: State
    var want: String
    var have: String
    var fix = ""
  }

  func run() throws {
    let rows = [namespaces(), lab()] + [8_000, 8_053, 8_080, 8_443].map { port($0) } + tools()
    if json.json { tellJSON(rows) } else { tell(rows) }
    if rows.contains(where: { $0.state == .fail }) { throw ToolFailure(.refused) }
  }

  private func namespaces() -> Row {
    switch NamespaceProbe.probe() {
    case .allowed: Row(id: "lab.namespaces", state: .ok, want: "user and network namespaces", have: "allowed")
    case .forbidden(let why, let remedy):
      Row(id: "lab.namespaces", state: .warn, want: "user and network namespaces", have: "\(why); the lab runs on loopback addresses", fix: remedy)
    }
  }

  private func lab() -> Row {
    let lab = (try? LabRun.runtimeFolder()).flatMap { RunningLab.find(in: $0) }
    return Row(id: "lab.running", state: .ok, want: "a lab or none", have: lab.map { "process \($0.process), \($0.mode)" } ?? "none")
  }

  private func port(_ number: UInt16) -> Row {
    switch ConsoleSocket.open(port: number) {
    case .success(let socket):
      ConsoleSocket.discard(socket.descriptor)
      return Row(id: "port.\(number)", state: .ok, want: "free", have: "free")
    case .failure(let failure):
      return Row(id: "port.\(number)", state: .warn, want: "free", have: "\(failure)", fix: number == 8_000 ? "choose another by --console-port" : "stop what uses it")
    }
  }

  private func tools() -> [Row] {
    [
      ("unshare", "util-linux"), ("nsenter", "util-linux"), ("dig", "bind9-dnsutils"), ("curl", "curl"), ("nc", "netcat-openbsd"), ("tshark", "tshark"),
    ].map { name, package in
      let found = Program.find(name)
      return Row(id: "tool.\(name)", state: found == nil ? .warn : .ok, want: name, have: found ?? "missing", fix: found == nil ? "install the package \(package)" : "")
    }
  }

  private func tell(_ rows: [Row]) {
    for row in rows where !quiet.short || row.state != .ok {
      let ink: Ink = row.state == .ok ? .green : row.state == .warn ? .yellow : .red
      let gap = String(repeating: " ", count: max(1, 18 - row.id.count))
      Terminal.say("\(ink.paint(row.state.rawValue, colour.isColoured))\(row.state == .ok ? "  " : "") \(row.id)\(gap)\(row.have)")
      if !row.fix.isEmpty { Terminal.say("     fix: \(row.fix)") }
    }
  }

  private func tellJSON(_ rows: [Row]) {
    var writer = JSONWriter()
    writer.object { writer in
      writer.value("schema", 1)
      writer.array("checks") { writer in
        for row in rows {
          writer.object { writer in
            writer.value("id", row.id)
            writer.value("state", row.state.rawValue)
            writer.value("want", row.want)
            writer.value("have", row.have)
            writer.value("fix", row.fix)
          }
        }
      }
    }
    Terminal.say(writer.bytes.text)
  }
}
