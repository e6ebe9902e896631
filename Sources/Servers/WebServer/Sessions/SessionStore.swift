// The table of sessions in the embedded database: made, found again, changed, given new names, forgotten. Bounded in number and in time.
// Not here: what a session is (Session.swift), which cookie leads to it (SessionCookie.swift).
package import Bytes
package import Storage
import Synchronization
package import World

/// How many sessions there are, and for how long.
package struct SessionLimits: Sendable, Hashable {
  /// Most sessions. Unit: sessions. Past it: the one not seen for longest is forgotten.
  package var sessionsMax = 10_000
  /// Longest time without a visit. Past it: the session is forgotten.
  package var idleTimeout = Duration.seconds(30 * 86_400)
  /// Longest life. Past it: the session is forgotten, however often it is used.
  package var lifetimeMax = Duration.seconds(365 * 86_400)
  /// A visit this soon after the last one noted is not noted: a page with twenty pictures is one write to the disk at most.
  package var noteInterval = Duration.seconds(60)
  /// Largest session. Unit: bytes. Past it: the change is refused.
  package var sessionBytesMax = 16_384
  /// Most expired sessions removed when a new one begins. Unit: sessions. Past it: the rest goes with the next one.
  package var sweptMax = 16

  package init() {}
}

/// Why a session could not be changed.
package enum SessionError: Error, Hashable, Sendable {
  /// Unit: bytes.
  case tooLarge(allowed: Int)
  /// Others changed it again and again in between.
  case contended
  case storage(StorageError)
}

/// All sessions of one site.
package final class SessionStore: Sendable {
  private let records: any RecordStore
  private let limits: SessionLimits
  private let state: Mutex<State>

  private struct State {
    var random: any RandomNumberGenerator & Sendable
    var count: Int
    var lastNumber: Int
  }

  /// By the hash of the session's name.
  private static let table = "session"
  /// By the time of the last visit, then the same hash: the first ones expire first.
  private static let order = "session-order"
  /// How often a change is tried when others change the same session.
  private static let triesMax = 8

  private init(_ records: any RecordStore, _ limits: SessionLimits, _ state: State) {
    self.records = records
    self.limits = limits
    self.state = Mutex(state)
  }

  /// The sessions kept in `records`. Their names are drawn from `random`, which nobody must be able to guess.
  package static func open(
    in records: any RecordStore, limits: SessionLimits = SessionLimits(), random: any RandomNumberGenerator & Sendable
  ) async throws(StorageError) -> SessionStore {
    var state = State(random: random, count: 0, lastNumber: 0)
    var from = Buffer()
    while true {
      let page = try await records.records(in: table, from: from, to: nil, limit: 1_000)
      state.count += page.count
      state.lastNumber = page.reduce(state.lastNumber) { max($0, Session(record: $1.value)?.number ?? 0) }
      guard page.count == 1_000, let last = page.last else { break }
      from = last.key
      from.append(UInt8(0))
    }
    return SessionStore(records, limits, state)
  }

  /// How many sessions there are.
  package var count: Int { state.withLock { $0.count } }

  // MARK: One session

  /// Begins a session.
  package func make(at now: Instant) async throws(SessionError) -> (id: SessionID, session: Session) {
    try await makeRoom(at: now)
    let (id, number) = state.withLock { state in
      state.lastNumber += 1
      state.count += 1
      return (Self.draw(&state), state.lastNumber)
    }
    let session = Session(number: number, created: now)
    do throws(SessionError) {
      try await apply([.expect(table: Self.table, key: id.key, value: nil)] + puts(id.key, session))
    } catch {
      state.withLock { $0.count -= 1 }
      throw error
    }
    return (id, session)
  }

  /// The session called `id`, and notes the visit; nil: there is none, or it has expired.
  package func visit(_ id: SessionID, at now: Instant) async throws(SessionError) -> Session? {
    guard let (record, session) = try await find(id.key) else { return nil }
    if hasExpired(session, at: now) {
      try await remove(id.key, record, session)
      return nil
    }
    guard now - session.lastSeen >= limits.noteInterval else { return session }
    return try await change(id, at: now) { _ in }
  }

  /// Changes the session; `body` may be called again when somebody else changed it in between. Nil: there is none.
  package func change(_ id: SessionID, at now: Instant, _ body: @Sendable (inout Session) -> Void) async throws(SessionError) -> Session? {
    for _ in 0..<Self.triesMax {
      guard let (record, before) = try await find(id.key) else { return nil }
      var after = before
      body(&after)
      after.lastSeen = max(before.lastSeen, now)
      do throws(SessionError) {
        try await apply(
          [.expect(table: Self.table, key: id.key, value: record), .remove(table: Self.order, key: orderKey(id.key, before))] + puts(id.key, after))
        return after
      } catch {
        guard case .storage(.conflict) = error else { throw error }
      }
    }
    throw .contended
  }

  /// Gives the session a new name, as everybody must who lets somebody log in: a name planted before is worth nothing afterwards.
  package func rename(_ id: SessionID, at now: Instant, _ body: @Sendable (inout Session) -> Void) async throws(SessionError) -> (id: SessionID, session: Session)? {
    let fresh = state.withLock { Self.draw(&$0) }
    for _ in 0..<Self.triesMax {
      guard let (record, before) = try await find(id.key) else { return nil }
      var after = before
      body(&after)
      after.lastSeen = max(before.lastSeen, now)
      do throws(SessionError) {
        try await apply([.expect(table: Self.table, key: id.key, value: record)] + removals(id.key, before) + puts(fresh.key, after))
        return (fresh, after)
      } catch {
        guard case .storage(.conflict) = error else { throw error }
      }
    }
    throw .contended
  }

  /// Forgets the session.
  package func end(_ id: SessionID) async throws(SessionError) {
    if let (record, session) = try await find(id.key) { try await remove(id.key, record, session) }
  }

  /// Up to `limit` sessions with the keys they are stored under, in the order they began.
  package func all(limit: Int) async throws(SessionError) -> [(key: Buffer, session: Session)] {
    let rows = try await reading { () async throws(StorageError) in try await records.records(in: Self.table, from: Buffer(), to: nil, limit: limit) }
    return rows.compactMap { row in Session(record: row.value).map { (row.key, $0) } }.sorted { $0.session.number < $1.session.number }
  }

  // MARK: Bounds

  private func hasExpired(_ session: Session, at now: Instant) -> Bool {
    now - session.lastSeen > limits.idleTimeout || now - session.created > limits.lifetimeMax
  }

  /// Removes what has expired, and what is too much.
  private func makeRoom(at now: Instant) async throws(SessionError) {
    let rows = try await reading { () async throws(StorageError) in
      try await records.records(in: Self.order, from: Buffer(), to: nil, limit: limits.sweptMax)
    }
    for row in rows {
      let key = row.key[8..<row.key.count]
      guard let (record, session) = try await find(key) else {
        try await apply([.remove(table: Self.order, key: row.key)])
        continue
      }
      guard hasExpired(session, at: now) || count >= limits.sessionsMax else { return }
      do throws(SessionError) { try await remove(key, record, session) } catch {
        // Somebody visits it at this very moment: then it is not the one to go.
        guard case .storage(.conflict) = error else { throw error }
      }
    }
  }

  // MARK: Records

  private static func draw(_ state: inout State) -> SessionID {
    var random = OpenedRandom(state.random)
    defer { state.random = random.source }
    return SessionID(using: &random)
  }

  private func find(_ key: Buffer) async throws(SessionError) -> (record: Buffer, session: Session)? {
    let record = try await reading { () async throws(StorageError) in try await records.value(in: Self.table, at: key) }
    return record.flatMap { record in Session(record: record).map { (record, $0) } }
  }

  private func remove(_ key: Buffer, _ record: Buffer, _ session: Session) async throws(SessionError) {
    try await apply([.expect(table: Self.table, key: key, value: record)] + removals(key, session))
    state.withLock { $0.count -= 1 }
  }

  private func puts(_ key: Buffer, _ session: Session) -> [Change] {
    [.put(table: Self.table, key: key, value: session.record), .put(table: Self.order, key: orderKey(key, session), value: Buffer())]
  }

  private func removals(_ key: Buffer, _ session: Session) -> [Change] {
    [.remove(table: Self.table, key: key), .remove(table: Self.order, key: orderKey(key, session))]
  }

  /// Eight bytes of time, later ones greater, then the session's key.
  private func orderKey(_ key: Buffer, _ session: Session) -> Buffer {
    var order = Buffer()
    order.append(integer: UInt64(bitPattern: session.lastSeen.nanoseconds) ^ (1 << 63))
    order.append(key)
    return order
  }

  private func apply(_ changes: [Change]) async throws(SessionError) {
    for case .put(Self.table, _, let value) in changes where value.count > limits.sessionBytesMax { throw .tooLarge(allowed: limits.sessionBytesMax) }
    try await reading { () async throws(StorageError) in try await records.apply(changes) }
  }

  private func reading<R>(_ body: () async throws(StorageError) -> R) async throws(SessionError) -> R {
    do throws(StorageError) { return try await body() } catch { throw .storage(error) }
  }
}
