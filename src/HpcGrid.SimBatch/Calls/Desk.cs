using System.Net.Sockets;
using System.Text;
using HpcGrid.Core;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Calls;

/// <summary>Answers one call: reads it, does what the faults say, asks the dialect.</summary>
internal sealed class Desk(Simulation simulation, Faults faults, object turn)
{
    /// <summary>A command that is ours and no batch system's: `simbatch node …`.</summary>
    public const string Own = "simbatch";

    public async Task Serve(Socket socket, CancellationToken ct)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        using var reader = Wire.Reader(new BufferedStream(stream, 64 * 1024));
        await using var writer = Wire.Writer(stream);
        var call = new Call(reader.ReadString(), Wire.ReadWords(reader), reader.ReadString(), Wire.ReadPairs(reader), () => Input(reader, writer));
        var mine = Mine(call);
        var kinds = mine.Select(fault => fault.Kind).ToHashSet();
        foreach (var fault in mine.Where(fault => fault.Kind == FaultKind.Delay)) await Task.Delay(TimeSpan.FromSeconds(Math.Max(1, fault.Amount)), ct);
        if (kinds.Contains(FaultKind.Hang)) await UntilGivenUp(stream, ct);
        var answer = kinds.Contains(FaultKind.Fail) ? Unreached(call.Command) : Answered(call, Faults.Sight(simulation.Jobs, mine));
        if (kinds.Contains(FaultKind.HangAfter)) await UntilGivenUp(stream, ct);
        if (kinds.Contains(FaultKind.LostAnswer)) answer = Unreached(call.Command);
        writer.Write(Wire.IsAnswer);
        Wire.Write(writer, Faults.Damaged(answer.Output, mine));
        Wire.Write(writer, Encoding.UTF8.GetBytes(answer.Error));
        writer.Write(answer.Code);
        Wire.Write(writer, answer.Plan);
    }

    /// <exception cref="EndOfStreamException">The caller has gone.</exception>
    private static async Task UntilGivenUp(NetworkStream stream, CancellationToken ct) => await stream.ReadExactlyAsync(new byte[1], ct);

    private IReadOnlyList<Fault> Mine(Call call)
    {
        if (call.Command == Own) return [];
        lock (turn) return faults.Take(call);
    }

    private Answer Unreached(string command) => simulation.Dialect.Unreachable(command) is var (code, error) ? new Answer("", code, error) : new Answer("");

    private Answer Answered(Call call, Sight sight)
    {
        // The caller's input is read before its turn: it may be slow.
        if (NeedsInput(call)) call = call with { Input = With(call.Input()) };
        try
        {
            lock (turn) return call.Command == Own ? new OwnCommands(simulation, faults).Run(call.Words)
                : OtherLaunchers.Run(call, simulation) ?? simulation.Dialect.Run(call, simulation, sight);
        }
        catch (Refused e) { return new Answer("", e.Code, e.Message + "\n"); }
        catch (GridError e) { return new Answer("", 2, $"simbatch: {e.Message}. {e.Hint}\n"); }
    }

    private static Func<string> With(string input) => () => input;

    /// <summary>Submissions whose script is not among their words.</summary>
    private bool NeedsInput(Call call) => simulation.Dialect.ReadsInput(call);

    private static string Input(BinaryReader reader, BinaryWriter writer)
    {
        writer.Write(Wire.WantsInput);
        writer.Flush();
        return Encoding.UTF8.GetString(Wire.ReadBytes(reader));
    }
}
