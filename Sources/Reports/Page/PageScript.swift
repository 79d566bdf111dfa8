import Pictures

/// The page's script: sorting, copying and saving. Without it the page says the same and lacks the buttons.
enum PageScript {
    static let text = """
        "use strict";
        for (const tools of document.querySelectorAll("[hidden]")) tools.hidden = false;
        const status = document.querySelector("[role=status]");
        let silence;
        function say(text) {
          status.textContent = text;
          clearTimeout(silence);
          silence = setTimeout(() => { status.textContent = ""; }, 4000);
        }
        const theme = document.querySelector(".theme");
        theme.addEventListener("click", () => {
          const root = document.documentElement;
          const isDark = root.dataset.theme ? root.dataset.theme === "dark"
            : matchMedia("(prefers-color-scheme: dark)").matches;
          root.dataset.theme = isDark ? "light" : "dark";
        });
        function key(row, column) {
          const cell = row.cells[column];
          const number = cell.dataset.key ?? (cell.textContent.trim() === "" ? NaN : Number(cell.textContent));
          return Number.isNaN(Number(number)) ? cell.textContent : Number(number);
        }
        for (const table of document.querySelectorAll("table")) {
          const headings = [...table.tHead.rows[0].cells];
          headings.forEach((heading, column) => heading.querySelector("button")?.addEventListener("click", () => {
            const isDescending = heading.getAttribute("aria-sort") === "ascending";
            for (const other of headings) other.removeAttribute("aria-sort");
            heading.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
            const rows = [...table.tBodies[0].rows].map((row) => [key(row, column), row]);
            const sign = isDescending ? -1 : 1;
            rows.sort(([a], [b]) => typeof a !== typeof b ? (typeof a === "number" ? -1 : 1)
              : sign * (typeof a === "number" ? a - b : a.localeCompare(b)));
            table.tBodies[0].append(...rows.map(([, row]) => row));
          }));
        }
        async function copy(text) {
          try { await navigator.clipboard.writeText(text); } catch {
            const area = document.createElement("textarea");
            const before = document.activeElement;
            area.value = text;
            document.body.append(area);
            area.select();
            const isCopied = document.execCommand("copy");
            area.remove();
            before.focus();
            return isCopied;
          }
          return true;
        }
        // RFC 4180 ends records with CR LF, which HTML cannot hold.
        function withLineEnds(template, kind) {
          const text = template.content.textContent;
          return kind.endsWith("csv") ? text.replaceAll("\\n", "\\r\\n") : text;
        }
        for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", async () => {
          const template = document.getElementById(button.dataset.copy);
          const isCopied = await copy(withLineEnds(template, button.dataset.copy));
          say(isCopied ? button.textContent.replace("Copy", "Copied") : "The browser does not allow copying");
        });
        const standalone = `\(PictureStyle.standaloneStyle)`;
        for (const button of document.querySelectorAll("[data-save]")) button.addEventListener("click", () => {
          const figure = button.closest("figure");
          const isSVG = button.dataset.save === "svg";
          let text = isSVG ? "" : withLineEnds(figure.querySelector("template"), "csv");
          if (isSVG) {
            const picture = figure.querySelector("svg").cloneNode(true);
            picture.setAttribute("xmlns", "http://www.w3.org/2000/svg");
            const style = document.createElementNS("http://www.w3.org/2000/svg", "style");
            style.textContent = standalone;
            const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
            for (const [name, value] of [["class", "paper"], ["width", "100%"], ["height", "100%"]])
              paper.setAttribute(name, value);
            picture.prepend(style, paper);
            text = new XMLSerializer().serializeToString(picture);
          }
          const link = document.createElement("a");
          link.href = URL.createObjectURL(new Blob([text], {type: isSVG ? "image/svg+xml" : "text/csv"}));
          link.download = figure.dataset.name + "." + button.dataset.save;
          link.click();
          say("Saved as " + link.download);
          setTimeout(() => URL.revokeObjectURL(link.href), 5000);
        });
        addEventListener("beforeprint", () => {
          for (const details of document.querySelectorAll("details")) details.open = true;
        });
        """
}
