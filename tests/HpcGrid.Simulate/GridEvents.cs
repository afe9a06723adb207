using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.Parties;
using HpcGrid.Simulate.World;
using HpcGrid.Spool;

namespace HpcGrid.Simulate;

/// <summary>What happens to the world by itself: deaths, stops, clocks, rivals, strangers. All of it before the healing.</summary>
internal sealed partial class Grid
{
    private readonly HashSet<Party> _slow = [];

    private void PlanEvents()
    {
        foreach (var row in (FaultRow[])[FaultRow.B1, FaultRow.B3, FaultRow.B4, FaultRow.B5, FaultRow.T1, FaultRow.T2, FaultRow.T3, FaultRow.T4,
            FaultRow.Z1, FaultRow.Z2, FaultRow.Z3, FaultRow.Z4, FaultRow.Z5, FaultRow.Z6, FaultRow.B2, FaultRow.L1, FaultRow.G1, FaultRow.G2, FaultRow.G3, FaultRow.G4,
            FaultRow.M1, FaultRow.M2])
            if (Faults.Has(row) && (Scenario.Always.Contains(row) || !IsCrowd(row) || Dice.Chance(0.05)))
                for (var times = IsCrowd(row) ? 1 : 1 + Dice.Next(3); times > 0; times--) Plan(() => Happen(row));
        if (Faults.Has(FaultRow.B3) && Dice.Chance(0.5)) Plan(() => _copies = true);
        var number = Scenario.EventsPerMinute * Scenario.HealAt.TotalMinutes;
        for (var left = number; left > 0; left--)
            if (Dice.Chance(left)) Plan(Death);
    }

    /// <summary>Thousands of files or agents: a hundred times the cost of another seed.</summary>
    private static bool IsCrowd(FaultRow row) => row is FaultRow.M1 or FaultRow.M2;

    private void Plan(Action happening)
    {
        var at = Scenario.HealAt * Dice.Between(0.02, 0.9);
        Scheduler.At(at, () =>
        {
            if (!Faults.Healed) happening();
        });
        if (at > _quietAfter) _quietAfter = at;
    }

    private TimeSpan Soon(double atMost) => TimeSpan.FromSeconds(Dice.Between(0.1, atMost));

    private SimSeat? AnySeat()
    {
        var running = Batch.Pilots.Where(pilot => pilot.State == HpcGrid.Bridge.Pilots.BatchState.Running).SelectMany(pilot => pilot.Seats)
            .Where(seat => seat.Agent is { Left: false, Party.Dead: false }).ToList();
        return running.Count == 0 ? null : Dice.Pick(running);
    }

    /// <summary>Processes and nodes die, users change their minds, central is away.</summary>
    private void Death()
    {
        Crashes++;
        switch (Dice.Next(7))
        {
            case 0 or 1:
                if (AnySeat() is { Agent: { } agent }) Batch.AgentDies(agent);
                break;
            case 2:
                if (AnySeat() is { } seat) Batch.NodeDies(seat, Soon(30));
                break;
            case 3:
                if (AnySeat() is { } cancelled) Batch.Kill(cancelled.Pilot);
                break;
            case 4:
                Central.Kill(1 + Dice.Next(Scenario.Jobs.Count));
                break;
            case 5:
                _bridge?.Party.Kill();
                break;
            default:
                Central.Up = false;
                Scheduler.At(Soon(15), () => Central.Up = true);
                break;
        }
    }

    private void Happen(FaultRow row)
    {
        switch (row)
        {
            case FaultRow.B1 or FaultRow.B2 or FaultRow.B3 or FaultRow.B4 or FaultRow.T3:
                HappenToBridge(row);
                break;
            case FaultRow.B5:
                if (Dice.Chance(0.5)) Batch.AwayUntil = Scheduler.Now + Soon(30);
                else Batch.LiesUntil = Scheduler.Now + Soon(30);
                break;
            case FaultRow.T1:
                Faults.Count(row);
                Dice.Pick(_parties).Clock.WallOffset = TimeSpan.FromHours(Dice.Between(-24, 24));
                break;
            case FaultRow.T2:
                Faults.Count(row);
                Dice.Pick(_parties).Clock.Turn(Dice.Between(0.99, 1.01));
                break;
            case FaultRow.G1 or FaultRow.G2 or FaultRow.G3 or FaultRow.G4 or FaultRow.M1 or FaultRow.M2 or FaultRow.L1:
                Meddle(row);
                break;
            default:
                HappenToAgent(row);
                break;
        }
    }

    private void HappenToBridge(FaultRow row)
    {
        if (_bridge is not { Over: false } bridge) return;
        Faults.Count(row);
        Note("world", row.ToString(), bridge.Party.Name, "");
        switch (row)
        {
            case FaultRow.B1:
                Crashes++;
                bridge.Party.Kill();
                if (Dice.Chance(0.5)) TearStaged(bridge.StageFolder);
                break;
            case FaultRow.B2:
                if (_rival is null or { Over: true }) _rival = StartBridge("rival");
                break;
            case FaultRow.B3:
                LoseLedger(bridge);
                break;
            case FaultRow.B4:
                LedgerDisk.Limit(bridge.Ledger, 1);
                Scheduler.At(Soon(20), () => LedgerDisk.Limit(_bridge?.Ledger, null));
                break;
            default:
                // A machine that sleeps: processes stand still, and on some its monotonic clock too.
                if (Dice.Chance(0.5)) bridge.Party.Clock.Turn(0);
                bridge.Party.Pause();
                var time = Soon(100);
                Lasts(time);
                Scheduler.At(time, () =>
                {
                    bridge.Party.Clock.Turn(1);
                    bridge.Party.Resume();
                });
                break;
        }
    }

    /// <summary>It was the machine that went down: files of its disk that nobody had synced are torn.</summary>
    private void TearStaged(string folder)
    {
        if (!Directory.Exists(folder)) return;
        foreach (var path in Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            if (Dice.Chance(0.3)) File.WriteAllBytes(path, Dice.Chance(0.5) ? [] : new byte[new FileInfo(path).Length]);
    }

    /// <summary>The bridge's disk is gone: the next one begins with an old copy of the ledger if there is one, or with an empty one.</summary>
    private void LoseLedger(SimBridge bridge)
    {
        bridge.Party.Kill();
        _ledgerLost = true;
    }

    /// <summary>A bridge is between two ticks: what asks for its ledger to be copied gets a whole one.</summary>
    public void Rests(SimBridge bridge)
    {
        if (!_copies || bridge != _bridge) return;
        _copies = false;
        Note("world", "copies", "state", "");
        _workshop.CopyLedger(Folder("state"));
    }

    private void Restored()
    {
        Note("world", "restores", "state", "");
        Central.LostLedger = true;
    }

    private bool _ledgerLost, _copies;
    private SimBridge? _rival;

    private void HappenToAgent(FaultRow row)
    {
        if (AnySeat() is not { Agent: { } agent } seat) return;
        Note("world", row.ToString(), agent.Party.Name, "");
        switch (row)
        {
            case FaultRow.T4:
                Faults.Count(row);
                _slow.Add(agent.Party);
                break;
            case FaultRow.Z1:
                Crashes++;
                Sleep(agent.Party, Scenario.SleepsLong ? LongSleep : Soon(Dice.Chance(0.5) ? 10 : 140));
                break;
            case FaultRow.Z2 or FaultRow.Z3:
                seat.Node.Mount.Pinned = true;
                _traps[agent.Party] = row;
                break;
            case FaultRow.Z4:
                Remake(agent);
                break;
            case FaultRow.Z5:
                Crashes++;
                Batch.StartAgain(seat);
                break;
            case FaultRow.Z6:
                Faults.Count(row);
                Clone(seat, agent);
                break;
            default:
                throw new InvalidOperationException($"{row} is no event");
        }
    }

    /// <summary>Somebody makes a fenced agent's directories again, as a process with mkdir -p would.</summary>
    private void Remake(SimAgent agent)
    {
        Batch.AgentDies(agent);
        Scheduler.At(TimeSpan.FromSeconds(2), () => Again(20));

        void Again(int times)
        {
            if (times == 0 || Faults.Healed) return;
            if (Server.Find($"{SpoolPath}/agents/{agent.Name}") is { } place && !place.Children.ContainsKey(SpoolNames.Live))
            {
                Faults.Count(FaultRow.Z4);
                var live = Server.Add(place, SpoolNames.Live, FileKind.Directory, 0x1c0);
                foreach (var name in (string[])[SpoolNames.Claim, SpoolNames.Out, SpoolNames.In]) Server.Add(live, name, FileKind.Directory, 0x1c0);
            }
            else Scheduler.At(TimeSpan.FromSeconds(2), () => Again(times - 1));
        }
    }

    /// <summary>
    /// A second process comes up under the name of one that lives, in the same batch job: that ends when both have ended. Of a copied machine that no
    /// batch system knows nobody could say that it has ended (F2).
    /// </summary>
    private void Clone(SimSeat seat, SimAgent agent)
    {
        var party = NewParty($"clone{_agents.Count + 1}");
        var birth = agent.Birth with { Process = agent.Birth.Process + 1 };
        var clone = new SimAgent(this, birth, party, Mutation.Agent(this, Open(party, seat.Node.Mount)));
        _agents.Add(clone);
        seat.Copies.Add(clone);
    }

    private void Meddle(FaultRow row)
    {
        if (Server.Find(SpoolPath + "/pool/00") is not { } pool || Server.Find(SpoolPath + "/agents") is not { } agents) return;
        Note("stranger", row.ToString(), "", "");
        Faults.Count(row);
        var place = Dice.Pick([pool, agents, Server.Find(SpoolPath + "/hb/00") ?? pool, Server.Find(SpoolPath + "/keys") ?? pool]);
        var claims = agents.Children.Values.Select(agent => agent.Children.GetValueOrDefault(SpoolNames.Live)).OfType<Inode>().ToList();
        if (claims.Count > 0 && Dice.Chance(0.4)) place = Dice.Pick(claims).Children.Values.FirstOrDefault(found => found.Kind == FileKind.Directory) ?? place;
        Stranger.Leave(this, row, place, pool, agents);
    }
}
