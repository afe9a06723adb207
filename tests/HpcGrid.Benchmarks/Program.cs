using HpcGrid.Benchmarks;

const string Usage = """
    tools/bench QUESTION [options]

      end-to-end        trivial jobs through every process, beside xargs and GNU parallel in the same run
          --jobs N      how many (default 5000)
          --runs N      how often; medians are shown (default 1)
          --nodes N     compute nodes (default 2)
          --command X   what each job runs (default /bin/true)
      monitoring        what an agent spends on measuring its running jobs
          --jobs N      how many run at a time (64 is a large node)
          --seconds N   for how long (default 30)
      central           a production of a million subjobs at central alone: submit, match, report, retry, kill, status; a split over files
          --jobs N      how many (default 1000000)
          --history N   once more with so many finished jobs in the archive (10000000 take some minutes and 6 GB)
      storage           small outputs of a production at central: uploads a second, files that stay
          --jobs N      how many (default 20000)
      micro             parts alone, by BenchmarkDotNet; further arguments go to it (--filter '*Claim*')

      --smoke           tiny sizes: shows that it runs, measures nothing
      --json            one JSON document instead of tables
    """;

switch (args.FirstOrDefault())
{
    case "end-to-end":
        return await HowFastIsTheWholeGrid.Answer(BenchOptions.Parse(args[1..]));
    case "monitoring":
        return WhatDoesMonitoringCost.Answer(BenchOptions.Parse(args[1..]));
    case "central":
        return await HowFastIsCentral.Answer(BenchOptions.Parse(args[1..]));
    case "storage":
        return await HowFastIsStorage.Answer(BenchOptions.Parse(args[1..]));
    case "micro":
        BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(BenchOptions).Assembly).Run(args[1..]);
        return 0;
    case "--help" or "-h":
        Console.WriteLine(Usage);
        return 0;
    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
