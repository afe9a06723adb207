using System.Text.RegularExpressions;
using HpcGrid.Bridge.Pilots;
using HpcGrid.Core;
using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.Parties;
using HpcGrid.Spool;

namespace HpcGrid.Simulate.Mutants;

/// <summary>The renaming of a directory counts as the end of its agent: no batch system is waited for.</summary>
internal sealed class FenceByRename : Mutation
{
    public override IReadOnlyCollection<FaultRow> Needs => [FaultRow.Z1];

    /// <summary>Long strict jobs, and machines that stand still for longer than T_dead.</summary>
    public override Scenario Shape(Scenario scenario) => scenario.With(Needs) with
    {
        Jobs = [.. scenario.Jobs.Select(job => job with { Seconds = 8, Strict = true })],
        SleepsLong = true,
    };

    public override BatchState Says(Grid grid, SimPilot? pilot, BatchState truth) =>
        pilot?.Seats.FirstOrDefault()?.Agent is { } agent && grid.Server.Find($"{Grid.SpoolPath}/agents/{agent.Name}") is { } place && !place.Children.ContainsKey(SpoolNames.Live)
            ? BatchState.Ended : truth;
}

/// <summary>Every version of a queue file goes to one name, over the one before.</summary>
internal sealed partial class RenameOver : Mutation
{
    public override ISharedFs Agent(Grid grid, SimFs fs) => new OneName(fs);

    [GeneratedRegex(@"\.s\d+\.")]
    private static partial Regex Sequence();

    private sealed class OneName(ISharedFs inner) : PassingFs(inner)
    {
        public override Errno Rename(string from, string to) =>
            Inner.Rename(from, to.Contains("/out/q", StringComparison.Ordinal) ? Sequence().Replace(to, ".s1.") : to);
    }
}

/// <summary>What rename answers decides who owns a queue file, not what is listed.</summary>
internal sealed class TrustReturnCode : Mutation
{
    public override IReadOnlyCollection<FaultRow> Needs => [FaultRow.R1, FaultRow.R2];

    public override ISharedFs Agent(Grid grid, SimFs fs) => new Trusting(fs);

    private sealed class Trusting(ISharedFs inner) : PassingFs(inner)
    {
        private readonly Dictionary<string, string> _ours = [];
        private readonly HashSet<string> _others = [];

        public override Errno Rename(string from, string to)
        {
            var errno = Inner.Rename(from, to);
            if (!IsClaim(from, to)) return errno;
            if (errno == Errno.None) _ours[to] = from;
            else _others.Add(NameOf(to));
            return errno;
        }

        public override Errno List(string directory, List<string> names)
        {
            var errno = Inner.List(directory, names);
            if (!directory.EndsWith("/claim", StringComparison.Ordinal)) return errno;
            names.RemoveAll(_others.Contains);
            names.AddRange(_ours.Keys.Where(path => path.StartsWith(directory, StringComparison.Ordinal)).Select(NameOf).Where(name => !names.Contains(name)));
            return errno;
        }

        public override Errno OpenRead(string path, out FsHandle handle)
        {
            var errno = Inner.OpenRead(path, out handle);
            return errno.IsAbsent() && _ours.TryGetValue(path, out var from) ? Inner.OpenRead(from, out handle) : errno;
        }
    }
}

/// <summary>What is offered again is offered under the name it had.</summary>
internal sealed partial class ReuseNames : Mutation
{
    public override ISharedFs Bridge(Grid grid, SimFs fs) => new OneGeneration(fs);

    [GeneratedRegex(@"\.g\d+\.")]
    private static partial Regex Generation();

    private sealed class OneGeneration(ISharedFs inner) : PassingFs(inner)
    {
        public override Errno Rename(string from, string to) =>
            Inner.Rename(from, to.Contains("/pool/", StringComparison.Ordinal) ? Generation().Replace(to, ".g1.") : to);
    }
}

/// <summary>A queue file belongs to whoever could create a lock file beside it.</summary>
internal sealed class ExclusiveClaims : Mutation
{
    public override IReadOnlyCollection<FaultRow> Needs => [FaultRow.X1];

    public override ISharedFs Agent(Grid grid, SimFs fs) => new Locking(fs);

    private sealed class Locking(ISharedFs inner) : PassingFs(inner)
    {
        public override Errno Rename(string from, string to)
        {
            if (!IsClaim(from, to)) return Inner.Rename(from, to);
            var errno = Inner.CreateExclusive($"{SpoolLayout.ParentOf(from)}/.t.lock{NameOf(to)}", 0x180, out var handle);
            if (errno != Errno.None) return Errno.ENOENT;
            _ = Inner.Close(handle);
            return Inner.Rename(from, to);
        }
    }
}

/// <summary>Nobody compares checksums: what is read is taken as it is.</summary>
internal sealed class NoChecksum : Mutation
{
    public override IReadOnlyCollection<FaultRow> Needs => [FaultRow.P1, FaultRow.P3, FaultRow.P4];

    /// <summary>Most of what is damaged SQLite, JSON, a grant or an output's own digest finds all the same.</summary>
    public override Scenario Shape(Scenario scenario) => base.Shape(scenario) with { AlwaysRate = 0.15 };

    public override ISharedFs Agent(Grid grid, SimFs fs) => new Credulous(fs);

    public override ISharedFs Bridge(Grid grid, SimFs fs) => new Credulous(fs);

    /// <summary>Gives every file with a trailer the trailer that its bytes want.</summary>
    private sealed class Credulous(ISharedFs inner) : PassingFs(inner)
    {
        private const int TrailerBytes = 100;
        private readonly Dictionary<int, (byte[] Bytes, int At)> _read = [];

        public override Errno OpenRead(string path, out FsHandle handle)
        {
            var errno = Inner.OpenRead(path, out handle);
            if (errno != Errno.None || !path.EndsWith(".db", StringComparison.Ordinal)) return errno;
            var bytes = new byte[1 << 20];
            var length = 0;
            for (int count; (errno = Inner.Read(handle, bytes.AsSpan(length), out count)) == Errno.None && count > 0; length += count) { }
            if (errno == Errno.None) _read[handle.Number] = (Mend(bytes[..length]), 0);
            return Errno.None;
        }

        private static byte[] Mend(byte[] bytes)
        {
            try
            {
                _ = Trailer.Open(bytes);
                return bytes;
            }
            catch (GridError)
            {
                return Trailer.Seal(bytes.AsSpan(0, Math.Max(0, bytes.Length - TrailerBytes)));
            }
        }

        public override Errno Status(FsHandle handle, out FileStatus status)
        {
            var errno = Inner.Status(handle, out status);
            if (_read.TryGetValue(handle.Number, out var file)) status = status with { Size = file.Bytes.Length };
            return errno;
        }

        public override Errno Read(FsHandle handle, Span<byte> buffer, out int count)
        {
            if (!_read.TryGetValue(handle.Number, out var file)) return Inner.Read(handle, buffer, out count);
            count = Math.Min(buffer.Length, file.Bytes.Length - file.At);
            file.Bytes.AsSpan(file.At, count).CopyTo(buffer);
            _read[handle.Number] = (file.Bytes, file.At + count);
            return Errno.None;
        }

        public override Errno Close(FsHandle handle)
        {
            _read.Remove(handle.Number);
            return Inner.Close(handle);
        }
    }
}
