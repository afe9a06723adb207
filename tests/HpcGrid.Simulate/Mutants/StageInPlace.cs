using HpcGrid.Simulate.Fs;
using HpcGrid.Simulate.Parties;
using HpcGrid.Spool;

namespace HpcGrid.Simulate.Mutants;

/// <summary>A staged file has its final name from its first byte on.</summary>
internal sealed class StageInPlace : Mutation
{
    /// <summary>Every job needs files that lie in the cache.</summary>
    public override Scenario Shape(Scenario scenario) => scenario with
    {
        Jobs = [.. scenario.Jobs.Select(job => job with { Inputs = job.Inputs | Inputs.Large | Inputs.PrivateLarge })],
    };

    public override ISharedFs Bridge(Grid grid, SimFs fs) => new InPlace(grid, fs);

    private sealed class InPlace(Grid grid, ISharedFs inner) : PassingFs(inner)
    {
        private readonly Dictionary<string, string> _final = [];

        /// <summary>Which file is coming only its name tells: one of those that begin like the directory's and are not there.</summary>
        public override Errno CreateExclusive(string path, int mode, out FsHandle handle)
        {
            var directory = SpoolLayout.ParentOf(path);
            var name = !SpoolLayout.ParentOf(directory).EndsWith("/cache", StringComparison.Ordinal) ? null
                : grid.CachedNames().FirstOrDefault(sha => sha[..2] == NameOf(directory) && grid.Server.Find($"{directory}/{sha}") is null);
            if (name is null) return Inner.CreateExclusive(path, mode, out handle);
            _final[path] = $"{directory}/{name}";
            return Inner.CreateExclusive(_final[path], mode, out handle);
        }

        public override Errno Rename(string from, string to) => _final.ContainsKey(from) ? Errno.None : Inner.Rename(from, to);

        public override Errno Unlink(string path) => Inner.Unlink(_final.GetValueOrDefault(path, path));
    }
}
