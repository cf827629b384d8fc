// swift-tools-version: 6.2
import PackageDescription

// Sibyl depends on no Swift package. Its parts are the toolchain, Debian's C libraries (each imported in
// exactly one room) and ONNX Runtime, which is opened at run time. Rooms may import only what stands below
// them; the list of each room's dependencies here is that rule, and the explicit-import check enforces it.

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func room(_ name: String, imports: [String], exporting symbols: [String] = []) -> Target {
    .target(
        name: name, dependencies: imports.map { .init(stringLiteral: $0) }, path: "Sources/\(name)",
        swiftSettings: strict,
        linkerSettings: symbols.isEmpty
            ? [] : [.unsafeFlags(symbols.flatMap { ["-Xlinker", "--export-dynamic-symbol=\($0)"] })])
}

func tests(of name: String, imports: [String], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: (["TestSupport", name] + imports).map { .init(stringLiteral: $0) },
        path: "Tests/\(name)Tests", exclude: exclude, swiftSettings: strict)
}

func library(_ name: String, pkgConfig: String? = nil, debian: String? = nil) -> Target {
    .systemLibrary(
        name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig,
        providers: debian.map { [.apt([$0])] })
}

/// What the fuzzer reads with, in a test that replays its seeds.
let fuzzed: [Target.Dependency] = ["API", "Inference", "Catalog", "Store", "Intake", "HTTP", "Compression", "Core"]
let fuzzTests = Target.testTarget(
    name: "FuzzTests", dependencies: ["TestSupport"] + fuzzed, path: "Tests/FuzzTests",
    exclude: ["LibFuzzer", "corpus"], swiftSettings: strict)

let package = Package(
    name: "Sibyl",
    products: [.executable(name: "sibyl", targets: ["Command"])],
    targets: [
        .executableTarget(
            name: "Command",
            dependencies: [
                "API", "Worker", "Inference", "Queue", "Store", "Catalog", "Intake", "HTTP", "Operations", "Digest",
                "Core",
            ],
            path: "Sources/Command", swiftSettings: strict),
        room("API", imports: ["Queue", "Store", "Catalog", "Intake", "HTTP", "Operations", "Digest", "Core"]),
        room("Worker", imports: ["Queue", "Store", "Catalog", "Inference", "HTTP", "Operations", "Core"]),
        room("Inference", imports: ["Catalog", "Digest", "Core", "COnnxRuntime"]),
        room("Queue", imports: ["Store", "Core"]),
        room("Store", imports: ["Compression", "Core", "CSQLite", "CPostgres", "CLinux"]),
        room("Catalog", imports: ["Intake", "Digest", "Core"]),
        room("Intake", imports: ["Core"]),
        // libmicrohttpd must find ours of these functions: see SocketReads.
        room(
            "HTTP", imports: ["Compression", "Core", "CMicroHTTPD", "CCurl"],
            exporting: ["recv", "gnutls_record_recv"]),
        room("Operations", imports: ["Core", "CLinux"]),
        room("Compression", imports: ["Core", "CZlib", "CZstd"]),
        room("Digest", imports: ["Core", "COpenSSL"]),
        room("Core", imports: ["CLinux"]),

        library("CSQLite", pkgConfig: "sqlite3", debian: "libsqlite3-dev"),
        library("CPostgres", pkgConfig: "libpq", debian: "libpq-dev"),
        library("CMicroHTTPD", pkgConfig: "libmicrohttpd", debian: "libmicrohttpd-dev"),
        library("COpenSSL", pkgConfig: "libcrypto", debian: "libssl-dev"),
        library("CZlib", pkgConfig: "zlib", debian: "zlib1g-dev"),
        library("CZstd", pkgConfig: "libzstd", debian: "libzstd-dev"),
        library("CCurl", pkgConfig: "libcurl", debian: "libcurl4-openssl-dev"),
        library("COnnxRuntime"),
        library("CLinux"),

        .target(
            name: "TestSupport", dependencies: ["Queue", "Store", "Core"], path: "Tests/TestSupport",
            swiftSettings: strict),
        tests(of: "Core", imports: []),
        tests(of: "Compression", imports: ["Core"]),
        tests(of: "Digest", imports: ["Core"]),
        tests(of: "Intake", imports: ["Core"]),
        tests(of: "Catalog", imports: ["Core"]),
        tests(of: "Inference", imports: ["Catalog", "Intake", "Digest", "Core"]),
        tests(of: "Store", imports: ["Core"]),
        tests(of: "Queue", imports: ["Store", "Core"]),
        .testTarget(
            name: "SimulationTests", dependencies: ["TestSupport", "Queue", "Store", "Core"],
            path: "Tests/SimulationTests", swiftSettings: strict),
        .target(
            name: "CPowerTrace", path: "Tests/CPowerTrace", linkerSettings: [.linkedLibrary("sqlite3")]),
        .testTarget(
            name: "CrashImageTests", dependencies: ["TestSupport", "CPowerTrace", "Queue", "Store", "Core"],
            path: "Tests/CrashImageTests", swiftSettings: strict),
        tests(of: "HTTP", imports: ["Compression", "Core"]),
        tests(of: "Operations", imports: ["Core"]),
        tests(of: "API", imports: ["Queue", "Store", "Catalog", "Intake", "HTTP", "Operations", "Digest", "Core"]),
        tests(of: "Worker", imports: ["Queue", "Store", "Catalog", "Inference", "Operations", "Core"]),
        fuzzTests,
        // Started eight times by CommandTests.QueueLoadTests.
        .executableTarget(
            name: "QueueLoad", dependencies: ["Worker", "Queue", "Store", "Operations", "Core"],
            path: "Tests/QueueLoad",
            swiftSettings: strict),
        // Started by scripts/bench_kernel.py.
        .executableTarget(
            name: "KernelLoad", dependencies: ["Inference", "Catalog", "Core"], path: "Tests/KernelLoad",
            swiftSettings: strict),
        tests(
            of: "Command", imports: ["Queue", "Store", "HTTP", "Operations", "Digest", "Core"],
            exclude: ["models", "FaultyRuntime.c"]),
        .testTarget(
            name: "DeployTests", dependencies: ["TestSupport", "Operations", "Core"], path: "Tests/DeployTests",
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)

// libFuzzer brings a `main` of its own and finds the program's entry by its C name: for scripts/fuzz the package is its
// rooms and one program of the same files as FuzzTests.
if Context.environment["SIBYL_FUZZ"] == "1" {
    package.products = []
    package.targets.removeAll { $0.type == .test || $0.type == .executable || $0.name == "TestSupport" }
    package.targets.append(
        .executableTarget(
            name: "Fuzz", dependencies: fuzzed, path: "Tests/FuzzTests",
            exclude: ["corpus", "FuzzTests.swift", "Mutator.swift"], sources: ["Targets", "LibFuzzer"],
            swiftSettings: strict))
}
