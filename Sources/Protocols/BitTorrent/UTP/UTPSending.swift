// What a uTP connection sends, and when: lost packets first, then new ones as far as both windows allow, then what is owed.
// Read first: UTPConnection.swift.
import Bytes
import Trace
import World

extension UTPConnection {
  /// The payload of a full packet now. Unit: bytes.
  var payloadBytes: Int { size.known - UTPPacket.headBytes }

  /// Lets leave what may.
  mutating func transmit(at now: Int64, into actions: inout [Action]) {
    receiver.keep()
    switch phase {
    case .calling:
      if resendAt == Self.never { sendOpen(at: now, into: &actions) }
    case .called:
      if owesState {
        owesState = false
        send(.state, flight.first, at: now, into: &actions)
      }
    case .open, .finishing:
      resendLost(at: now, into: &actions)
      sendFresh(at: now, into: &actions)
      acknowledgeIfOwed(at: now, into: &actions)
      noteRoom(into: &actions)
    case .closed:
      break
    }
  }

  private mutating func sendOpen(at now: Int64, into actions: inout [Action]) {
    resendAt = now + roundTrip.timeout
    send(.open, flight.first, at: now, into: &actions)
  }

  // MARK: Data

  /// How much may be under way now. Unit: bytes.
  private var allowed: Int { min(window.bytes, peerWindow) }

  private mutating func resendLost(at now: Int64, into actions: inout [Action]) {
    while let number = flight.firstLost {
      let sent = flight[number]
      // One may always leave, else nothing would ever move again.
      guard flight.bytes == 0 || flight.bytes + sent.payload.count <= max(allowed, payloadBytes) else { return }
      flight.resend(number, at: now)
      resent += 1
      send(sent.isFinish ? .finish : .data, number, sent.payload, at: now, into: &actions)
      resendAt = now + roundTrip.timeout
    }
  }

  private mutating func sendFresh(at now: Int64, into actions: inout [Action]) {
    isWindowLimited = false
    while unsentBytes > 0, flight.count < limits.packetsMax {
      var length = min(payloadBytes, unsentBytes)
      if flight.bytes + length > window.bytes, flight.bytes > 0 {
        isWindowLimited = true
        return
      }
      if flight.bytes + length > peerWindow {
        // Not full packets into the rest of a window, unless that is all there is.
        guard flight.isEmpty else { return }
        guard peerWindow > 0 else { return awaitWindow(at: now) }
        length = peerWindow
      }
      sendFresh(length, at: now, into: &actions)
    }
    if phase == .finishing, unsentBytes == 0, !finishIsSent, flight.count < limits.packetsMax {
      finishIsSent = true
      emit(Buffer(), isFinish: true, at: now, into: &actions)
    }
  }

  private mutating func sendFresh(_ length: Int, at now: Int64, into actions: inout [Action]) {
    let payload = takePayload(length)
    var trial = 0
    if length == payloadBytes, let larger = size.trial {
      trial = larger
      size.began()
    }
    emit(payload, isFinish: false, trial: trial, at: now, into: &actions)
  }

  private mutating func emit(_ payload: Buffer, isFinish: Bool, trial: Int = 0, at now: Int64, into actions: inout [Action]) {
    let number = flight.next
    if flight.isEmpty || resendAt == Self.never { resendAt = now + roundTrip.timeout }
    flight.add(payload, isFinish: isFinish, trialBytes: trial, at: now)
    let padding = trial == 0 ? 0 : trial - UTPPacket.headBytes - payload.count
    send(isFinish ? .finish : .data, number, payload, padding: padding, at: now, into: &actions)
  }

  /// The next `length` bytes that were written.
  private mutating func takePayload(_ length: Int) -> Buffer {
    unsentBytes -= length
    defer {
      if firstChunk == chunks.count || firstChunk >= 64 {
        chunks.removeFirst(firstChunk)
        firstChunk = 0
      }
    }
    if let whole = chunks[firstChunk].take(length) {
      if chunks[firstChunk].isEmpty { firstChunk += 1 }
      return whole
    }
    var payload = Buffer(capacity: length)
    while payload.count < length, firstChunk < chunks.count {
      let wanted = min(length - payload.count, chunks[firstChunk].count)
      payload.append(chunks[firstChunk].take(wanted) ?? Buffer())
      if chunks[firstChunk].isEmpty { firstChunk += 1 }
    }
    return payload
  }

  /// The peer has no room. It will tell when it has; should that be lost, one packet asks.
  private mutating func awaitWindow(at now: Int64) {
    guard probeAt == Self.never else { return }
    probeWait = probeWait == 0 ? roundTrip.timeout : min(probeWait * 2, limits.timeoutMax.wholeNanoseconds)
    probeAt = now + probeWait
  }

  // MARK: What is owed

  private mutating func acknowledgeIfOwed(at now: Int64, into actions: inout [Action]) {
    if owesNow {
      send(.state, flight.next, at: now, into: &actions)
    } else if owedPackets > 0, acknowledgeAt == Self.never {
      acknowledgeAt = now + limits.acknowledgementDelay.wholeNanoseconds
    }
  }

  private mutating func noteRoom(into actions: inout [Action]) {
    let wanted = isCongested ? unsentBytes > limits.outgoingBytesMax / 2 : unsentBytes > limits.outgoingBytesMax
    guard wanted != isCongested, phase == .open else { return }
    isCongested = wanted
    actions.append(.congested(wanted))
  }

  /// One packet leaves, and with it everything that is to be said in each.
  mutating func send(
    _ kind: UTPPacket.Kind, _ sequence: UInt16, _ payload: Buffer = Buffer(), padding: Int = 0, at now: Int64, into actions: inout [Action]
  ) {
    // BEP 29, connection id: the SYN carries the caller's own number, everything after it the other one.
    var packet = UTPPacket(kind, connection: kind == .open ? receiveID : sendID, sequence: sequence, acknowledgement: kind == .open ? 0 : receiver.last)
    packet.timestamp = Self.microseconds(now)
    packet.difference = lastDifference
    offeredWindow = receiver.window
    packet.window = UInt32(clamping: offeredWindow)
    packet.padding = padding
    packet.payload = payload
    if kind == .state {
      packet.selective = receiver.selective
      owesNow = false
    } else if !receiver.hasGap {
      // What is owed rides on it, but for news about gaps.
      owesNow = false
    }
    owedPackets = 0
    acknowledgeAt = Self.never
    lastSentAt = now
    actions.append(.send(packet))
  }

  // MARK: Time

  mutating func timePassed(at now: Int64, into actions: inout [Action]) {
    if now >= patienceEnds { return end(phase == .called ? .timedOut : .closed, into: &actions) }
    if now >= resendAt {
      guard phase != .calling else { return callAgain(at: now, into: &actions) }
      guard clockRanOut(at: now, into: &actions) else { return }
    }
    if isCongested || phase == .finishing, now >= progressAt + limits.stallTime.wholeNanoseconds {
      send(.reset, flight.next, at: now, into: &actions)
      return end(.stalled, into: &actions)
    }
    if now >= probeAt {
      probeAt = Self.never
      if unsentBytes > 0, flight.isEmpty { sendFresh(min(payloadBytes, unsentBytes), at: now, into: &actions) }
    }
    if now >= acknowledgeAt { owesNow = true }
    if isOpen, now >= lastSentAt + limits.keepAliveTime.wholeNanoseconds {
      // What keeps the path open says nothing that was not said before.
      owesNow = true
      flight.rest()
      receiver.rest()
    }
    transmit(at: now, into: &actions)
  }

  private mutating func callAgain(at now: Int64, into actions: inout [Action]) {
    timeouts += 1
    guard timeouts <= limits.openResendsMax else { return end(.timedOut, into: &actions) }
    roundTrip.backOff()
    sendOpen(at: now, into: &actions)
  }

  /// Nothing was acknowledged in time. False: that was once too often.
  private mutating func clockRanOut(at now: Int64, into actions: inout [Action]) -> Bool {
    resendAt = Self.never
    guard !flight.isEmpty else { return true }
    timeouts += 1
    let onlyFinish = finishIsSent && flight.count == 1
    guard timeouts <= (onlyFinish ? limits.finishResendsMax : limits.dataResendsMax) else {
      send(.reset, flight.next, at: now, into: &actions)
      end(onlyFinish ? .closed : .timedOut, into: &actions)
      return false
    }
    roundTrip.backOff()
    // A trial alone under way may be too large, and a closed window takes nothing: neither is congestion.
    let isCongestion = !(flight.count == 1 && flight[flight.first].trialBytes > 0) && peerWindow > 0
    var lostTrial: Int?
    flight.loseAll { _, sent in if sent.trialBytes > 0 { lostTrial = sent.trialBytes } }
    if let lostTrial { size.lost(lostTrial) }
    if timeouts >= 2 { size.restart() }
    if isCongestion {
      window.collapse(packet: payloadBytes)
      recoveryEnd = flight.next
    }
    duplicates = 0
    return true
  }
}
