namespace HpcGrid.Cli.Report;

/// <summary>How the report looks: light or dark as the reader's system is, and readable on paper.</summary>
internal static class ReportStyle
{
    public const string Css = """

        :root { color-scheme: light dark; --page: #f6f7f9; --card: #ffffff; --ink: #1c2430; --quiet: #667085; --line: #e3e7ee; --ground: #f0f2f6;
          --done: #2e9e6b; --failed: #d64550; --active: #3b7ddd; --idle: #aab4c3; --mark: #b7791f; }
        @media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1a2029; --ink: #e4e9f1; --quiet: #8f9bb0; --line: #2b3442; --ground: #212936;
          --done: #3fb784; --failed: #ef6a74; --active: #5c9bf5; --idle: #56627a; --mark: #e0ac55; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 60px; }
        h1 { font-size: 26px; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 17px; margin: 0 0 10px; }
        .quiet { color: var(--quiet); margin: 2px 0 10px; } header .quiet { margin-bottom: 20px; }
        section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 18px 20px; margin-top: 18px; }
        .tiles { display: flex; flex-wrap: wrap; gap: 12px; }
        .tile { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 12px 18px; min-width: 110px; flex: 1; }
        .tile b { display: block; font-size: 20px; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .tile span { color: var(--quiet); font-size: 13px; }
        .good { color: var(--done); } .bad { color: var(--failed); }
        .states { display: flex; height: 14px; border-radius: 7px; overflow: hidden; margin: 18px 0 8px; gap: 1px; } .states i { min-width: 3px; }
        .legend { margin: 0; display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; }
        .dot { display: inline-block; width: 9px; height: 9px; border-radius: 3px; margin-right: 6px; }
        i.done { background: var(--done); } i.failed { background: var(--failed); } i.active { background: var(--active); } i.idle { background: var(--idle); }
        svg { width: 100%; height: auto; display: block; } rect.done,
            rect.bar { fill: var(--done); } rect.failed { fill: var(--failed); } rect.active { fill: var(--active); }
        rect.bar { fill: var(--active); } rect.ground { fill: var(--ground); } .l1 { opacity: .3; } .l2 { opacity: .5; } .l3 { opacity: .75; }
        rect:hover { stroke: var(--ink); stroke-width: .6; } rect.ground:hover { stroke: none; }
        line.axis { stroke: var(--line); }
        line.mark { stroke: var(--mark); stroke-dasharray: 4 3; } path.curve { fill: none; stroke: var(--active); stroke-width: 1.6; }
        text.label { fill: var(--quiet); font-size: 12px; } text.curve-label { fill: var(--active); }
        .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 18px; margin-top: 14px; }
        figure { margin: 0; max-width: 560px; } figcaption { color: var(--quiet); font-size: 13px; text-align: center; }
        .wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
        th { text-align: left; color: var(--quiet); font-weight: 500; } th,
            td { padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        tbody tr:last-child td { border-bottom: none; } td.time { white-space: nowrap; } .facts th { width: 150px; }
        td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; padding-right: 16px; }
        td.share { width: 110px; padding-top: 10px; } td.share i { display: block; height: 8px; border-radius: 4px; background: var(--failed); }
        footer { margin-top: 24px; text-align: center; font-size: 13px; }
        @media print { body { background: none; } section, .tile { break-inside: avoid; border-color: #ccc; } }

        """;
}
