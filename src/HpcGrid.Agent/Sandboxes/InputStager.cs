using System.Runtime.CompilerServices;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Agent.Sandboxes;

/// <summary>What became of a job's inputs.</summary>
/// <param name="Fault">Not null: the job cannot run; names the file.</param>
/// <param name="NotNow">Not null: the shared filesystem did not give one now, which proves nothing; try again.</param>
/// <param name="NodeFault">Not null: this node's disk does not take them; another node may.</param>
internal sealed record Staged(string? Fault, string? NotNow, string? NodeFault)
{
    public static Staged Well { get; } = new(null, null, null);
    public static Staged Failed(string fault) => new(fault, null, null);
}

/// <summary>
/// Puts a job's inputs into its sandbox: small ones out of the queue file, large ones out of the spool's cache. Every byte that is read is hashed on
/// its way; a file that is not what the specification promises is no input. Runs on any thread.
/// </summary>
internal sealed class InputStager(AgentSpool spool)
{
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>What lies in memory for all jobs of a queue file is hashed once.</summary>
    private readonly ConditionalWeakTable<byte[], Content> _weighed = [];

    /// <summary>True when everything is in memory and small, so that copying costs less than handing it over.</summary>
    public static bool IsSmall(JobSpec spec, IReadOnlyDictionary<string, byte[]> blobs)
    {
        var sum = 0L;
        foreach (var input in spec.Inputs)
        {
            if (!blobs.ContainsKey(input.Content.Sha256)) return false;
            sum += input.Content.Size;
        }
        return sum <= Limits.InlineBytes;
    }

    /// <summary>Puts all inputs in place, over what an earlier try left.</summary>
    public Staged Stage(JobSpec spec, IReadOnlyDictionary<string, byte[]> blobs, Sandbox sandbox)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var input in spec.Inputs)
        {
            if (Sandbox.Fault(input.Name) is { } fault) return Staged.Failed($"input '{input.Name}' ({input.Lfn}) cannot be put into the sandbox: {fault}");
            if (!names.Add(input.Name)) return Staged.Failed($"two inputs are called '{input.Name}'; the second is {input.Lfn}");
            try
            {
                var staged = Put(input, blobs, sandbox);
                if (staged != Staged.Well) return staged;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return new Staged(null, null, $"input '{input.Name}' cannot be written: {e.Message}");
            }
        }
        return spec.MadeFiles.Select(made => Make(made, names, sandbox)).FirstOrDefault(made => made != Staged.Well) ?? Staged.Well;
    }

    /// <summary>A file whose text central wrote.</summary>
    private static Staged Make(MadeFile made, HashSet<string> names, Sandbox sandbox)
    {
        if (Sandbox.Fault(made.Name) is { } fault) return Staged.Failed($"the list of inputs '{made.Name}' cannot be put into the sandbox: {fault}");
        if (!names.Add(made.Name)) return Staged.Failed($"an input and the list of inputs are both called '{made.Name}'");
        sandbox.Know(made.Name);
        try
        {
            File.WriteAllText(sandbox.PathOf(made.Name), made.Text);
            return Staged.Well;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Staged(null, null, $"the list of inputs '{made.Name}' cannot be written: {e.Message}");
        }
    }

    private Staged Put(InputFile input, IReadOnlyDictionary<string, byte[]> blobs, Sandbox sandbox)
    {
        sandbox.Know(input.Name);
        using var file = new FileStream(sandbox.PathOf(input.Name), new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite,
            BufferSize = 0,
            UnixCreateMode = input.Executable ? Executable : Plain,
        });
        if (blobs.TryGetValue(input.Content.Sha256, out var bytes))
        {
            var content = _weighed.GetValue(bytes, static all => Content.Of(all));
            file.Write(bytes);
            return content == input.Content ? Staged.Well : Wrong(input, content);
        }
        var copied = spool.CopyFromCache(input.Content.Sha256, file.Write);
        return copied switch
        {
            { Errno: not Errno.None } => new Staged(
                null, $"input '{input.Name}' ({input.Lfn}) cannot be read from the spool's cache: {copied.Errno.Describe()}", null),
            { Content: { } came } when came == input.Content => Staged.Well,
            // A short or half-old file is what some shared filesystems show for a while (PROTOCOL 8, P1-P4): not a verdict at once.
            _ => new Staged(null, Wrong(input, copied.Content!).Fault, null),
        };
    }

    private static Staged Wrong(InputFile input, Content content) => Staged.Failed(
        $"input '{input.Name}' ({input.Lfn}) has a wrong checksum: {content.Size} bytes with sha256 {content.Sha256}, "
        + $"expected {input.Content.Size} bytes with sha256 {input.Content.Sha256}");
}
