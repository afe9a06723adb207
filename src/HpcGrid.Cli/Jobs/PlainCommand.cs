using System.Globalization;
using System.Text;
using HpcGrid.Core;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Cli.Jobs;

/// <summary>
/// A command typed behind "--" as a job description: an argv array that runs as it is on the node, never shell text. Its stdout and
/// stderr are saved.
/// </summary>
/// <param name="Argv">The command and its arguments, any characters; #alien_counter# stands for the subjob's number.</param>
/// <param name="Count">How many subjobs; null for one job by itself.</param>
/// <param name="Cores">Cores; null for the default.</param>
/// <param name="TtlSeconds">Seconds it may take; null for the default.</param>
/// <param name="Save">Further files to save, patterns allowed.</param>
internal sealed record PlainCommand(IReadOnlyList<string> Argv, int? Count, int? Cores, int? TtlSeconds, IReadOnlyList<string> Save)
{
    /// <summary>The JDL text. Throws GridError(Invalid) for what cannot be run.</summary>
    public string ToJdl()
    {
        if (Argv.Count == 0) throw GridError.Invalid("there is no command behind '--'", "For instance: hpcgrid submit -- /bin/echo hello");
        if (Count is < 1) throw GridError.Invalid($"-n {Count} makes no jobs", "Give a number from 1 on.");
        var jdl = new StringBuilder();
        jdl.Append(CultureInfo.InvariantCulture, $"Command = {JdlText.Set(Argv)};\n");
        jdl.Append(CultureInfo.InvariantCulture, $"OutputFile = {JdlText.Set(Save.Prepend("stderr").Prepend("stdout"))};\n");
        if (Count is { } count) jdl.Append(CultureInfo.InvariantCulture, $"Split = \"production:1-{count}\";\n");
        if (Cores is { } cores) jdl.Append(CultureInfo.InvariantCulture, $"CPUCores = {cores};\n");
        if (TtlSeconds is { } ttl) jdl.Append(CultureInfo.InvariantCulture, $"TTL = {ttl};\n");
        return jdl.ToString();
    }
}
