using HpcGrid.Agent;
using HpcGrid.Spool;
using HpcGrid.Tests.Spool;

// The agent as it is, on a filesystem that takes no writes into out/ while a file FULL.ENOSPC or FULL.EDQUOT is there; while FULL.large is
// there too, it takes the first write of each file, which is a whole version. An agent takes over all children of its process, so a test
// cannot have one in its own.
var full = Environment.GetEnvironmentVariable("HPCGRID_TEST_FULL") ?? throw new InvalidOperationException("HPCGRID_TEST_FULL names no file");
Errno[] faults = [Errno.ENOSPC, Errno.EDQUOT];
var fs = new FaultyFs(new PosixFs()) { Rule = (kind, _, path) => kind == FsOperation.Write && IsRefused(path) ? Answer() : null };
return AgentProcess.Run(AgentOptions.Parse(args), fs);

bool IsRefused(string path) => path.Contains("/live/out/", StringComparison.Ordinal) && (!File.Exists(full + ".large") || new FileInfo(path).Length > 0);

Fault? Answer() => Array.Find(faults, errno => File.Exists($"{full}.{errno}")) is var errno && errno == Errno.None ? null : new Fault(errno);
