using System.Diagnostics;
using HpcGrid.Spool;

namespace HpcGrid.EndToEnd.Real;

/// <summary>The protocol on a real shared filesystem: the bridge on one mount, networkless agents on another, which caches apart.</summary>
[Category("Real"), NonParallelizable]
public sealed class GlusterTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(15);

    [TestCase(false, 2000, 250, TestName = "A_production_on_gluster_loses_nothing_when_agents_and_server_are_stopped_and_killed")]
    [TestCase(true, 1000, 150, TestName = "A_production_on_gluster_without_caches_loses_nothing_either")]
    public async Task A_production_loses_nothing(bool coherent, int full, int least)
    {
        const int Nodes = 3, Cores = 2, Seconds = 40;
        var jobs = Needs.Part(full, least);
        await using var gluster = await Gluster.Up(coherent);
        await using var grid = await Grid.Start(new GridSetup
        {
            Nodes = Nodes, Cores = Cores, Spool = Path.Combine(gluster.A, "spool"), NodeSpool = Path.Combine(gluster.B, "spool"),
        });
        var production = new BulkProduction(grid, jobs, (double)Nodes * Cores * Seconds / jobs);
        await production.Submit();
        using var done = new CancellationTokenSource();
        var strikes = new Strikes(grid, gluster);
        var striking = strikes.Run(done.Token);
        var clock = Stopwatch.StartNew();

        var progress = await grid.UntilFinal(production.Master, Bound);
        var seconds = clock.Elapsed.TotalSeconds;
        await done.CancelAsync();
        await striking;

        await production.AssertWhole(progress);
        await SpoolRest.AssertNothingIsLeft(grid, Bound);
        Assert.That(strikes.Stalls, Is.Positive, "the production was over before the server was stopped");
        Assert.That(strikes.Crashes, Is.Positive, "the production was over before the server was killed");
        TestContext.Out.WriteLine($"{jobs} jobs in {seconds:F0} s, {await production.Requeues()} requeues; {strikes}");
    }

    [Test]
    public async Task A_claim_raced_between_two_mounts_has_exactly_one_winner()
    {
        var rounds = Needs.Part(10_000, 1000);
        await using var gluster = await Gluster.Up(coherent: false);
        var race = new ClaimRace(gluster.A, gluster.B);
        for (var left = rounds; left > 0; left -= ClaimRace.Heat) race.Run(Math.Min(left, ClaimRace.Heat));
        TestContext.Out.WriteLine($"{rounds} rounds: exactly one {race.One}, none {race.None}, double {race.Double}; "
            + $"{race.WrongAnswers} answers of rename differ from what is listed");
        Assert.That((race.One, race.None, race.Double), Is.EqualTo((rounds, 0, 0)));
    }

    /// <summary>Strikes at agents and at the server in turn, until told to end; the server's stop and crash once each.</summary>
    private sealed class Strikes(Grid grid, Gluster gluster)
    {
        private static readonly TimeSpan Between = TimeSpan.FromSeconds(1.5), Stall = TimeSpan.FromSeconds(5), Away = TimeSpan.FromSeconds(3);
        private int _killed, _paused;

        public int Stalls { get; private set; }
        public int Crashes { get; private set; }

        public async Task Run(CancellationToken done)
        {
            for (var turn = 1; !done.IsCancellationRequested; turn++)
            {
                await Needs.Pass(Between);
                if (turn == 3) { await gluster.Stall(Stall); Stalls++; }
                else if (turn == 6) { await gluster.Crash(Away); Crashes++; }
                else if (turn % 2 == 0) _killed += grid.KillAgent(turn / 2) ? 1 : 0;
                else await PauseAgent(turn);
            }
        }

        public override string ToString() => $"{_killed} agents killed, {_paused} stopped for {Stall.TotalSeconds} s, server stopped {Stalls}, killed {Crashes}";

        private async Task PauseAgent(int which)
        {
            var agents = grid.Agents();
            if (agents.Count == 0 || !Daemon.Pause(agents[which % agents.Count].Process)) return;
            await Needs.Pass(Stall);
            Daemon.Continue(agents[which % agents.Count].Process);
            _paused++;
        }
    }

    /// <summary>Two threads with a mount each rename the same files into directories of their own at the same time.</summary>
    private sealed class ClaimRace(string a, string b)
    {
        public const int Heat = 500;
        private readonly PosixFs _fs = new();
        private int _heats;

        public int One { get; private set; }
        public int None { get; private set; }
        public int Double { get; private set; }
        public int WrongAnswers { get; private set; }

        public void Run(int rounds)
        {
            var heat = $"heat{_heats++}";
            foreach (var folder in new[] { "", "/pool", "/one", "/two" }) Good(_fs.MakeDirectory($"{a}/{heat}{folder}", 0x1c0));
            for (var i = 0; i < rounds; i++)
            {
                Good(_fs.CreateExclusive($"{a}/{heat}/pool/q{i}", 0x180, out var handle));
                Good(_fs.Close(handle));
            }
            using var start = new Barrier(2);
            var answers = new[] { new Errno[rounds], new Errno[rounds] };
            var racers = new[] { (Mount: a, Own: "one", Answers: answers[0]), (Mount: b, Own: "two", Answers: answers[1]) }
                .Select(racer => Task.Factory.StartNew(() =>
                {
                    for (var i = 0; i < rounds; i++)
                    {
                        start.SignalAndWait();
                        racer.Answers[i] = _fs.Rename($"{racer.Mount}/{heat}/pool/q{i}", $"{racer.Mount}/{heat}/{racer.Own}/q{i}");
                    }
                }, TaskCreationOptions.LongRunning)).ToArray();
            Task.WaitAll(racers);
            var owned = new[] { Listed($"{a}/{heat}/one"), Listed($"{b}/{heat}/two") };
            for (var i = 0; i < rounds; i++)
            {
                var (first, second) = (owned[0].Contains($"q{i}"), owned[1].Contains($"q{i}"));
                if (first && second) Double++;
                else if (first || second) One++;
                else None++;
                if (first != (answers[0][i] == Errno.None) || second != (answers[1][i] == Errno.None)) WrongAnswers++;
            }
        }

        private HashSet<string> Listed(string folder)
        {
            var names = new List<string>();
            Good(_fs.List(folder, names));
            return [.. names];
        }

        private static void Good(Errno errno) => Assert.That(errno, Is.EqualTo(Errno.None));
    }
}
