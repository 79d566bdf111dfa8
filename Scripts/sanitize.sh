#!/usr/bin/env bash
# Runs the tests of the kernels and of the flow engine's passes with AddressSanitizer and UndefinedBehaviorSanitizer in the C kernels
# (AddressSanitizer in the Swift code too), under every instruction set of this machine. A find ends the run with an
# error. Needs nothing but Swift: only the targets below the trainer are built, in a package of their own.
# Usage: Scripts/sanitize.sh [--filter REGEX]
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
package=$root/.build/sanitize
mkdir -p "$package"
ln -sfn "$root/Sources" "$package/Sources"
ln -sfn "$root/Tests" "$package/Tests"

cat > "$package/Package.swift" <<'MANIFEST'
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "sanitize",
    platforms: [.macOS(.v15)],
    targets: [
        .target(
            name: "CFlowKernels",
            // Undefined behaviour traps: the test run dies with it.
            cSettings: [
                .define("_GNU_SOURCE", .when(platforms: [.linux])),
                .unsafeFlags([
                    "-fsanitize=undefined", "-fsanitize-trap=undefined", "-fno-omit-frame-pointer", "-g",
                ]),
            ]),
        .target(name: "FlowMath", dependencies: ["CFlowKernels"]),
        .target(name: "Catalog"),
        .target(name: "Flows", dependencies: ["FlowMath", "Catalog"]),
        .target(name: "Tasks", dependencies: ["FlowMath", "Catalog"]),
        .target(name: "Metrics", dependencies: ["FlowMath", "Catalog", "Tasks"]),
        .target(
            name: "TestSupport", dependencies: ["FlowMath", "Flows", "Tasks", "Metrics"], path: "Tests/TestSupport"),
        .testTarget(name: "FlowMathTests", dependencies: ["FlowMath", "TestSupport"]),
        .testTarget(name: "FlowsTests", dependencies: ["Flows", "TestSupport"]),
        .testTarget(name: "MetricsTests", dependencies: ["Metrics", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu17
)
MANIFEST

swift build -c release --sanitize=address --package-path "$package" --build-tests
# The suites that reach every kernel; those that spend their time in double-precision references stay out. Leaks are
# not looked for: the test runner has some of its own.
export ASAN_OPTIONS=detect_leaks=0
filter='VectorKernelTests|RandomStreamTests|TileWidthTests|SplineKernelTests|BaseSamplingTests|PairwiseKernelTests'
filter="${2:-$filter|AssignmentTests|instructionSetsAgree|inverseUndoesForward}"
ran=""
for isa in avx512 avx2 portable; do
    log=$(mktemp)
    status=0
    FLOWEXP_ISA=$isa swift test -c release --sanitize=address --package-path "$package" --skip-build \
        --filter "$filter" > "$log" 2>&1 || status=$?
    tested=$(sed -n 's/.*Test run with \([0-9][0-9]*\) tests\{0,1\} .*passed.*/\1/p' "$log" | tail -1)
    if [ "$status" -ne 0 ] || [ -z "$tested" ] || [ "$tested" -eq 0 ]; then
        grep -v "^.*\(started\|passed\)" "$log" | tail -60 >&2
        echo "sanitize: $isa failed (exit $status)" >&2
        exit 1
    fi
    rm -f "$log"
    ran="$ran $isa: $tested tests;"
done
echo "AddressSanitizer and UndefinedBehaviorSanitizer found nothing.$ran"
