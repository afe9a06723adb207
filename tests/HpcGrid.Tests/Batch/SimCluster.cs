using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using HpcGrid.Bridge.Pilots;
using HpcGrid.SimBatch.Calls;
using HpcGrid.SimBatch.Cluster;
using HpcGrid.Tests.Batch.Contract;

namespace HpcGrid.Tests.Batch;

/// <summary>A simulated batch system, in one of its flavours.</summary>
internal sealed class SimCluster : ContractCluster
{
    /// <summary>A minute of walltime is a tenth of a second: half an hour, from which on pilots are warned, is three.</summary>
    private const string Minute = "0.1", Grace = "6";

    private const int Nodes = 6;
    private readonly string[] _start;

    /// <param name="system">The flavour.</param>
    /// <param name="start">What its site starts agents with, where it is not the adapter's own.</param>
    /// <param name="machine">Further options of the simulator.</param>
    public SimCluster(string system, string start = "", params string[] machine) : base(NatureOf(system, start))
    {
        _start = ["--system", system, "--nodes", $"{Nodes}", "--cores", "2", "--minute", Minute, "--grace", Grace, "--isolate", "no", .. Flavours.Machine(system), .. machine];
        ComeBack();
    }

    private static ClusterNature NatureOf(string system, string start)
    {
        var nature = Flavours.Nature(system);
        return nature with { Options = nature.Options with { Start = start } };
    }

    private string Home => Path.Combine(Folder, "cluster");

    protected override string Programs => Path.Combine(Home, "bin");

    public override async Task<(PilotRequest Pilot, Func<Task> LetBegin)> Waiting()
    {
        var (full, pilot, bridge) = (Pilot(Nodes), Pilot(), Bridge());
        await bridge.Submit(full, default);
        await bridge.Submit(pilot, default);
        return (pilot, () =>
        {
            Go(full);
            return UntilState(bridge, full, BatchState.Ended);
        });
    }

    protected override bool HasEnded(PilotRequest pilot) => Own("status").Contains($"ended   {pilot.Tag}", StringComparison.Ordinal);

    public override IReadOnlyList<string> JobsOf(PilotRequest pilot) =>
        [.. Own("status").Split('\n').Where(line => line.StartsWith("job ", StringComparison.Ordinal) && line.Contains($" {pilot.Tag} ", StringComparison.Ordinal)
            || line.EndsWith($" {pilot.Tag}", StringComparison.Ordinal)).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1])];

    public override void Fault(string fault) => Own(["fault", .. fault.Split(' ')]);

    public override string Faults() => Own("fault").Trim();

    public override void ClearFaults() => Own("fault", "clear");

    public override void GoAway()
    {
        using var daemon = Process.GetProcessById(int.Parse(File.ReadAllText(Path.Combine(Home, "pid")).Split(' ')[0], CultureInfo.InvariantCulture));
        daemon.Kill();
        daemon.WaitForExit();
    }

    public override void ComeBack() => Sim(["up", Home, .. _start]);

    public override void Forget(PilotRequest pilot) => Own("forget", JobsOf(pilot).Single());

    public override void Requeue(PilotRequest pilot) => Own("requeue", JobsOf(pilot).Single());

    public override void NodeDown(string node) => Own("node", "down", node);

    public override void NodeUp(string node) => Own("node", "up", node);

    /// <summary>Scripts call commands too, and would have an accident that is meant for another.</summary>
    protected override void Settle() => Until(() => Own("status").Split('\n').All(line => !line.StartsWith("job ", StringComparison.Ordinal)
        || line.Contains(" ended ", StringComparison.Ordinal)), "all jobs to end").GetAwaiter().GetResult();

    protected override void Down() => Sim("down", Home);

    private void Sim(params string[] words) => Run(Path.Combine(AppContext.BaseDirectory, "hpcgrid-simbatch"), words);

    /// <summary>`hpcgrid simbatch DIR …`, without the program: hundreds of cases say several of them.</summary>
    private string Own(params string[] words)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(Home, ClusterSetup.Socket)));
        using var stream = new NetworkStream(socket);
        using var writer = Wire.Writer(stream);
        using var reader = Wire.Reader(stream);
        writer.Write(Desk.Own);
        Wire.Write(writer, words);
        writer.Write(Home);
        Wire.Write(writer, new Dictionary<string, string>());
        writer.Flush();
        Assert.That(reader.ReadByte(), Is.EqualTo(Wire.IsAnswer));
        var (output, error) = (Encoding.UTF8.GetString(Wire.ReadBytes(reader)), Encoding.UTF8.GetString(Wire.ReadBytes(reader)));
        Assert.That(reader.ReadInt32(), Is.Zero, error);
        return output;
    }
}
