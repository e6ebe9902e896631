// Whether the work a stranger's bytes make grows with their number only.
import Glibc

/// Whether eight times the input costs far less than 64 times the work. `work` prepares an input of about so many bytes and returns what is
/// to be measured. Counted is the thread's own time, and the best of some tries, since other work disturbs it.
func isLinear(smallest: Int = 3_000, _ work: (Int) -> () -> Void) -> Bool {
  func best(_ count: Int) -> Int {
    let run = work(count)
    return (0..<3).map { _ in
      let start = threadTime()
      run()
      return threadTime() - start
    }.min() ?? 0
  }
  // Twenty microseconds of a clock's own roughness.
  return (0..<3).contains { _ in best(smallest * 8) < best(smallest) * 20 + 20_000 }
}

/// Unit: nanoseconds.
private func threadTime() -> Int {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return time.tv_sec * 1_000_000_000 + time.tv_nsec
}
