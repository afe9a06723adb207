using System.Text.Json;
using Spectre.Console;

namespace HpcGrid.Benchmarks;

/// <summary>Question: what do the tools that people use on one machine cost for a job, and what do they keep?</summary>
internal static class WhatPeersDo
{
    public static async Task<int> Answer(BenchOptions options)
    {
        var folder = BenchFolder.Make();
        try
        {
            var runs = new List<IReadOnlyList<Peers.Measured>>();
            for (var i = 0; i < options.Runs; i++)
                runs.Add(await Peers.MeasureAll(options, Directory.CreateDirectory(Path.Combine(folder, $"run{i}")).FullName));
            var peers = runs[0].Select((peer, i) => peer with
            {
                Rate = peer.Rate is null ? null : Statistics.Median(runs.Select(run => run[i].Rate!.Value)),
                CpuMicroseconds = Statistics.Median(runs.Select(run => run[i].CpuMicroseconds)),
            }).ToList();
            Show(options, peers);
            return 0;
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    private static void Show(BenchOptions options, List<Peers.Measured> peers)
    {
        if (options.Json)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { options.Jobs, options.Command, Peers = peers }, new JsonSerializerOptions { WriteIndented = true }));
            return;
        }
        var table = new Table().Title($"{options.Jobs} x {options.Command}, {Environment.ProcessorCount} cores, median of {options.Runs}")
            .AddColumns("system", "jobs/s", "CPU of a job", "left after a crash");
        foreach (var peer in peers.OrderByDescending(peer => peer.Rate ?? 0))
            table.AddRow(Markup.Escape(peer.Name), peer.Rate is { } rate ? $"{rate:F0}" : "not installed", peer.Rate is null ? "" : $"{peer.CpuMicroseconds:F0} us", peer.Keeps);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = Console.IsOutputRedirected ? AnsiSupport.No : AnsiSupport.Detect });
        console.Write(table);
    }
}
