using HpcGrid.Cli;

return await CommandLine.Run(args, HpcGrid.Cli.Output.Terminal.OfThisProcess());
