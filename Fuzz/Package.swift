// swift-tools-version: 6.2
// One fuzzer per entrance, in one program: `fuzz ENTRY CORPUS... -runs=N`. A package of its own, since it is built with flags of its own.
// `make fuzz ENTRY=dns-message TIME=60` builds and runs it; README.md here says how a finding becomes a test.
import PackageDescription

let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "netstead", path: "..")],
  targets: [
    .target(name: "CFuzzer"),
    .executableTarget(
      name: "fuzz", dependencies: ["CFuzzer", .product(name: "NetsteadEntrances", package: "netstead")],
      linkerSettings: [.linkedLibrary("stdc++"), .linkedLibrary("m")]),
  ],
  swiftLanguageModes: [.v6]
)
