using System.CommandLine;
using HpcGrid.Cli.Output;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Commands;

/// <summary>`hpcgrid usage`.</summary>
internal sealed class UsageCommand : GridCommand
{
    private readonly Argument<long> _job = new("job") { Description = "The job, running or ended." };

    public UsageCommand() : base("usage", "What a job used over time, as its node measured it: processes, CPU, memory, disk, traffic.",
        "hpcgrid usage 102",
        "hpcgrid usage 102 --json | jq '.samples[].rssKib'")
    {
        Add(_job);
        _job.CompletionSources.Add(JobCompletion.Jobs);
    }

    protected override async Task<int> Run(ParseResult parsed, Session session, CancellationToken ct)
    {
        var usage = await session.Ask(new ReadSamples(parsed.GetValue(_job)), ct);
        session.Show(usage, () => Write(usage, session.Terminal));
        return ExitCodes.Ok;
    }

    private static void Write(JobSamples usage, Terminal terminal)
    {
        var table = new TextTable("TIME", "PROCESSES", "CPU", "CORES", "MEMORY", "DISK", "OPEN FILES", "READ", "WRITTEN").Right(1, 2, 3, 4, 5, 6, 7, 8);
        JobSample? before = null;
        foreach (var sample in usage.Samples)
        {
            table.Add(Words.Time(sample.At), Words.Number(sample.Processes), Words.Duration(TimeSpan.FromSeconds(sample.CpuSeconds)), Cores(before, sample),
                Kib(sample.PssKib), Kib(sample.DiskKib), Words.Number(sample.OpenFiles), Kib(sample.ReadKib), Kib(sample.WrittenKib));
            before = sample;
        }
        table.Write(terminal, $"Nothing was measured of job {usage.Job}: it has not run, or only for a moment.");
    }

    /// <summary>Cores busy since the sample before.</summary>
    private static string Cores(JobSample? before, JobSample now) =>
        before is null || now.At <= before.At ? ""
            : ((now.CpuSeconds - before.CpuSeconds) / (now.At - before.At).TotalSeconds).ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);

    private static string Kib(long kib) => Words.Size(kib * 1024);
}
