// Whether this machine lets an ordinary user have namespaces, and if not, which setting forbids it.
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What trying gave.
package enum NamespaceProbe {
  package enum Verdict: Sendable, Equatable {
    case allowed
    /// They cannot be had: why, in a sentence, and what would change that.
    case forbidden(because: String, remedy: String)
  }

  /// Tries: a child makes the namespaces and ends. Nothing else says for sure.
  package static func probe() -> Verdict {
    guard let unshare = Program.find("unshare") else {
      return .forbidden(because: "the program unshare is not installed", remedy: "install the package util-linux")
    }
    let quiet = "exec 2>/dev/null; exec \"$@\""
    guard Program.run(["/bin/sh", "-c", quiet, "sh", unshare] + Reexecution.namespaces + ["true"]) == 0 else {
      return explain { SystemFile.text($0, bytesMax: 65_536)?.split(separator: "\n").first.map { String($0) } }
    }
    return .allowed
  }

  /// Which setting forbids it. `read` gives a file's first line.
  static func explain(_ read: (String) -> String?) -> Verdict {
    if read("/proc/sys/user/max_user_namespaces") == "0" {
      return .forbidden(
        because: "user.max_user_namespaces is 0", remedy: "sudo sysctl user.max_user_namespaces=10000")
    }
    if read("/proc/sys/user/max_net_namespaces") == "0" {
      return .forbidden(because: "user.max_net_namespaces is 0", remedy: "sudo sysctl user.max_net_namespaces=10000")
    }
    if read("/proc/sys/kernel/unprivileged_userns_clone") == "0" {
      return .forbidden(because: "kernel.unprivileged_userns_clone is 0", remedy: "sudo sysctl kernel.unprivileged_userns_clone=1")
    }
    if read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1" {
      return .forbidden(
        because: "kernel.apparmor_restrict_unprivileged_userns is 1 and no AppArmor profile allows netstead user namespaces",
        remedy: "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or load an AppArmor profile with `userns,`")
    }
    return .forbidden(
      because: "the system refuses them without a setting that says so: most likely a container's system call filter",
      remedy: "start the container with --security-opt seccomp=unconfined, or run netstead outside it")
  }
}
