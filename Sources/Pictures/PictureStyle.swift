/// Colours and lines. Series colours are those of Okabe and Ito (2008), which people with any common colour vision tell
/// apart; on dark paper their lighter neighbours. Marks differ in shape as well.
public enum PictureStyle {
    /// Rules for the classes of a figure's body; they use the colours below.
    public static let shared = """
        svg .t{font:12px system-ui,sans-serif;fill:var(--ink)}svg .s{font:11px system-ui,sans-serif;fill:var(--muted)}\
        svg .b{font:600 12px system-ui,sans-serif;fill:var(--ink)}svg .v{font:600 11px system-ui,sans-serif;fill:#000}\
        svg .w{font:600 11px system-ui,sans-serif;fill:#fff}\
        svg path,svg line{fill:none}svg .axis{stroke:var(--muted)}svg .grid{stroke:var(--grid)}\
        svg .frame{fill:none;stroke:var(--muted)}svg .floor,svg path.floor{fill:var(--floor)}\
        svg .floorline{stroke:var(--muted);stroke-dasharray:4 3}\
        svg .contour{stroke:#fff;stroke-width:1.2}svg .contourback{stroke:#000;stroke-width:2.6;stroke-opacity:.55}\
        svg .ideal{stroke:var(--muted);stroke-dasharray:5 4}svg .cell{stroke:var(--paper);stroke-width:1}\
        \(series)
        """

    /// The colours of light paper.
    public static let light = """
        --ink:#1b1b1b;--muted:#5c5c5c;--grid:#e4e4e4;--paper:#fff;--floor:#ececec;--c0:#0072b2;--c1:#d55e00;--c2:#009e73;\
        --c3:#b0478d;--c4:#2a8fc9;--c5:#8a6d00;--c6:#555
        """

    /// The colours of dark paper.
    public static let dark = """
        --ink:#ececec;--muted:#a9a9a9;--grid:#383838;--paper:#171717;--floor:#2c2c2c;--c0:#56b4e9;--c1:#ff8f4d;--c2:#37cfa0;\
        --c3:#e39fc6;--c4:#9ad1f5;--c5:#f0c84a;--c6:#bdbdbd
        """

    /// Everything a picture on its own needs: always light, for papers and slides.
    public static let standaloneStyle = ":root{\(light)}svg .paper{fill:var(--paper)}" + shared

    /// How many series have a colour of their own; later ones begin again.
    package static let seriesCount = 7

    /// For every series: filled, faint (a seed), line, thin line, band.
    private static let series = (0..<seriesCount).map { i in
        "svg .f\(i){fill:var(--c\(i))}svg path.f\(i){fill:var(--c\(i))}"
            + "svg .d\(i),svg path.d\(i){fill:var(--c\(i));fill-opacity:.35}"
            + "svg .l\(i){stroke:var(--c\(i));stroke-width:2}svg .h\(i){stroke:var(--c\(i));stroke-opacity:.3}"
            + "svg path.a\(i){fill:var(--c\(i));fill-opacity:.15}svg .q\(i){fill:var(--c\(i));fill-opacity:.55}"
    }.joined()
}
