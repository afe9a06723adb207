using HpcGrid.Agent;
using HpcGrid.Core;
using HpcGrid.Spool;

if (args.Length == 0 || args.Contains("--help") || args.Contains("-h"))
{
    Console.Out.WriteLine(AgentOptions.Help);
    return args.Length == 0 ? AgentExit.WrongOptions : 0;
}
AgentOptions options;
try
{
    options = AgentOptions.Parse(args);
}
catch (GridError e)
{
    Console.Error.WriteLine($"hpcgrid-agent: {e.Message}. {e.Hint}");
    return AgentExit.WrongOptions;
}

return AgentProcess.Run(options, new PosixFs());
