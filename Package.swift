// swift-tools-version: 6.2
import PackageDescription

// One loop gives every target of ours the same settings (see the bottom): Swift 6 mode, warnings are errors.

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
// The C functions of SQLite that GRDB is built on.
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "flowexp",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "flowexp", targets: ["flowexp"])],
    dependencies: [
        // Package.resolved is not committed, so the versions are pinned here.
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    ],
    targets: [
        .target(
            name: "CFlowKernels",
            cSettings: [.define("_GNU_SOURCE", .when(platforms: [.linux]))]),
        .target(
            name: "CProcessSupport",
            cSettings: [.define("_GNU_SOURCE", .when(platforms: [.linux]))]),
        .target(name: "FlowMath", dependencies: ["CFlowKernels"]),
        .target(name: "Catalog"),
        .target(name: "Flows", dependencies: ["FlowMath", "Catalog"]),
        .target(name: "Tasks", dependencies: ["FlowMath", "Catalog"]),
        .target(name: "Metrics", dependencies: ["FlowMath", "Catalog", "Tasks"]),
        .target(name: "Training", dependencies: ["Flows", "Tasks", "FlowMath", "Catalog"]),
        .target(name: "Experiments", dependencies: ["Training", "Tasks", "Metrics", "Flows", "Catalog", crypto]),
        .target(name: "Benchmarks", dependencies: ["Training", "Tasks", "Metrics", "Flows", "FlowMath", "Catalog"]),
        .target(name: "RunStorage", dependencies: ["Catalog", grdb, sqlite, crypto, logging]),
        .target(name: "PointFiles", dependencies: ["FlowMath", "Catalog"]),
        .target(name: "Pictures", dependencies: ["FlowMath"]),
        .target(name: "Reports", dependencies: ["Pictures", "FlowMath", "Catalog"]),
        .target(
            name: "Orchestration",
            dependencies: ["Experiments", "RunStorage", "Metrics", "Catalog", "CProcessSupport", logging]),
        .executableTarget(
            name: "flowexp",
            dependencies: [
                "Benchmarks", "Experiments", "Orchestration", "Reports", "Pictures", "RunStorage", "Training", "Flows",
                "Tasks",
                "Metrics",
                "Catalog", "FlowMath", "PointFiles", argumentParser, logging,
            ]),

        .target(
            name: "TestSupport", dependencies: ["FlowMath", "Flows", "Tasks", "Metrics"], path: "Tests/TestSupport"),
        .testTarget(name: "FlowMathTests", dependencies: ["FlowMath", "TestSupport"]),
        .testTarget(name: "CatalogTests", dependencies: ["Catalog"]),
        .testTarget(name: "FlowsTests", dependencies: ["Flows", "TestSupport"]),
        .testTarget(name: "TasksTests", dependencies: ["Tasks", "TestSupport"]),
        .testTarget(name: "MetricsTests", dependencies: ["Metrics", "TestSupport"]),
        .testTarget(name: "TrainingTests", dependencies: ["Training", "TestSupport"]),
        .testTarget(name: "ExperimentsTests", dependencies: ["Experiments", "TestSupport"]),
        .testTarget(name: "RunStorageTests", dependencies: ["RunStorage", grdb]),
        .testTarget(
            name: "ReportsTests", dependencies: ["Reports", "Catalog", "FlowMath"], exclude: ["Fixtures"]),
        .testTarget(
            name: "OrchestrationTests",
            dependencies: ["Orchestration", "Experiments", "RunStorage", "Metrics", "Catalog"]),
        .testTarget(name: "PicturesTests", dependencies: ["Pictures"]),
        .testTarget(name: "PointFilesTests", dependencies: ["PointFiles", "FlowMath"]),
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "Orchestration", "Experiments", "Training", "Tasks", "Metrics", "PointFiles", "Catalog", "FlowMath",
                "TestSupport",
            ]),
        .testTarget(name: "CommandTests", dependencies: []),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu17
)

for target in package.targets {
    // The C targets have no Swift settings.
    if ["CFlowKernels", "CProcessSupport"].contains(target.name) {
        continue
    }
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .treatAllWarnings(as: .error),
    ]
}
