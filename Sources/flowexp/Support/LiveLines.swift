/// Lines at the bottom of a terminal that are drawn again in place.
struct LiveLines {
    /// Where they are drawn.
    let terminal: Terminal
    /// Lengths of the lines on the screen, from which their number of rows at any width follows.
    private var drawn: [Int] = []
    private var hasVanished = false

    init(_ terminal: Terminal) { self.terminal = terminal }

    /// Replaces what was drawn before. Each line is cut to the terminal's width, and the last one says how many had no
    /// room.
    mutating func draw(_ lines: [String]) {
        guard !hasVanished, terminal.isInForeground else { return }
        let (columns, rows) = terminal.size()
        let shown = Self.fitted(lines, columns: columns, rows: rows)
        let before = erasure()
        // No wrapping while drawing, so that one line stays one row even if the width changes meanwhile. On a single row
        // a line end would scroll the line away.
        put(before + "\u{1B}[?7l" + shown.joined(separator: "\r\n") + (rows > 1 ? "\r\n" : "") + "\u{1B}[?7h")
        drawn = rows > 1 ? shown.map(\.count) : []
    }

    /// Removes what was drawn.
    mutating func erase() {
        guard terminal.isInForeground else { return }
        put(erasure())
        drawn = []
    }

    /// Leaves what was drawn where it is: what comes next is drawn below.
    mutating func leave() { drawn = [] }

    /// Puts a line above the live ones, where it stays.
    mutating func printAbove(_ text: String) {
        put(erasure() + text + "\r\n")
        drawn = []
    }

    /// As many of the lines as the rows allow, one row being the cursor's.
    static func fitted(_ lines: [String], columns: Int, rows: Int) -> [String] {
        let room = max(1, rows - 1)
        var shown = lines
        if lines.count > room {
            shown = Array(lines.prefix(room))
            if room > 1 { shown[room - 1] = "… and \(lines.count - room + 1) more lines" }
        }
        return shown.map { DisplayWidth.cut($0, to: max(1, columns - 1)) }
    }

    /// Moves to the first live row and clears from there. A terminal that became narrower has wrapped what was drawn,
    /// so rows are counted at the width it has now.
    private func erasure() -> String {
        let columns = max(1, terminal.size().columns)
        let rows = drawn.reduce(0) { $0 + max(1, ($1 + columns - 1) / columns) }
        return (rows == 0 ? "" : "\u{1B}[\(rows)A") + "\r\u{1B}[J"
    }

    private mutating func put(_ text: String) {
        // A vanished terminal (EIO, EPIPE) ends the drawing and nothing else.
        if !hasVanished, writeAll(text, to: terminal.descriptor) != 0 { hasVanished = true }
    }
}
