using HpcGrid.Core;
using HpcGrid.SimBatch;
using HpcGrid.SimBatch.Calls;

try
{
    // What the links of a cluster call: as SYSTEM HOME COMMAND [ARGUMENT...]
    if (args is ["as", var system, var home, var command, ..]) return Caller.Run(() => Dialects.Find(system), home, command, args[4..]);
    return await CommandLine.Run(args);
}
catch (GridError e)
{
    Console.Error.WriteLine($"simbatch: {e.Message}. {e.Hint}");
    return 2;
}
