using System.Text;
using HpcGrid.Core.Sites;
using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.World;
using HpcGrid.Spool;

namespace HpcGrid.Simulate;

/// <summary>Whoever else has the spool's account: an admin's files, a script's leftovers, a planted trap, the remains of a very large run.</summary>
internal static class Stranger
{
    private const int CrowdedPool = 10_000, CrowdOfAgents = 1_000, ProbedNames = 60;

    public static void Leave(Grid grid, FaultRow row, Inode place, Inode pool, Inode agents)
    {
        var dice = grid.Dice;
        switch (row)
        {
            case FaultRow.G1:
                Write(grid, place, dice.Pick(["README", "core.4711", "nohup.out", "q.db.bak", "x y"]), "not ours");
                break;
            case FaultRow.G2:
                Write(grid, place, dice.Pick(["q01.g1.db", "q1.g.db", "q1.g1.s1.finale.db", "lease.x.e1", "m1.e.kill", "..hidden", "q99999999999999999999.g1.db"]), "?");
                break;
            case FaultRow.G3:
                Write(grid, place, "q7777777.g1.c1.m1.t1.n1.db", "huge").ToldLength = 1L << 40;
                break;
            case FaultRow.G4:
                if (!place.Children.ContainsKey("q8888888.g1.c1.m1.t1.n1.db")) grid.Server.Add(place, "q8888888.g1.c1.m1.t1.n1.db", FileKind.SymbolicLink, 0x1ff);
                break;
            case FaultRow.M1:
                for (var i = 0; i < CrowdedPool; i++) grid.Server.Add(pool, $"left.{i}.over", FileKind.Regular, 0x180);
                grid.Server.Commit();
                break;
            case FaultRow.M2:
                for (var i = 0; i < CrowdOfAgents; i++) Crowd(grid, agents, AgentName.Make("old", $"node{i}", grid.Nonces()));
                // They are fenced, swept and removed as fast as the server answers.
                grid.Allowance += CrowdOfAgents * 100;
                grid.Server.Commit();
                break;
            case FaultRow.L1:
                Probe(grid);
                break;
            default:
                throw new InvalidOperationException($"{row} is nothing that a stranger does");
        }
    }

    private static Inode Write(Grid grid, Inode place, string name, string text)
    {
        if (place.Children.TryGetValue(name, out var there)) return there;
        var file = grid.Server.Add(place, name, FileKind.Regular, 0x180);
        file.Append(Encoding.UTF8.GetBytes(text));
        file.Synced = file.Length;
        return file;
    }

    /// <summary>An agent of an earlier life, empty and silent, with a readable card.</summary>
    private static void Crowd(Grid grid, Inode agents, string name)
    {
        var live = grid.Server.Add(grid.Server.Add(agents, name, FileKind.Directory, 0x1c0), SpoolNames.Live, FileKind.Directory, 0x1c0);
        foreach (var directory in (string[])[SpoolNames.Claim, SpoolNames.Out, SpoolNames.In]) grid.Server.Add(live, directory, FileKind.Directory, 0x1c0);
        var card = new AgentCard(name, name.Split('.')[1], "old", "old", 2, 1000, 1000, "none", null, 1) { Counters = Counters.None };
        var file = grid.Server.Add(live, SpoolNames.Card, FileKind.Regular, 0x180);
        file.Append(SpoolDocument.Encode(card, SpoolJson.Default.AgentCard));
        file.Synced = file.Length;
    }

    /// <summary>
    /// The self-test of somebody who links, and of another who asks for names before they are there, in a directory of their own: the spool protocol itself
    /// does neither.
    /// </summary>
    private static void Probe(Grid grid)
    {
        var watcher = new Party(grid.Scheduler, "watcher", new Clock(grid.Scheduler));
        var elsewhere = grid.NewMount();
        watcher.Begin("watch", () =>
        {
            var fs = grid.Open(watcher, elsewhere);
            for (var i = 0; i < ProbedNames * 8; i++) _ = fs.Status($"/probe/file{i / 4 % ProbedNames}", out _);
        });
        var party = new Party(grid.Scheduler, "prober", new Clock(grid.Scheduler));
        party.Begin("probe", () =>
        {
            var fs = grid.Open(party, grid.LoginNode);
            _ = fs.MakeDirectory("/probe", 0x1c0);
            for (var i = 0; i < ProbedNames; i++)
            {
                if (fs.CreateExclusive($"/probe/file{i}", 0x180, out var file) != Errno.None) continue;
                _ = fs.Close(file);
                _ = fs.Link($"/probe/file{i}", $"/probe/link{i}");
                _ = fs.Unlink($"/probe/link{i}");
            }
        });
    }
}
