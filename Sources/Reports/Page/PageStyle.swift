import Pictures

/// The page's style sheet: the reader's light or dark, narrow screens, paper.
enum PageStyle {
    static let text = """
        :root{\(PictureStyle.light);--soft:#f5f5f5;--link:#00569b}
        :root[data-theme=dark]{\(darkRules)}
        @media(prefers-color-scheme:dark){:root:not([data-theme=light]){\(darkRules)}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:1340px;padding:1.2rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);\
        background:var(--paper)}
        h1{font-size:1.7rem;margin:.2rem 0;overflow-wrap:anywhere}h2{font-size:1.25rem;margin:2.4rem 0 .4rem;\
        border-top:1px solid var(--grid);padding-top:1rem}
        :focus-visible{outline:2px solid var(--link);outline-offset:2px}
        a{color:var(--link)}.lead{color:var(--muted);margin:.2rem 0 .8rem}.caption{color:var(--muted);font-size:.9rem}
        .skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.2rem;background:var(--paper)}
        .said{position:fixed;bottom:1rem;left:1rem;margin:0;padding:.3rem .8rem;background:var(--ink);color:var(--paper);\
        border-radius:.3rem}.said:empty{padding:0}
        header{position:relative}.theme{position:absolute;top:.3rem;right:0}
        .findings{padding-left:1.2rem}.findings li{margin:.25rem 0}.notes{color:var(--muted);font-size:.9rem;\
        padding-left:1.2rem}
        nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1rem;list-style:none;padding:.5rem .8rem;background:var(--soft);\
        border-radius:.4rem}
        .scroll{overflow-x:auto}.scroll:focus-visible{outline-offset:-2px}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.92rem}
        caption{text-align:left;color:var(--muted);font-size:.85rem;padding:.2rem 0}
        th,td{padding:.25rem .8rem .25rem 0;text-align:left;vertical-align:top;white-space:nowrap}
        td.prose{white-space:normal;min-width:18rem}.right{text-align:right}thead th{border-bottom:2px solid var(--ink)}tbody tr{border-bottom:1px solid var(--grid)}
        tr.baseline{color:var(--muted)}
        th button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer;font-weight:600}
        th button::after{content:" ↕";color:var(--muted);font-weight:400}
        th[aria-sort=ascending] button::after{content:" ▲";color:inherit}\
        th[aria-sort=descending] button::after{content:" ▼";color:inherit}
        .tools button,.theme{font:inherit;font-size:.8rem;color:var(--ink);background:var(--soft);\
        border:1px solid var(--muted);border-radius:.3rem;padding:.1rem .6rem;cursor:pointer}
        .figures{display:flex;flex-wrap:wrap;gap:1rem 1.4rem;align-items:flex-start}
        figure{margin:0;max-width:100%}figure svg{max-width:100%;height:auto}
        figcaption{overflow-wrap:anywhere;font-size:.85rem;color:var(--muted);max-width:46rem}figcaption .tools{display:block;margin-top:.2rem}figcaption .tools[hidden]{display:none}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{color:var(--muted)}\
        dd{margin:0;min-width:0;overflow-wrap:anywhere}code{font-size:.9em}pre{overflow-x:auto;background:var(--soft);padding:.6rem}
        @media(max-width:640px){body{padding:.7rem;font-size:15px}dl{grid-template-columns:1fr}.theme{position:static}}
        @media print{:root:root:root{\(PictureStyle.light);--soft:#fff;--link:#1b1b1b}
        body{max-width:none;padding:0;font-size:10.5pt}nav,.tools,.theme,.skip,.said{display:none!important}
        th button{display:contents}th button::after{content:none!important}a{text-decoration:none}
        figure,tr,p{break-inside:avoid}h1,h2,h2+p,caption,.caption{break-after:avoid}thead{display:table-header-group}
        .scroll{overflow:visible}table{font-size:8.5pt;max-width:100%}th,td{white-space:normal;padding-right:.5rem}
        .figures{display:block}figure{display:inline-block;vertical-align:top;margin:0 .7rem .7rem 0;zoom:.74}
        summary{display:none}pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:8pt;padding:0}}
        \(PictureStyle.shared)
        """

    private static let darkRules = "\(PictureStyle.dark);--soft:#232323;--link:#7cc0ff"
}
