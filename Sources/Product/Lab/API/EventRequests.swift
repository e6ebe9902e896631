// `/events` and `/clock`: what is said in the world, and what time it is there.
import Bytes
import HTTP
import Settings
import Trace
import Transport
import World

extension LabAPI {
  /// `GET /events?proto=&host=&after=&wait=`: JSON lines, as `netstead trace --jsonl` writes them.
  func events(_ request: APIRequest) async throws -> APIAnswer {
    try request.checkQuery("proto", "host", "after", "wait")
    let (dialect, host) = (request.query["proto"], request.query["host"])
    let after = UInt64(try request.value("after", .integer(0...Int.max)) ?? 0)
    let wait = try request.wait()
    if let host, !servers.world.hosts.contains(where: { $0.name == host }) { throw APIFailure(.badRequest, "there is no host `\(host)` in this world", field: "host") }
    var lines = Buffer()
    var (count, last) = (0, after)
    func take(_ events: [Event]) {
      for event in events where count < limits.eventsMax {
        last = event.sequence
        guard let info = trace.conversation(event.conversation)?.info, host == nil || info.host == host else { continue }
        // A protocol's side connections belong to it: `ftp-data` to `ftp`.
        if let dialect, info.dialect.rawValue != dialect, !info.dialect.rawValue.hasPrefix(dialect + "-") { continue }
        lines.append(JSONLines().line(for: event, in: info))
        count += 1
      }
    }
    take(trace.events(after: after).events)
    if count == 0, wait > .zero {
      let follower = trace.follow(after: last)
      request.whenAbandoned { follower.stop() }
      let timer = Task {
        try await Task.sleep(for: wait)
        follower.stop()
      }
      defer { timer.cancel() }
      for await batch in follower {
        take(batch.events)
        if count > 0 { break }
      }
      follower.stop()
    }
    return APIAnswer(contentType: "application/jsonl", body: lines)
  }

  /// `GET /clock`.
  var time: APIAnswer {
    .json { object in
      object.value("now", worldClock.now.timestamp)
      object.value("ahead", shift.ahead.settingsText)
    }
  }

  /// `POST /clock/advance {"by"}`: it is later, at once.
  func advance(_ request: APIRequest) async throws -> APIAnswer {
    let time = try await request.body { $0.required("by", .duration) }
    guard time > .zero else { throw APIFailure(.badRequest, "expected more than no time: the clock never goes back", field: "by") }
    guard shift.advance(by: time) else {
      throw APIFailure(.badRequest, "expected a clock that is at most \(ClockShift.aheadMax.components.seconds / 86_400 / 365) years ahead", field: "by")
    }
    return self.time
  }
}
