// Which of many connections has to be woken first. Each stands in the heap once; one that is woken later than it stands costs nothing to keep.
// Read next: UTPExchange.swift, which asks.

/// Something with a deadline that stands in a heap.
protocol HeapMember: AnyObject {
  /// Where it stands; -1: nowhere. The heap's own.
  var heapIndex: Int { get set }
  /// What it stands for. Unit: nanoseconds. The heap's own.
  var heapTime: Int64 { get set }
}

/// Members by their time, the soonest first.
struct DeadlineHeap<Member: HeapMember> {
  private var members: [Member] = []

  var first: Member? { members.first }

  /// Makes sure that `member` comes up at `time` or before; `Int64.max`: whenever.
  mutating func file(_ member: Member, at time: Int64) {
    if member.heapIndex < 0 {
      guard time < .max else { return }
      member.heapIndex = members.count
      member.heapTime = time
      members.append(member)
      rise(member.heapIndex)
    } else if time < member.heapTime {
      member.heapTime = time
      rise(member.heapIndex)
    }
  }

  /// Takes `member` out, if it is in.
  mutating func remove(_ member: Member) {
    let index = member.heapIndex
    guard index >= 0 else { return }
    member.heapIndex = -1
    let last = members.removeLast()
    guard index < members.count else { return }
    place(last, index)
    rise(index)
    sink(last.heapIndex)
  }

  private mutating func place(_ member: Member, _ index: Int) {
    members[index] = member
    member.heapIndex = index
  }

  private mutating func rise(_ start: Int) {
    var index = start
    while index > 0, members[index].heapTime < members[(index - 1) / 2].heapTime {
      let above = members[(index - 1) / 2]
      place(members[index], (index - 1) / 2)
      place(above, index)
      index = (index - 1) / 2
    }
  }

  private mutating func sink(_ start: Int) {
    var index = start
    while 2 * index + 1 < members.count {
      var below = 2 * index + 1
      if below + 1 < members.count, members[below + 1].heapTime < members[below].heapTime { below += 1 }
      guard members[below].heapTime < members[index].heapTime else { return }
      let member = members[below]
      place(members[index], below)
      place(member, index)
      index = below
    }
  }
}
