// swift-tools-version: 6.2
// One fuzzer per entrance, in one program: `fuzz ENTRY CORPUS... -runs=N`. A package of its own, since it needs unsafe flags.
// `make fuzz ENTRY=dns-message TIME=60` builds and runs it; README.md here says how a finding becomes a test.
import PackageDescription

let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "netstead", path: "..")],
  targets: [
    .target(name: "CFuzzer"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "CFuzzer", .product(name: "NetsteadSockets", package: "netstead"), .product(name: "NetsteadDNS", package: "netstead"),
        .product(name: "NetsteadHTTP", package: "netstead"), .product(name: "NetsteadParts", package: "netstead"),
      ],
      linkerSettings: [.linkedLibrary("stdc++"), .linkedLibrary("m")]),
  ],
  swiftLanguageModes: [.v6]
)
