using System.Globalization;
using System.Text;

namespace HpcGrid.Cli.Help;

/// <summary>The reference of all commands as a part of docs/cli.md and as a man page. Pure.</summary>
internal static class ReferencePages
{
    /// <summary>Markdown: a heading for each command.</summary>
    public static string Markdown(IReadOnlyList<CommandReference> commands, IReadOnlyList<ReferenceEntry> shared)
    {
        var page = new StringBuilder();
        foreach (var command in commands)
        {
            page.Append(CultureInfo.InvariantCulture, $"### {command.Path}\n\n{command.Description}\n\n");
            foreach (var line in command.Synopsis.Split(" | ")) page.Append(CultureInfo.InvariantCulture, $"    {line}\n");
            page.Append('\n');
            var entries = command.Arguments.Concat(command.Options).ToList();
            if (entries.Count > 0) page.Append("| | |\n|---|---|\n");
            foreach (var entry in entries) page.Append(CultureInfo.InvariantCulture, $"| `{entry.Names}` | {Cell(entry.Meaning)} |\n");
            if (entries.Count > 0) page.Append('\n');
            foreach (var (code, meaning) in command.ExitCodes) page.Append(CultureInfo.InvariantCulture, $"Exit code {code}: {meaning}.\n\n");
            foreach (var example in command.Examples) page.Append(CultureInfo.InvariantCulture, $"    {example}\n");
            page.Append('\n');
        }
        page.Append("### Options of every command\n\n| | |\n|---|---|\n");
        foreach (var entry in shared) page.Append(CultureInfo.InvariantCulture, $"| `{entry.Names}` | {Cell(entry.Meaning)} |\n");
        return page.ToString();
    }

    /// <summary>roff with the man macros, section 1.</summary>
    public static string Man(IReadOnlyList<CommandReference> commands, IReadOnlyList<ReferenceEntry> shared, string version)
    {
        var page = new StringBuilder();
        void Line(string text) => page.Append(text).Append('\n');
        Line($".TH HPCGRID 1 \"\" \"HpcGrid {version}\" \"User Commands\"");
        Line(".SH NAME\nhpcgrid \\- run great numbers of jobs on machines whose compute nodes have no network");
        Line(".SH SYNOPSIS\n.B hpcgrid\n.I COMMAND\n[options] [arguments]");
        Line(".SH COMMANDS");
        foreach (var command in commands)
        {
            Line($".SS {Roff(command.Path)}\n{Roff(command.Description)}\n.PP");
            foreach (var line in command.Synopsis.Split(" | ")) Line($".RS\n.nf\n{Roff(line)}\n.fi\n.RE");
            foreach (var entry in command.Arguments.Concat(command.Options)) Line($".TP\n.B {Roff(entry.Names)}\n{Roff(entry.Meaning)}");
            foreach (var (code, meaning) in command.ExitCodes) Line($".PP\nExit code {code}: {Roff(meaning)}.");
            Line(".PP\nExamples:\n.PP\n.RS\n.nf");
            foreach (var example in command.Examples) Line(Roff(example));
            Line(".fi\n.RE");
        }
        Line(".SH OPTIONS\nOf every command:");
        foreach (var entry in shared) Line($".TP\n.B {Roff(entry.Names)}\n{Roff(entry.Meaning)}");
        Line(".SH EXIT STATUS");
        foreach (var (code, meaning) in Cli.ExitCodes.Table) Line($".TP\n.B {code}\n{Roff(meaning)}");
        Line(".SH ENVIRONMENT");
        foreach (var (name, meaning) in Environment) Line($".TP\n.B {Roff(name)}\n{Roff(meaning)}");
        Line(".SH FILES\n.TP\n.I ~/.config/hpcgrid/client.yaml\nWhere central is, and your certificate.");
        return page.ToString();
    }

    /// <summary>What the environment decides.</summary>
    public static readonly (string Name, string Meaning)[] Environment =
    [
        ("HPCGRID_CLIENT", "Your client.yaml; --config goes before it."),
        ("HPCGRID_HOME", "Where the local grid keeps everything."),
        ("HPCGRID_BIN_CENTRAL, HPCGRID_BIN_BRIDGE, HPCGRID_BIN_AGENT", "The daemons, when they do not lie beside the program."),
        ("NO_COLOR", "No colours and no movement."),
    ];

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    /// <summary>Text that no macro and no escape is read from.</summary>
    private static string Roff(string text)
    {
        var safe = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal)
            .Replace("…", "...", StringComparison.Ordinal).Replace("'", "\\(aq", StringComparison.Ordinal);
        return safe is ['.', ..] ? "\\&" + safe : safe;
    }
}
