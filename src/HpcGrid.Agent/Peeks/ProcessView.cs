using System.Text;
using HpcGrid.Agent.Processes;
using HpcGrid.Core.Api;

namespace HpcGrid.Agent.Peeks;

/// <summary>A payload's processes for their owner.</summary>
internal sealed class ProcessView(int agent)
{
    private readonly ProcessTree _tree = new(agent);
    private readonly ProcFile _file = new();

    /// <summary>Parents first; as many as an answer holds.</summary>
    public IReadOnlyList<SandboxProcess> Of(Kinship kin) =>
        [.. _tree.Of(kin).Take(Limits.PeekProcesses).Select(entry => new SandboxProcess(
            entry.Id, entry.Parent, entry.State.ToString(), entry.OwnTicks / ProcessEntry.TicksPerSecond, entry.RssKib, entry.Threads, Command(entry.Id)))];

    private string Command(int process)
    {
        var words = _file.Read(process, "cmdline");
        if (words.IsEmpty) words = _file.Read(process, "comm").TrimEnd((byte)'\n');
        var text = Encoding.UTF8.GetString(words[..Math.Min(words.Length, Limits.PeekCommandCharacters)]);
        return text.TrimEnd('\0').Replace('\0', ' ');
    }
}
