using HpcGrid.Benchmarks;

const string Usage = """
    tools/bench QUESTION [options]

      end-to-end        trivial jobs through every process, beside xargs and GNU parallel in the same run
          --jobs N      how many (default 5000)
          --runs N      how often; medians are shown (default 1)
          --nodes N     compute nodes (default 2)
          --command X   what each job runs (default /bin/true)
          --input N     a file of so many bytes that each job has as its input
      agent             one agent alone: files in, final versions out, beside a C loop of posix_spawn and wait4; memory, cold start
          --jobs N, --runs N, --command X
      spool             what a job of one second costs the shared filesystem: operations, fsyncs, bytes; confirmed by strace
          --jobs N      how many (default 5000)
          --spool DIR   also the rate with the spool on that filesystem (tools/dev-gluster up prints one)
      latency           an idle grid: from submission to the payload's start, from a kill to its death
          --tries N     how often (default 20), with a rest of 15 s before each
      peers             the tools that people use on one machine: rate, CPU of a job, what they keep
          --jobs N, --runs N
      monitoring        what an agent spends on measuring its running jobs
          --jobs N      how many run at a time (64 is a large node)
          --seconds N   for how long (default 30)
      central           a production of a million subjobs at central alone: submit, match, report, retry, kill, status; a split over files
          --jobs N      how many (default 1000000)
          --history N   once more with so many finished jobs in the archive (10000000 take some minutes and 6 GB)
      bridge            a thousand agents played at a real bridge, on a clock of their own: CPU, memory, operations
          --agents N    how many (default 1000)   --slots N     jobs that each runs at a time (default 64)
          --rate N      jobs that end a second (default 5000)
          --operations N  the bridge's metadata operations a second (default 50)
          --seconds N   of the played clock (default 30)
      titan             the whole of Titan in virtual time: slot use, tail, operations, and how short jobs may become
          --operations N  the bridge's metadata operations a second (default 500)
          --shortest N  only jobs of N seconds to 36 N (default: 600, 60, 20, 6, 2, 0.5, one after the other)
          --part N      one so many-th of machine, jobs and operations (default 1; 16 tells slot use to a tenth of a percent)
          --kinds N     of jobs, each with one TTL, which its longest job needs (default 5: of 20 min to 6 h, each twice the one before; 9: each half as long again)
          --runs N      with seeds from 1 on; the median is shown (default 1)
      stage             files of a megabyte into the cache, to a sandbox, and out again, beside cp and sha256sum
          --megabytes N how many (default 10000)  --threads N   at a time (default: the cores)
          --runs N      how often; medians are shown (default 1)
      storage           small outputs of a production at central: uploads a second, files that stay
          --jobs N      how many (default 20000)
      micro             parts alone, by BenchmarkDotNet; further arguments go to it (--filter '*Claim*')

      --smoke           tiny sizes: shows that it runs, measures nothing; without a QUESTION all of them but micro
      --json            one JSON document instead of tables
    """;

string[] questions = ["end-to-end", "agent", "spool", "latency", "peers", "monitoring", "central", "bridge", "titan", "stage", "storage"];
if (args is ["--smoke"])
{
    foreach (var question in questions)
    {
        Console.WriteLine($"== {question}");
        if (await Answer(question, args) is not 0 and var failed) return failed;
    }
    return 0;
}
return await Answer(args.FirstOrDefault(), args.Length == 0 ? [] : args[1..]);

static async Task<int> Answer(string? question, string[] options)
{
    switch (question)
    {
        case "end-to-end":
            return await HowFastIsTheWholeGrid.Answer(BenchOptions.Parse(options));
        case "agent":
            return await HowFastIsAnAgent.Answer(BenchOptions.Parse(options));
        case "spool":
            return await WhatDoesAJobCostTheSpool.Answer(BenchOptions.Parse(options));
        case "latency":
            return await HowLongUntilItRuns.Answer(BenchOptions.Parse(options));
        case "peers":
            return await WhatPeersDo.Answer(BenchOptions.Parse(options));
        case "monitoring":
            return WhatDoesMonitoringCost.Answer(BenchOptions.Parse(options));
        case "central":
            return await HowFastIsCentral.Answer(BenchOptions.Parse(options));
        case "bridge":
            return HowFastIsTheBridge.Answer(BenchOptions.Parse(options));
        case "titan":
            return HowFullIsTitan.Answer(BenchOptions.Parse(options));
        case "stage":
            return await HowFastIsStaging.Answer(BenchOptions.Parse(options));
        case "storage":
            return await HowFastIsStorage.Answer(BenchOptions.Parse(options));
        case "micro":
            BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(BenchOptions).Assembly).Run(options);
            return 0;
        case "--help" or "-h":
            Console.WriteLine(Usage);
            return 0;
        default:
            Console.Error.WriteLine(Usage);
            return 2;
    }
}
