using System.Globalization;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Jobs;

/// <summary>Jobs with what they used as CSV (RFC 4180 with LF): names of columns first, times in UTC as ISO 8601, numbers with a point.</summary>
internal static class JobCsv
{
    private static readonly (string Name, Func<JobLine, string?> Value)[] Columns =
    [
        ("job", job => Text(job.Job)), ("master", job => Text(job.Master)), ("user", job => job.User), ("name", job => job.Name),
        ("state", job => job.State), ("attempt", job => Text(job.Attempt)), ("site", job => job.Site), ("node", job => job.Node),
        ("submitted", job => Text(job.SubmittedAt)), ("started", job => Text(job.StartedAt)), ("ended", job => Text(job.EndedAt)),
        ("exit_code", job => Text(job.Payload?.ExitCode)), ("signal", job => Text(job.Payload?.Signal)),
        ("wall_seconds", job => Text(job.Payload?.WallSeconds)), ("cpu_seconds", job => Text(job.Payload?.CpuSeconds)),
        ("max_rss_kib", job => Text(job.Payload?.MaxRssKib)), ("reason", job => job.Reason),
    ];

    /// <summary>Writes at most so many jobs; how many there were.</summary>
    public static async Task<long> Write(TextWriter to, IAsyncEnumerable<JobLine> jobs, long limit)
    {
        await to.WriteAsync(string.Join(',', Columns.Select(column => column.Name)) + "\n");
        long written = 0;
        if (limit > 0)
            await foreach (var job in jobs)
            {
                await to.WriteAsync(Line(job) + "\n");
                if (++written == limit) break;
            }
        return written;
    }

    public static string Line(JobLine job) => string.Join(',', Columns.Select(column => Quoted(column.Value(job) ?? "")));

    private static string Quoted(string text) =>
        text.AsSpan().ContainsAny(",\"\r\n") || text.StartsWith(' ') || text.EndsWith(' ')
            ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : text;

    private static string? Text(long? number) => number?.ToString(CultureInfo.InvariantCulture);
    private static string? Text(double? number) => number?.ToString("0.###", CultureInfo.InvariantCulture);
    private static string? Text(DateTimeOffset? time) => time?.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
