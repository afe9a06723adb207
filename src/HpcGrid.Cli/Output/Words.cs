using System.Globalization;
using System.Text;
using HpcGrid.Core;
using HpcGrid.Core.Api;

namespace HpcGrid.Cli.Output;

/// <summary>Numbers, times and foreign text as people read them.</summary>
internal static class Words
{
    /// <summary>"1.4 MB"; powers of 1000, as file sizes are counted.</summary>
    public static string Size(long bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
        double value = bytes;
        var unit = 0;
        while (value >= 999.95 && unit < units.Length - 1) { value /= 1000; unit++; }
        return unit == 0 ? $"{bytes} B" : string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {units[unit]}");
    }

    /// <summary>"3 files, 1.2 MB".</summary>
    public static string Files(int files, long bytes) => $"{files} {(files == 1 ? "file" : "files")}, {Size(bytes)}";

    /// <summary>"0.8 s", "42 s", "3 min 05 s", "2 h 03 min", "4 d 01 h".</summary>
    public static string Duration(TimeSpan time)
    {
        if (time < TimeSpan.Zero) time = TimeSpan.Zero;
        return time.TotalSeconds < 9.95 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s")
            : time.TotalSeconds < 60 ? $"{(int)time.TotalSeconds} s"
            : time.TotalMinutes < 60 ? $"{(int)time.TotalMinutes} min {time.Seconds:00} s"
            : time.TotalHours < 24 ? $"{(int)time.TotalHours} h {time.Minutes:00} min"
            : $"{(int)time.TotalDays} d {time.Hours:00} h";
    }

    /// <summary>"2026-03-01 12:00:05" in this machine's time zone.</summary>
    public static string Time(DateTimeOffset? time) =>
        time?.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "";

    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Foreign text without anything that could move a terminal's cursor or change its colours.</summary>
    public static string Printable(string text, bool keepLines = false)
    {
        if (!text.Any(c => IsHarmful(c, keepLines))) return text;
        var clean = new StringBuilder(text.Length);
        foreach (var c in text) clean.Append(!IsHarmful(c, keepLines) ? c : c == '\n' ? '␊' : '�');
        return clean.ToString();
    }

    private static bool IsHarmful(char c, bool keepLines) => char.IsControl(c) && !(keepLines && c is '\n' or '\t');

    /// <summary>"job 101 with 200 subjobs".</summary>
    public static string Of(Submitted submitted) => submitted.Subjobs > 0 ? $"job {submitted.Job} with {submitted.Subjobs} subjobs" : $"job {submitted.Job}";

    public static string Of(ErrorCode code) => code switch
    {
        ErrorCode.Invalid => "wrong request",
        ErrorCode.NotFound => "not found",
        ErrorCode.Exists => "exists already",
        ErrorCode.Denied => "denied",
        ErrorCode.Unauthenticated => "not authenticated",
        ErrorCode.Conflict => "not possible now",
        ErrorCode.TooLarge => "too large",
        ErrorCode.Unavailable => "unavailable",
        ErrorCode.Corrupt => "damaged",
        _ => "internal error",
    };
}
