// swift-tools-version: 6.2
// The package: layers as folders, one library per protocol, one executable.
// Not here: the fuzzers (Fuzz/ is a package of its own, since it needs unsafe flags).
// Read next: docs/ARCHITECTURE.md.
import PackageDescription

/// For the fuzzers (Fuzz/): our own code, and only that, counts where it has been, and checks what a release build takes for granted.
let fuzzing: [SwiftSetting] = Context.environment["NETSTEAD_FUZZ"] == nil
  ? []
  : [
    .unsafeFlags([
      "-Xfrontend", "-sanitize=fuzzer", "-Xfrontend", "-sanitize-coverage=edge,inline-8bit-counters,pc-table", "-enforce-exclusivity=unchecked",
      "-assert-config", "Debug",
    ])
  ]

/// What every target of ours is compiled with.
let house: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  // For `Buffer.span`: a computed property that returns a span over stored bytes.
  .enableExperimentalFeature("Lifetimes"),
  .treatAllWarnings(as: .error),
] + fuzzing

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

func part(_ layer: String, _ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, path: "Sources/\(layer)/\(name)", swiftSettings: house)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: ["TestKit", .init(stringLiteral: name)] + dependencies,
    path: "Tests/\(name)Tests", swiftSettings: house)
}

/// The protocols of mail, files, peers and other names, for the targets that join everything.
let mailFilesAndPeers: [Target.Dependency] = ["Mail", "SMTP", "POP3", "IMAP", "FTP", "BitTorrent", "Names"]

let package = Package(
  name: "netstead",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "netstead", targets: ["netstead"]),
    .library(name: "NetsteadSockets", targets: ["Sockets"]),
    .library(name: "NetsteadDNS", targets: ["DNS"]),
    .library(name: "NetsteadHTTP", targets: ["HTTP"]),
    .library(name: "NetsteadTLS", targets: ["TLS"]),
    .library(name: "NetsteadMail", targets: ["Mail"]),
    .library(name: "NetsteadSMTP", targets: ["SMTP"]),
    .library(name: "NetsteadPOP3", targets: ["POP3"]),
    .library(name: "NetsteadIMAP", targets: ["IMAP"]),
    .library(name: "NetsteadFTP", targets: ["FTP"]),
    .library(name: "NetsteadBitTorrent", targets: ["BitTorrent"]),
    .library(name: "NetsteadNames", targets: ["Names"]),
    .library(name: "NetsteadLab", targets: ["Lab"]),
    // For the fuzzers, which are a package of their own.
    .library(name: "NetsteadEntrances", targets: ["Entrances"]),
    .library(name: "NetsteadParts", targets: ["Bytes", "World", "Trace", "Settings", "NameServer", "WebServer"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    // Ground
    part("Ground", "Bytes", [nioCore]),
    part("Ground", "World", ["Bytes"]),
    part("Ground", "Trace", ["Bytes", "World"]),
    part("Ground", "Settings", ["World", yams]),
    // Protocols
    part("Protocols", "Sockets", ["Bytes", "World", "Trace"]),
    part("Protocols", "DNS", ["Bytes", "World", "Trace", crypto]),
    part("Protocols", "HTTP", ["Bytes", "World", "Trace"]),
    part("Protocols", "TLS", ["Bytes", "World", "Trace"]),
    part("Protocols", "Video", ["Bytes"]),
    part("Protocols", "Mail", ["Bytes", "World", "Trace", "DNS", crypto, cryptoExtras]),
    part("Protocols", "SMTP", ["Bytes", "World", "Trace", "Mail"]),
    part("Protocols", "POP3", ["Bytes", "World", "Trace", "Mail"]),
    part("Protocols", "IMAP", ["Bytes", "World", "Trace", "Mail"]),
    part("Protocols", "FTP", ["Bytes", "World", "Trace"]),
    part("Protocols", "BitTorrent", ["Bytes", "World", "Trace", crypto]),
    part("Protocols", "Names", ["Bytes", "World", "Trace", crypto, cryptoExtras]),
    // Runtime
    .target(name: "CNetsteadSystem", path: "Sources/Runtime/CNetsteadSystem"),
    part("Runtime", "Transport", ["Bytes", "World", "Trace", "CNetsteadSystem", nioCore, nioPosix, nioEmbedded, nioTLS, nioSSL, x509, crypto]),
    part("Runtime", "SimulatedTransport", ["Bytes", "World", "Trace", "TLS", "Transport"]),
    part("Runtime", "Storage", ["Bytes", "World", "CNetsteadSystem", nioCore, grdb, grdbSQLite]),
    part("Runtime", "Accounts", ["Bytes", "World", crypto, cryptoExtras]),
    // Servers
    part("Servers", "NameServer", ["Bytes", "World", "Trace", "DNS", "Names", "Transport", "Storage"]),
    part("Servers", "WebServer", ["Bytes", "World", "Trace", "HTTP", "Video", "Transport", "Storage", "Accounts", crypto, cryptoExtras]),
    part("Servers", "MailServer", [
      "Bytes", "World", "Trace", "DNS", "Mail", "SMTP", "POP3", "IMAP", "Transport", "Storage", "Accounts", crypto, cryptoExtras,
    ]),
    part("Servers", "Swarm", ["Bytes", "World", "Trace", "HTTP", "BitTorrent", "Transport", "Storage", "CNetsteadSystem", crypto]),
    part("Servers", "FileServer", ["Bytes", "World", "Trace", "FTP", "Transport", "Storage", "Accounts", "CNetsteadSystem"]),
    // Product
    part("Product", "Host", [
      "Bytes", "World", "Trace", "Settings", "Sockets", "DNS", "HTTP", "Transport", "Storage", "Accounts", "NameServer", "WebServer", "MailServer",
      "FileServer", "Swarm",
    ] + mailFilesAndPeers),
    part("Product", "Console", ["Bytes", "World", "Trace", "DNS", "HTTP", "Sockets", "Transport", "WebServer"] + mailFilesAndPeers),
    part("Product", "Lab", [
      "Bytes", "World", "Trace", "Settings", "Sockets", "DNS", "HTTP", "CNetsteadSystem", "Transport", "SimulatedTransport", "Storage", "NameServer",
      "TLS", "Video", "WebServer", "MailServer", "FileServer", "Swarm", "Accounts", "Host", crypto,
    ] + mailFilesAndPeers),
    .executableTarget(
      name: "netstead",
      dependencies: [
        "Bytes", "World", "Trace", "Settings", "Sockets", "DNS", "HTTP", "TLS", "Transport", "Storage", "Accounts", "NameServer", "WebServer", "MailServer", "FileServer",
        "Swarm", "Host", "Lab", "Console", arguments,
      ] + mailFilesAndPeers,
      path: "Sources/Product/netstead", swiftSettings: house),
    // For the benchmarks only: it needs what `package` hides.
    .executableTarget(
      name: "netstead-bench-web", dependencies: ["World", "HTTP", "Storage", "Transport", "WebServer"],
      path: "Benchmarks/netstead-bench-web", swiftSettings: house),
    .executableTarget(
      name: "netstead-bench-dns", dependencies: ["Bytes", "World", "DNS", "Storage", "Transport", "NameServer"], path: "Benchmarks/netstead-bench-dns",
      swiftSettings: house),
    .executableTarget(
      name: "netstead-bench-resolver", dependencies: ["World", "DNS", "Transport", "NameServer"], path: "Benchmarks/netstead-bench-resolver", swiftSettings: house),
    .executableTarget(
      name: "netstead-bench-mail", dependencies: ["Accounts", "Bytes", "World", "IMAP", "Storage", "Transport", "MailServer"],
      path: "Benchmarks/netstead-bench-mail", swiftSettings: house),
    .executableTarget(
      name: "netstead-bench-utp", dependencies: ["BitTorrent", "Bytes", "Swarm", "Transport", "World"], path: "Benchmarks/netstead-bench-utp",
      swiftSettings: house),
    .executableTarget(
      name: "netstead-bench-tracker", dependencies: ["BitTorrent", "Bytes", "Swarm", "Transport", "World"], path: "Benchmarks/netstead-bench-tracker",
      swiftSettings: house),
    // Tests
    .target(name: "TestKit", dependencies: ["Bytes", "World", "Trace", "DNS", "Transport", "SimulatedTransport"], path: "Tests/TestKit", swiftSettings: house),
    // What the fuzzers call: here, so that tests play their corpora through the same code.
    .target(
      name: "Entrances", dependencies: [
        "Bytes", "World", "Trace", "Settings", "Sockets", "DNS", "HTTP", "TLS", "Transport", "Storage", "Accounts", "NameServer", "WebServer", "MailServer", "FileServer",
        "Swarm", "Host", "Lab", "Console",
      ] + mailFilesAndPeers, path: "Tests/Entrances", swiftSettings: house),
    .testTarget(name: "CorpusTests", dependencies: ["TestKit", "Bytes", "Entrances"], path: "Tests/CorpusTests", swiftSettings: house),
    tests("Bytes"), tests("World"), tests("Trace"), tests("Settings", ["World"]),
    tests("TLS", ["Bytes", "Trace", "World"]), tests("Video"), tests("Sockets"), tests("DNS"), tests("HTTP", [nioHTTP1, nioEmbedded, nioCore]),
    tests("Transport"), tests("SimulatedTransport", ["Sockets"]), tests("Storage"),
    tests("Mail", ["DNS"]), tests("SMTP", ["Mail"]), tests("POP3", ["Mail"]), tests("IMAP", ["Mail"]), tests("FTP"), tests("Accounts"),
    tests("BitTorrent", ["Bytes", "World"]), tests("Names", ["Bytes", "World"]),
    tests("NameServer", ["DNS"]), tests("WebServer", ["HTTP", "Storage", "Accounts", "Entrances"]),
    tests("MailServer", ["DNS", "Mail", "SMTP", "POP3", "IMAP", "Storage", "Accounts"]), tests("FileServer", ["FTP", "Storage", "Accounts"]),
    tests("Swarm", ["Bytes", "World", "Trace", "BitTorrent", "HTTP", "Storage", "Transport", "SimulatedTransport"]),
    tests("Host", ["Bytes", "BitTorrent", "Names", "Trace", "Swarm", "Accounts", "SimulatedTransport", "MailServer", "Mail", "SMTP", "IMAP", "Settings", "Storage", "World", "DNS", "NameServer", "Transport", "HTTP", "WebServer", crypto]), tests("Console", ["DNS", "HTTP"]),
    tests("Lab", ["Bytes", "Host", "WebServer", "Settings", "World", "Trace", "Transport", "SimulatedTransport", "DNS", "HTTP", "Video", crypto]),
    .testTarget(name: "TidyTests", dependencies: ["TestKit"], path: "Tests/TidyTests", swiftSettings: house),
    .testTarget(name: "PeerTests", dependencies: [
        "TestKit", "Bytes", "World", "Trace", "Settings", "Sockets", "DNS", "HTTP", "Transport", "SimulatedTransport", "Storage", "Accounts", "NameServer", "Video", "WebServer", "MailServer",
        "FileServer", "Swarm", "Host", "Lab", "Console",
      ] + mailFilesAndPeers, path: "Tests/PeerTests", exclude: ["Scripts"], swiftSettings: house),
  ],
  swiftLanguageModes: [.v6]
)
