using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.World;
using HpcGrid.Spool;

namespace HpcGrid.Simulate;

/// <summary>What stands around each operation, and who is struck at it.</summary>
internal sealed partial class Grid
{
    private static readonly TimeSpan LongSleep = TimeSpan.FromSeconds(110), TrappedSleep = TimeSpan.FromSeconds(130);
    private readonly Dictionary<Party, FaultRow> _traps = [];

    public long Before(Party party, string operation, string path)
    {
        Scheduler.Own();
        var number = ++_operations;
        if (Scenario.Crash is { Moment: Moment.Before } crash && crash.Operation == number) Strike(party, crash);
        if (_traps.Count > 0) Trap(party, operation, path);
        return number;
    }

    /// <summary>Stops an agent between its look whether it lives (A4) and what it does then: it wakes fenced and goes on in directories it has open.</summary>
    private void Trap(Party party, string operation, string path)
    {
        if (operation != "rename" || !_traps.TryGetValue(party, out var row) || Faults.Healed) return;
        if (!path.Contains(row == FaultRow.Z3 ? "/pool/" : "/out/.t.", StringComparison.Ordinal)) return;
        _traps.Remove(party);
        Crashes++;
        Note("world", row.ToString(), party.Name, "stopped before it");
        if (row == FaultRow.Z3 && Dice.Chance(0.7)) SleepBeside(party);
        Sleep(party, TrappedSleep);
        Scheduler.Sleep(TimeSpan.Zero);
    }

    /// <summary>A switch between them and the filesystem fails: nobody else takes meanwhile what the trapped one is about to claim.</summary>
    private void SleepBeside(Party trapped)
    {
        foreach (var agent in _agents)
            if (agent is { Left: false, Party.Dead: false } && agent.Party != trapped) Sleep(agent.Party, TrappedSleep + Soon(20));
    }

    public Errno After(Party party, long number, string operation, string path, Errno errno)
    {
        History.Add(Scheduler.Now, party.Name, operation, path, errno.ToString());
        if (Scenario.Crash is not { Moment: not Moment.Before } crash || crash.Operation != number) return errno;
        Strike(party, crash);
        return crash.Moment == Moment.AfterButError ? Errno.EIO : errno;
    }

    public TimeSpan Slowness(Party party) => _slow.Contains(party) && !Faults.Healed ? TimeSpan.FromSeconds(60) * Pace : TimeSpan.Zero;

    /// <summary>Throws when the caller dies of it.</summary>
    private void Strike(Party party, CrashPoint crash)
    {
        Crashes++;
        Note("world", "strikes", party.Name, $"{crash.Moment} {crash.Fate}");
        switch (crash.Fate)
        {
            case Fate.ServerLoses:
                CrashServer();
                break;
            case Fate.Sleeps:
                Sleep(party, LongSleep);
                // Not before the party wakes.
                Scheduler.Sleep(TimeSpan.Zero);
                break;
            case Fate.Dies:
                Kill(party);
                throw new PartyDied();
            default:
                throw new InvalidOperationException("a fate that nobody knows");
        }
    }

    private void Kill(Party party)
    {
        if (_agents.Find(agent => agent.Party == party) is { } struck) Batch.AgentDies(struck);
        else party.Kill();
    }

    /// <summary>Stops a party. Its node cannot be reached meanwhile, so no batch system can end it.</summary>
    private void Sleep(Party party, TimeSpan time)
    {
        party.Pause();
        var seat = Batch.SeatOf(party);
        seat?.Unreachable = true;
        if (seat is not null) Faults.Count(FaultRow.Z1);
        // Half of the times it is the whole machine that stands still, payloads too.
        var payloads = Dice.Chance(0.5) ? seat?.Agents.First(agent => agent.Party == party).Payloads : null;
        payloads?.Frozen = true;
        if (Scheduler.Now + time + Stride > _quietAfter) _quietAfter = Scheduler.Now + time + Stride;
        Lasts(time);
        Scheduler.At(time, () =>
        {
            seat?.Unreachable = false;
            payloads?.Frozen = false;
            party.Resume();
            Note("world", "wakes", party.Name, "");
        });
    }

    public void Lasts(TimeSpan time)
    {
        if (Scheduler.Now + time > _wellAfter) _wellAfter = Scheduler.Now + time;
    }

    public void CrashServer()
    {
        ServerCrashed = true;
        Faults.Count(FaultRow.S4);
        var lost = Server.Crash(Dice);
        foreach (var client in _clients) client.Break();
        Note("server", "crash", "", $"{lost} names lost");
    }
}
