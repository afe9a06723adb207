using HpcGrid.Agent;
using HpcGrid.Spool;
using HpcGrid.Tests.Spool;

// The agent as it is, on a filesystem that takes no writes into out/ while a file FULL.ENOSPC or FULL.EDQUOT is there. An agent takes
// over all children of its process, so a test cannot have one in its own.
var full = Environment.GetEnvironmentVariable("HPCGRID_TEST_FULL") ?? throw new InvalidOperationException("HPCGRID_TEST_FULL names no file");
Errno[] faults = [Errno.ENOSPC, Errno.EDQUOT];
var fs = new FaultyFs(new PosixFs())
{
    Rule = (kind, _, path) =>
        kind == FsOperation.Write && path.Contains("/live/out/", StringComparison.Ordinal) && Array.Find(faults, errno => File.Exists($"{full}.{errno}")) is var fault
        && fault != Errno.None
            ? new Fault(fault)
            : null,
};
return AgentProcess.Run(AgentOptions.Parse(args), fs);
